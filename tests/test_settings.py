"""Settings: sources in order, names that users know, and unknown keys refused by name."""

from pathlib import Path

import pytest
import yaml

from app.errors import ConfigurationError
from app.settings import CONFIG_FILES, ROOT, Settings, load_settings

HIGH = {"score_range": [80, 100], "approach": "a", "cta_type": "b"}


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*Settings.model_fields, "rag", "cache"):
        monkeypatch.delenv(name.upper(), raising=False)


def load(folder: Path, **files: object) -> Settings:
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return load_settings(_env_file=None, config_dir=folder)


def test_the_shipped_configuration_is_complete_and_valid() -> None:
    settings = load_settings(_env_file=None)
    assert settings.models.rag.retrieval.threshold == 0.7
    assert settings.cache.redis.address is None
    assert {path.stem for path in (ROOT / "config").glob("*.yaml")} == set(CONFIG_FILES)


def test_the_original_keys_are_understood(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        models={
            "rag": {
                "embedding_model": "sentence-transformers/all-MiniLM-L6-v2",
                "llm_model": "meta-llama/Llama-2-7b-chat-hf",
                "vector_db": {"type": "chroma", "persist_directory": "./x", "collection_name": "lead_knowledge_base"},
                "retrieval": {"top_k": 7, "threshold": 0.6, "use_hybrid_search": False},
            },
            "finetuned": {"base_model": "m", "adapter_path": "./a", "adapter_type": "lora", "temperature": 0.5},
            "hybrid": {"fusion_weight_rag": 0.7, "fusion_weight_finetuned": 0.3, "require_grounding": True},
        },
        cache={"redis": {"host": "h", "port": 6380, "db": 2, "ttl": {"response_cache": 60}}},
        scoring={"lead_score_calculation": {"engagement_weight": 0.4}},
    )
    assert settings.models.rag.retrieval.top_k == 7
    assert settings.models.hybrid.fusion_weight_rag == 0.7
    assert settings.cache.redis.ttl.response_cache == 60


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("models", {"rag": {"vector_db": {"tpye": "chroma"}}}, ["config/models.yaml", "rag.vector_db.tpye", '"type"']),
        ("cache", {"redsi": {}}, ["config/cache.yaml", "redsi", '"redis"']),
        ("validation", {"word_limit": 5}, ["config/validation.yaml", "word_limit", "40"]),
        ("scoring", {"strategy_selection": {"high_intent": HIGH}}, ["config/scoring.yaml", "cover 0..100"]),
        ("models", {"hybrid": {"fusion_weight_rag": 0.9}}, ["config/models.yaml", "sum to 1"]),
        ("retrieval", [1], ["retrieval.yaml", "keys and values"]),
    ],
)  # fmt: skip
def test_a_wrong_key_or_value_is_named(tmp_path: Path, file: str, content: object, words: list[str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, **{file: content})
    for word in words:
        assert word in caught.value.message


def test_broken_yaml_names_its_file(tmp_path: Path) -> None:
    (tmp_path / "cache.yaml").write_text("redis: [", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="cache.yaml"):
        load_settings(_env_file=None, config_dir=tmp_path)


def test_the_environment_beats_the_files_and_arguments_beat_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMBEDDING_MODEL", "from-environment")
    monkeypatch.setenv("REDIS_HOST", "cache.internal")
    monkeypatch.setenv("REDIS_PORT", "7000")
    monkeypatch.setenv("MODELS__RAG__RETRIEVAL__TOP_K", "9")
    settings = load(tmp_path, models={"rag": {"embedding_model": "from-file"}})
    assert settings.models.rag.embedding_model == "from-environment"
    assert settings.models.rag.retrieval.top_k == 9
    assert settings.cache.redis.address == "redis://cache.internal:7000/0"
    assert load_settings(_env_file=None, embedding_model="argument").models.rag.embedding_model == "argument"


def test_an_unknown_name_in_the_env_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("REDIS_HSOT=localhost\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="REDIS_HOST|redis_host"):
        load_settings(_env_file=file)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:///./x.db", "sqlite+aiosqlite:///./x.db"),
        ("postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
    ],
)
def test_database_urls_as_people_write_them(given: str, used: str) -> None:
    assert load_settings(_env_file=None, database_url=given).database_url == used


def test_other_databases_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="sqlite:///"):
        load_settings(_env_file=None, database_url="mysql://h/d")
