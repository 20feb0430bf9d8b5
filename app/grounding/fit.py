"""What is compared with a statement (a part of a claim), and how the comparison came out."""

from dataclasses import dataclass
from enum import IntEnum

from app.reading.figures import Figure
from app.reading.reader import Reading, Word
from app.reading.subjects import Phrase


class Failure(IntEnum):
    """Why a statement does not support a part; a higher value is the more telling explanation."""

    OTHER_WORDS = 0
    OTHER_FIGURE = 1
    GENERALISED = 2
    HEDGED = 3
    LIMITED = 4
    OTHER_TIME = 5
    OVERSTATED = 6
    SUBJECT = 7
    POLARITY = 8
    NONE = 9


@dataclass(frozen=True, slots=True)
class Part:
    """A clause to be supported: what it must find in one statement.

    `words` are those that carry meaning, `inherited` what it takes over from the clause before it. `subjects` are all
    known subjects it mentions, `leading` those it is about. `raws` are all its words, so that softeners and limits
    count.
    """

    start: int
    end: int
    words: tuple[Word, ...]
    figures: tuple[Figure, ...]
    subjects: frozenset[Phrase]
    raws: frozenset[str]
    reading: Reading
    leading: frozenset[Phrase] = frozenset()
    inherited: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        return not self.words and not self.figures

    @property
    def keys(self) -> frozenset[str]:
        """Everything that a statement must know to carry the part."""
        return self.inherited.union(word.key for word in self.words)


@dataclass(frozen=True, slots=True)
class Fit:
    """How far a statement supports a part. `score` is the share of the part's words it covers, 0..1."""

    failure: Failure
    score: float
    missing: tuple[str, ...] = ()
    figure: Figure | None = None
    other: Figure | None = None

    @property
    def supported(self) -> bool:
        return self.failure is Failure.NONE
