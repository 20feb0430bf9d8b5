"""What ingestion knows about a document besides its text: title, source type, scope and dates."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from app.config_files import RetrievalConfig
from app.errors import ConfigurationError, DocumentRefused
from app.followups.types import BlockKind
from app.knowledge.dates import date_in_name, parse_date, stated_validity, year_in_name
from app.knowledge.manifest import ManifestEntry, manifest_entry
from app.knowledge.types import DocumentProfile, LoadedDocument
from app.language.words import stem

GENERAL = "general"
_EFFECTIVE_KEYS = ("effective_date", "effective", "effective_from", "valid_from")
_EXPIRY_KEYS = ("expiry_date", "expires", "expiry", "expires_on", "valid_until", "valid_to")
_PUBLISHED_KEYS = ("last_updated", "updated", "date", "published", "created_at")
_TRUE = frozenset({"true", "yes", "1", "on"})
_FALSE = frozenset({"false", "no", "0", "off"})
# What people write where there is no date.
_NO_DATE = frozenset({"never", "none", "no", "false", "n/a", "na", "0", "-1", "-", "null", "~"})
_LONGEST_SHOWN = 60  # characters of a value that a message repeats
_AUDIENCES = frozenset({"internal", "private", "confidential", "employees", "team", "staff"})
_JUNK_TITLE = re.compile(
    r"^(?:microsoft (?:word|excel|powerpoint)\b.*|untitled.*|document\d*|slide 1|.*\.\w{2,4}|[\W\d]*)$", re.IGNORECASE
)
_WORDS = re.compile(r"[A-Z]+s?(?![a-z])|[A-Z]?[a-z]+|\d+")
_STATED_TYPES = frozenset({"pricing", "legal", "support", "security", GENERAL})
_STATED_WITHIN = 40  # blocks
# Types that say little: a word for one of them gives way to any other word.
_WEAK_TYPES = frozenset({"documentation", "features", "blog", GENERAL})
_TITLE_WITHIN = 12  # blocks
_SHEETS = frozenset({".xlsx", ".xlsm", ".csv", ".tsv"})
_ACRONYMS = frozenset("ai api crm csv erp faq gdpr hipaa hr it kpi llc mfa pdf roi sdk sla soc sso uk us vat".split())  # noqa: SIM905
# Folders that say what a text is, whatever its subject: a blog post about prices is a blog post.
_FORMS = frozenset({"blog", "legal"})


def profile_document(path: Path, root: Path, document: LoadedDocument, config: RetrievalConfig) -> DocumentProfile:
    """Profile of the file at `path` below the ingested folder `root`.

    Front matter wins over manifests, manifests over names. Raises `ConfigurationError` if a manifest cannot be used,
    and `DocumentRefused` with reason `malformed` for a date in the front matter that cannot be read.
    """
    metadata = dict(document.metadata)
    said = manifest_entry(path, root)
    source_type = _source_type(path, root, metadata, said, config)
    effective, expiry = _effective(path, document, said, source_type), _expiry(document, said, source_type)
    return DocumentProfile(
        title=_title(path, document, said),
        source_type=source_type,
        internal=_internal(path, root, metadata, said, config),
        effective_date=effective.day,
        expiry_date=expiry.day,
        effective_source=effective.source,
        expiry_source=expiry.source,
    )


def unpublished(metadata: Mapping[str, str]) -> str | None:
    """The front matter that says that a document is not published, None if there is none."""
    if metadata.get("draft", "").lower() in _TRUE:
        return f"draft: {metadata['draft']}"
    if metadata.get("published", "").lower() in _FALSE:
        return f"published: {metadata['published']}"
    return None


# --------------------------------------------------------------------------- title


def _title(path: Path, document: LoadedDocument, said: ManifestEntry) -> str:
    if document.title:
        return document.title
    if said.title:
        return said.title
    head = [block for block in document.blocks[:_TITLE_WITHIN] if block.kind is BlockKind.HEADING]
    if path.suffix.lower() in _SHEETS:
        # The name of a sheet is no title; a line above its first table is.
        head = [block for block in head if block.level == 3 and block in document.blocks[:2]]
    heading = next((block.text for block in head if block.level == 1), head[0].text if head else "")
    of_file = dict(document.metadata).get("title", "")
    if heading:
        return heading
    return of_file if of_file and not _JUNK_TITLE.match(of_file) else readable(path.stem)


def readable(name: str) -> str:
    """A file name as a title: `roi_case-study` -> `ROI case study`."""
    words = [word.upper() if word.lower() in _ACRONYMS else word for word in re.split(r"[\s_\-+]+", name) if word]
    title = " ".join(words)
    return title[:1].upper() + title[1:] or name


# --------------------------------------------------------------------------- source type and scope


def _source_type(
    path: Path, root: Path, metadata: Mapping[str, str], said: ManifestEntry, config: RetrievalConfig
) -> str:
    own = _named_type(metadata.get("source_type", ""), config)
    if own:
        return own
    if said.source_type:
        named = _named_type(said.source_type, config)
        if named is None:
            known = ", ".join(config.source_types)
            raise ConfigurationError(f"manifest for {path.name}: source_type: {said.source_type!r} is none of {known}")
        return named
    folders = [*reversed(path.relative_to(root).parts[:-1]), root.resolve().name]
    of_folder = next(filter(None, (_type_in_name(name, config, is_folder=True) for name in folders)), GENERAL)
    return of_folder if of_folder in _FORMS else _type_in_name(path.stem, config) or of_folder


def _named_type(name: str, config: RetrievalConfig) -> str | None:
    """The source type that `name` spells, in whatever case, number and punctuation."""
    wanted = _stems(name)
    if not wanted:
        return None
    for source_type, names in {GENERAL: [], **config.source_types}.items():
        if any(_stems(candidate) == wanted for candidate in (source_type, *names)):
            return source_type
    return None


def _type_in_name(name: str, config: RetrievalConfig, *, is_folder: bool = False) -> str | None:
    """The source type whose words occur in a file or folder name.

    A listed name that ends in `/` is for folders, and for files called just so: `customers/`. Several words say more
    than one, a telling type more than a weak one, an earlier word more than a later. One word in another number counts
    only at the end: `customer-portal` is no customer story.
    """
    words = _words(name)
    best: tuple[tuple[int, bool, int], str] | None = None
    for source_type, names in config.source_types.items():
        for candidate in names:
            position = _position(words, _words(candidate))
            whole = len(words) == len(_words(candidate))
            if position is None or (candidate.endswith("/") and not is_folder and not whole):
                continue
            rank = (len(_words(candidate)), source_type not in _WEAK_TYPES, -position)
            if best is None or rank > best[0]:
                best = (rank, source_type)
    return best[1] if best else None


def _position(words: Sequence[str], wanted: Sequence[str]) -> int | None:
    size = len(wanted)
    for start in range(len(words) - size + 1):
        found = words[start : start + size]
        at_end = start + size == len(words)
        if found == wanted or (
            (size > 1 or at_end) and [stem(word) for word in found] == [stem(word) for word in wanted]
        ):
            return start
    return None


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(name) if not word.isdigit()]


def _stems(name: str) -> list[str]:
    return [stem(word) for word in _words(name)]


def _internal(
    path: Path, root: Path, metadata: Mapping[str, str], said: ManifestEntry, config: RetrievalConfig
) -> bool:
    if "internal" in metadata:
        return metadata["internal"].lower() in _TRUE
    if metadata.get("audience", "").lower() in _AUDIENCES:
        return True
    if said.internal is not None:
        return said.internal
    names = {tuple(_stems(name)) for name in config.internal_folders}
    parts = (root.resolve().name, *path.relative_to(root).parts[:-1], path.stem)
    return any(tuple(_stems(part)) in names for part in parts)


# --------------------------------------------------------------------------- dates


@dataclass(frozen=True, slots=True)
class _Dated:
    """A date and where it was found."""

    day: date | None = None
    source: str | None = None


def _effective(path: Path, document: LoadedDocument, said: ManifestEntry, source_type: str) -> _Dated:
    """Front matter, manifest, a day or month in the file name, the text, the year in the name of a price list, and
    last when it was written: the first that says something decides."""
    metadata = dict(document.metadata)
    return _first_known(
        _Dated(_validity_date(metadata, _EFFECTIVE_KEYS), "front_matter"),
        _Dated(said.effective_date, "manifest"),
        _Dated(date_in_name(path.stem), "file_name"),
        _Dated(_stated(document, source_type)[0], "text"),
        _Dated(year_in_name(path.stem) if source_type == "pricing" else None, "file_name"),
        _Dated(_first_readable(metadata, _PUBLISHED_KEYS), "published"),
    )


def _expiry(document: LoadedDocument, said: ManifestEntry, source_type: str) -> _Dated:
    """Front matter, manifest, the text: the first that says something decides."""
    return _first_known(
        _Dated(_validity_date(dict(document.metadata), _EXPIRY_KEYS, end=True), "front_matter"),
        _Dated(said.expiry_date, "manifest"),
        _Dated(_stated(document, source_type)[1], "text"),
    )


def _first_known(*dates: _Dated) -> _Dated:
    return next((found for found in dates if found.day is not None), _Dated())


def _stated(document: LoadedDocument, source_type: str) -> tuple[date | None, date | None]:
    """What the text says about its own validity, where texts of this type do such a thing."""
    if source_type not in _STATED_TYPES:
        return None, None
    return stated_validity("\n".join(block.text for block in document.blocks[:_STATED_WITHIN]))


def _validity_date(metadata: Mapping[str, str], keys: Sequence[str], *, end: bool = False) -> date | None:
    """The date under the first of `keys` that gives one; what cannot be read is refused, or an offer would not end."""
    given = [key for key in keys if metadata.get(key, "").strip().lower() not in _NO_DATE | {""}]
    for key in given:
        if parse_date(metadata[key], end=end) is None:
            shown = metadata[key][:_LONGEST_SHOWN]
            raise DocumentRefused(
                "malformed",
                f"{key}: {shown!r} is not a date, or may be read as two; write {key}: 2026-01-31, or leave it out.",
            )
    return parse_date(metadata[given[0]], end=end) if given else None


def _first_readable(metadata: Mapping[str, str], keys: Sequence[str]) -> date | None:
    found = (parse_date(metadata[key]) for key in keys if key in metadata)
    return next(filter(None, found), None)
