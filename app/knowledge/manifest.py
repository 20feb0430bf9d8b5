"""`manifest.yaml`: what a folder says about its files, for formats that cannot say it themselves."""

from collections.abc import Iterator
from datetime import date, datetime
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Annotated

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from app.errors import ConfigurationError
from app.knowledge.dates import parse_date
from app.knowledge.source_files import MANIFEST_NAMES


def _as_date(value: object, *, end: bool) -> object:
    if isinstance(value, datetime):
        return value.date()
    if value is None or isinstance(value, date):
        return value
    found = parse_date(str(value), end=end)
    if found is None:
        raise ValueError(f"{value!r} is not a date; write it as 2024-01-31")
    return found


def _start(value: object) -> object:
    return _as_date(value, end=False)


def _end(value: object) -> object:
    return _as_date(value, end=True)


class ManifestEntry(BaseModel):
    """What a manifest says about a file. None = not said."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str | None = Field(None, min_length=1)
    source_type: str | None = None
    internal: bool | None = None
    effective_date: Annotated[date | None, BeforeValidator(_start)] = None
    expiry_date: Annotated[date | None, BeforeValidator(_end)] = None


def manifest_entry(path: Path, root: Path) -> ManifestEntry:
    """All that the manifests from `root` down to the folder of `path` say about it.

    A manifest maps file names or patterns, relative to its folder, to entries. Deeper manifests win; in one manifest
    the file's own name wins over patterns and later patterns over earlier ones. Raises `ConfigurationError` naming
    file and key.
    """
    said: dict[str, object] = {}
    for folder in _folders(path, root):
        for name in sorted(MANIFEST_NAMES):
            if (folder / name).is_file():
                relative = PurePosixPath(path.relative_to(folder).as_posix())
                said |= _said(folder / name, relative)
    return ManifestEntry.model_validate(said)


def _folders(path: Path, root: Path) -> Iterator[Path]:
    """Folders that hold `path`, from `root` inwards."""
    yield root
    for part in path.relative_to(root).parts[:-1]:
        root /= part
        yield root


def _said(manifest: Path, relative: PurePosixPath) -> dict[str, object]:
    entries = _read(manifest)
    said: dict[str, object] = {}
    for key in sorted(entries, key=lambda key: key == str(relative)):
        if fnmatch(str(relative), key) or fnmatch(relative.name, key):
            said |= entries[key].model_dump(exclude_none=True)
    return said


def _read(manifest: Path) -> dict[str, ManifestEntry]:
    try:
        content = yaml.safe_load(manifest.read_text(encoding="utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise ConfigurationError(f"{manifest}: the manifest cannot be read: {error}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigurationError(f"{manifest}: the manifest must map file names to entries")
    entries = {}
    for key, value in content.items():
        try:
            entries[str(key)] = ManifestEntry.model_validate(value if value is not None else {})
        except ValidationError as error:
            raise ConfigurationError(f"{manifest}: {_explain(str(key), error)}") from error
    return entries


def _explain(key: str, error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join([key, *map(str, first["loc"])])
    if first["type"] == "extra_forbidden":
        return f"{place}: unknown key; known keys: {', '.join(ManifestEntry.model_fields)}"
    return f"{place}: {first['msg']}"
