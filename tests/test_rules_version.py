"""Whatever is configured or coded and can change a text changes the version that is part of every cache key."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from app import rules_version as rules
from app.container import Container
from app.settings import Settings
from tests.e2e.server import settings_for


def changed(section: BaseModel, path: str, value: object) -> Any:  # noqa: ANN401 - the same type as `section`
    """A copy in which the setting at the dotted `path` has another value."""
    name, _, rest = path.partition(".")
    return section.model_copy(update={name: changed(getattr(section, name), rest, value) if rest else value})


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("container")
    return settings_for(folder, f"sqlite:///{folder / 'followup.db'}")


@pytest.fixture(scope="module")
def rules_version(settings: Settings) -> str:
    return Container(settings).rules_version


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("models.finetuned.temperature", 0.1),
        ("models.finetuned.max_new_tokens", 64),
        ("models.hybrid.fusion_weight_rag", 0.5),
        ("models.rag.retrieval.threshold", 0.2),
        ("models.rag.embedding_backend", "torch"),
        ("validation.word_limit", 90),
        ("retrieval.fusion.candidates", 7),
    ],
)
def test_settings_that_can_change_a_text_are_part_of_its_version(
    settings: Settings, rules_version: str, path: str, value: object
) -> None:
    assert Container(changed(settings, path, value)).rules_version != rules_version


def test_settings_that_change_no_text_are_not(settings: Settings, rules_version: str, tmp_path: Path) -> None:
    for path, value in (("deadline_ms", 1234), ("upload_dir", tmp_path), ("cache.memory.max_entries", 7)):
        assert Container(changed(settings, path, value)).rules_version == rules_version


def test_all_code_that_decides_texts_is_in_the_digest_of_the_rules() -> None:
    app = Path(rules.__file__).parent
    # The edge, storage, and parts whose models have digests of their own.
    folders = {path.name for path in app.iterdir() if path.is_dir() and not path.name.startswith("__")}
    elsewhere = {"api", "embeddings", "security", "storage", "training"}
    assert {folder.name for folder in rules._DECIDING_CODE} == folders - elsewhere
