"""One document under dated names: `pricing_2023.pdf` and `pricing_2024.pdf`. The newest valid one counts."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import PurePosixPath

from app.knowledge.dates import date_in_name, is_year, year_in_name

# Stories and records stay true: a post or the minutes of last month are not replaced by those of this month.
_LASTING_TYPES = frozenset({"case_studies", "blog"})
_LASTING_WORDS = frozenset(
    """
    blog post posts news newsletter newsletters changelog changelogs release releases minutes meeting meetings note
    notes announcement announcements press
    """.split()  # noqa: SIM905 - a word list reads better as text
)
_STAMP = re.compile(
    r"(?<!\d)(?:19|20)\d{2}(?:[-_.]?(?:0[1-9]|1[0-2])(?:[-_.]?(?:0[1-9]|[12]\d|3[01]))?|[-_.]?[qh][1-4])?(?!\d)"
    r"|(?<![a-z])[qh][1-4][-_.]?(?:19|20)\d{2}(?!\d)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[a-z]+")
_SEPARATORS = re.compile(r"[\s_.\-()]+")


@dataclass(frozen=True, slots=True)
class DatedDocument:
    """A current document version with what decides whether a namesake replaces it."""

    version_id: str
    source: str
    source_type: str
    effective_date: date | None
    expiry_date: date | None


def family(source: str) -> tuple[str, str] | None:
    """Folder and bare name that namesakes share, without dates and suffix; None if only a date is left."""
    path = PurePosixPath(source.lower())
    bare = _SEPARATORS.sub(" ", _STAMP.sub(_unstamped, path.stem)).strip()
    return (str(path.parent), bare) if bare else None


def is_lasting(source: str, source_type: str) -> bool:
    """Whether a document stays true beside a newer one of its name.

    By its type or a word of its file name; by a word of its folders unless it is a price list.
    """
    path = PurePosixPath(source.lower())
    named = path.stem if source_type == "pricing" else " ".join(path.with_suffix("").parts)
    return source_type in _LASTING_TYPES or not _LASTING_WORDS.isdisjoint(_WORD.findall(named))


def last_valid_days(documents: Iterable[DatedDocument]) -> dict[str, date | None]:
    """The last day on which each version counts, None = open end, by version id.

    That is its own expiry, or the day before the next namesake takes effect. A document without any date has no place
    in the order, so it neither replaces nor is replaced.
    """
    families: dict[tuple[str, str], list[tuple[date, DatedDocument]]] = defaultdict(list)
    days: dict[str, date | None] = {}
    for document in documents:
        days[document.version_id] = document.expiry_date
        since, name = _since(document), family(document.source)
        if since is not None and name is not None and not is_lasting(document.source, document.source_type):
            families[name].append((since, document))
    for members in families.values():
        starts = sorted({since for since, _ in members})
        following = {earlier: later - timedelta(days=1) for earlier, later in pairwise(starts)}
        for since, document in members:
            if since in following:
                days[document.version_id] = min(document.expiry_date or date.max, following[since])
    return days


def _unstamped(stamp: re.Match[str]) -> str:
    bare = len(stamp[0]) == 4
    return stamp[0] if bare and not is_year(stamp[0]) else " "


def _since(document: DatedDocument) -> date | None:
    if document.effective_date is not None:
        return document.effective_date
    name = PurePosixPath(document.source).stem
    return date_in_name(name) or year_in_name(name)
