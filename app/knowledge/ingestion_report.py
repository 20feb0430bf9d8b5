"""What an ingestion did, file by file: for people, and as JSON."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from app.errors import RefusalReason
from app.knowledge.conflicts.register import Judged

Status = Literal["indexed", "unchanged", "refused", "ignored", "removed"]


@dataclass(frozen=True, slots=True)
class DocumentOutcome:
    """What became of one file, in one sentence (`message`).

    `reason` is set for refused ones. `chunks` and the dates are those of the version that is in use after the run, of
    `indexed` and `unchanged` documents only; their sources are those of `DocumentProfile`. `seconds` is what reading,
    embedding and storing this file took.
    """

    source: str
    status: Status
    chunks: int = 0
    reason: RefusalReason | None = None
    message: str = ""
    effective_date: date | None = None
    expiry_date: date | None = None
    effective_source: str | None = None
    expiry_source: str | None = None
    seconds: float = 0.0

    @property
    def word(self) -> str:
        """`status`, or for a refused document the reason: every file ends as one word."""
        return self.reason or self.status

    def silence(self, today: date) -> str:
        """Why nothing in this document is found `today`, if its own text says so; "" otherwise.

        Nobody chose that for the file, so whoever ingests it has to hear of it.
        """
        cure = "if that is wrong, state the date in the front matter or a manifest."
        if self.expiry_source == "text" and self.expiry_date and self.expiry_date < today:
            return f"Not used: its text says that it was valid until {self.expiry_date.isoformat()}; {cure}"
        if self.effective_source == "text" and self.effective_date and self.effective_date > today:
            return f"Not used yet: its text says that it counts from {self.effective_date.isoformat()}; {cure}"
        return ""

    def as_json(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "status": self.word,
            "reason": self.reason,
            "sentence": self.message,
            "chunks": self.chunks,
            "effective_date": self.effective_date.isoformat() if self.effective_date else None,
            "expiry_date": self.expiry_date.isoformat() if self.expiry_date else None,
            "seconds": round(self.seconds, 4),
        }


@dataclass(frozen=True, slots=True)
class IngestionReport:
    """One outcome per file, by source. `knowledge_version` is the tenant's after the run.

    `conflicts` are those among all documents of the tenant, as they stand on the day of the run.
    After a dry run the outcomes are what would have happened, and nothing was stored.
    """

    outcomes: tuple[DocumentOutcome, ...]
    knowledge_version: int
    seconds: float
    dry_run: bool = False
    conflicts: tuple[Judged, ...] = ()

    def having(self, status: Status) -> tuple[DocumentOutcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.status == status)

    @property
    def chunks(self) -> int:
        """Chunks that the run added."""
        return sum(outcome.chunks for outcome in self.having("indexed"))

    @property
    def counts(self) -> Mapping[str, int]:
        """How many files ended as each word."""
        return Counter(outcome.word for outcome in self.outcomes)

    def as_json(self) -> dict[str, Any]:
        return {
            "dry_run": self.dry_run,
            "knowledge_version": self.knowledge_version,
            "seconds": round(self.seconds, 3),
            "counts": dict(sorted(self.counts.items())),
            "files": [outcome.as_json() for outcome in self.outcomes],
            "conflicts": [judged.as_json() for judged in self.conflicts],
        }
