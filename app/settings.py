"""Typed settings: arguments > environment > `.env` > `config/*.yaml` > defaults. Unknown keys are refused by name."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from app.config_files import CacheConfig, ModelsConfig, RetrievalConfig, ScoringConfig, ValidationConfig
from app.errors import ConfigurationError

ROOT = Path(__file__).resolve().parent.parent
# Whose documents are used by callers without an API key, where none is needed.
DEFAULT_TENANT = "default"
CONFIG_FILES = ("models", "cache", "scoring", "retrieval", "validation")

# Environment names that users know, and the place each one overrides in `config/*.yaml`.
_SHORT_NAMES: dict[str, tuple[str, ...]] = {
    "redis_host": ("cache", "redis", "host"),
    "redis_port": ("cache", "redis", "port"),
    "redis_db": ("cache", "redis", "db"),
    "redis_url": ("cache", "redis", "url"),
    "chroma_persist_dir": ("models", "rag", "vector_db", "persist_directory"),
    "embedding_model": ("models", "rag", "embedding_model"),
    "embedding_backend": ("models", "rag", "embedding_backend"),
    "finetuned_model_path": ("models", "finetuned", "adapter_path"),
    "llm_provider": ("models", "rag", "llm_provider"),
    "llm_model": ("models", "rag", "llm_model"),
    "llm_base_url": ("models", "rag", "llm_base_url"),
}


class Settings(BaseSettings):
    """Everything that can be configured. Build it with `load_settings`, which turns errors into sentences."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    config_dir: Path = ROOT / "config"
    database_url: str = "sqlite+aiosqlite:///./var/followup.db"
    redis_host: str | None = None
    redis_port: int | None = None
    redis_db: int | None = None
    redis_url: str | None = None
    hf_token: SecretStr | None = None
    model_cache_dir: Path = Path("./var/models")
    chroma_persist_dir: str | None = None
    embedding_model: str | None = None
    embedding_backend: str | None = None
    finetuned_model_path: str | None = None
    llm_provider: str | None = None
    llm_model: str | None = None
    llm_base_url: str | None = None
    llm_api_key: SecretStr | None = None

    api_host: str = "127.0.0.1"
    api_port: int = Field(8000, ge=0, le=65535)
    workers: Literal[1] = 1
    require_api_key: bool = False
    enable_metrics: bool = True
    prometheus_port: int = Field(9090, ge=0, le=65535)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    deadline_ms: int = Field(15_000, ge=100)
    max_deadline_ms: int = Field(60_000, ge=100)
    max_body_bytes: int = Field(64 * 1024, ge=1024)
    index_poll_seconds: float = Field(0.5, gt=0, le=10)

    upload_dir: Path = Path("./var/uploads")
    max_upload_bytes: int = Field(100 * 1024 * 1024, ge=1024, le=2 * 1024**3)
    max_upload_files: int = Field(50, ge=1, le=1000)
    max_upload_jobs: int = Field(20, ge=1, le=10_000)
    upload_timeout_seconds: float = Field(300, gt=0)
    upload_lease_seconds: float = Field(15, ge=0.5, le=600)

    models: ModelsConfig = ModelsConfig()
    cache: CacheConfig = CacheConfig()
    scoring: ScoringConfig = ScoringConfig()
    retrieval: RetrievalConfig = RetrievalConfig()
    validation: ValidationConfig = ValidationConfig()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, dotenv_settings, file_secret_settings, YamlFolderSource(settings_cls)

    @model_validator(mode="before")
    @classmethod
    def _apply_short_names(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Copy short names into their place, and switch Redis on when its address is given."""
        for name, path in _SHORT_NAMES.items():
            if data.get(name) not in (None, ""):
                data = _with_value(data, path, data[name])
        if data.get("redis_host") or data.get("redis_url"):
            data = _with_value(data, ("cache", "redis", "enabled"), True)
        return data

    @field_validator("hf_token", "llm_api_key", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return value or None

    @field_validator("database_url")
    @classmethod
    def _async_driver(cls, url: str) -> str:
        """Accept the URLs people write and name the async driver."""
        for plain, driver in (
            ("sqlite:///", "sqlite+aiosqlite:///"),
            ("postgres://", "postgresql+psycopg://"),
            ("postgresql://", "postgresql+psycopg://"),
            ("postgresql+asyncpg://", "postgresql+psycopg://"),
        ):
            if url.startswith(plain):
                return driver + url[len(plain) :]
        if not url.startswith(("sqlite+aiosqlite:///", "postgresql+psycopg://")):
            raise ValueError("use sqlite:///path/to/file.db or postgresql://user:password@host:5432/name")
        return url

    @model_validator(mode="after")
    def _open_network_needs_keys(self) -> Self:
        if self.api_host not in ("127.0.0.1", "::1", "localhost") and not self.require_api_key:
            raise ValueError(
                f"api_host: {self.api_host} is reachable from other machines, so API keys are needed: set "
                "REQUIRE_API_KEY=true and create one with scripts/create_api_key.py"
            )
        return self


class YamlFolderSource(PydanticBaseSettingsSource):
    """Reads `config/<name>.yaml` into the setting `<name>`. A missing file means defaults."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        del field
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        folder = Path(self.current_state.get("config_dir") or ROOT / "config")
        paths = {name: folder / f"{name}.yaml" for name in CONFIG_FILES}
        return {name: _read_yaml(path) for name, path in paths.items() if path.exists()}


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(data, dict):
        raise ConfigurationError(f"{path}: the file must hold keys and values, not a {type(data).__name__}")
    return data


def _with_value(data: Mapping[str, Any], path: tuple[str, ...], value: object) -> dict[str, Any]:
    """A copy of nested `data` with `value` at `path`."""
    head, *rest = path
    inner = data.get(head) or {}
    if isinstance(inner, BaseModel):
        inner = inner.model_dump()
    return {**data, head: _with_value(inner, tuple(rest), value) if rest else value}


def load_settings(**overrides: Any) -> Settings:  # noqa: ANN401 - any field of Settings
    """Read all sources. Raises `ConfigurationError` with one line per problem: file or variable, key, and fix."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        problems = "\n".join(f"  - {_explain(item)}" for item in error.errors())
        raise ConfigurationError(f"The configuration cannot be used:\n{problems}") from error


def _explain(item: Mapping[str, Any]) -> str:
    location = [str(part) for part in item["loc"]]
    place = _place(location)
    if item["type"] != "extra_forbidden":
        return f"{place}: {item['msg']}" if place else str(item["msg"])
    known = _known_keys(location[:-1])
    close = difflib.get_close_matches(location[-1], known, n=1)
    hint = f'; did you mean "{close[0]}"?' if close else f"; known keys: {', '.join(sorted(known))}"
    return f"{place}: unknown key{hint}"


def _place(location: list[str]) -> str:
    if location and location[0] in CONFIG_FILES:
        return f"config/{location[0]}.yaml: {'.'.join(location[1:])}"
    return ".".join(location).upper() if len(location) == 1 else ".".join(location)


def _known_keys(parents: list[str]) -> list[str]:
    model: type[BaseModel] = Settings
    for name in parents:
        annotation = model.model_fields[name].annotation if name in model.model_fields else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return list(model.model_fields)
