"""What a document states in figures, and where documents disagree about the same thing."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class StatedFigure:
    """One figure that one sentence or table row gives for one thing.

    `chunk` is the chunk's ordinal, `start` and `end` delimit the statement in the chunk's text. `subject` is whom the
    figure belongs to (a plan, a row's first cell), "" if it holds in general. Figures may be compared when `measure`,
    `unit` and `qualifiers` (regions, audiences, thresholds ...) are equal; `value` is their normal form and `shown`
    what the document writes.
    """

    chunk: int
    start: int
    end: int
    subject: str
    measure: str
    unit: str
    qualifiers: str
    value: str
    shown: str


@dataclass(frozen=True, slots=True)
class Side:
    """A current document's figure in a conflict. `quote` are the words of the statement.

    `start` and `end` are offsets in the chunk's text. `expiry_date` is the last day on which the document counts:
    its own expiry or, when `superseded`, the day before a newer document of the same name took effect. `unit` begins
    with the kind of the figure.
    """

    chunk_id: str
    document_id: str
    source: str
    start: int
    end: int
    subject: str
    value: str
    shown: str
    quote: str = ""
    page: int | None = None
    effective_date: date | None = None
    date_source: str | None = None
    expiry_date: date | None = None
    superseded: bool = False
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Sides of at least two documents that give different figures for the same thing. `id` is stable."""

    id: str
    subject: str
    measure: str
    sides: tuple[Side, ...]

    @property
    def sentence(self) -> str:
        """`pricing.md says 4% + 40¢, fees.mdx says 5% + 50¢`, each figure once."""
        said: dict[str, list[str]] = {}
        for value in dict.fromkeys(side.value for side in self.sides):
            first = next(side for side in self.sides if side.value == value)
            said.setdefault(first.source, []).append(first.shown)
        return ", ".join(f"{source} says {' and '.join(figures)}" for source, figures in said.items())


class Standing(StrEnum):
    """What a side is worth on a given day. Only `current` may be stated as a present fact."""

    CURRENT = "current"
    OUTDATED = "outdated"
    CONFLICTING = "conflicting"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    NOT_YET_VALID = "not_yet_valid"


@dataclass(frozen=True, slots=True)
class Resolution:
    """How a conflict stands on a given day: one standing per side, in order, and a sentence that says why."""

    standings: tuple[Standing, ...]
    resolved: bool
    reason: str
