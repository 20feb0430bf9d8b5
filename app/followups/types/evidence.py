"""What a message may rely on."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.followups.types.strategy import NeedRole


class Scope(StrEnum):
    KNOWLEDGE = "knowledge"
    LEAD = "lead"


class BlockKind(StrEnum):
    """What a piece of a document is; decides whether it can be quoted as a sentence."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE_ROW = "table_row"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of an evidence text: `text[start:end]`, in characters."""

    start: int
    end: int
    kind: BlockKind


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """One passage of a company document, or one field of the lead record.

    `text` is exactly what the document version holds from `start` to `end` (characters). `blocks` say, by kind and
    relative to `text`, what of it may be used; without blocks, all of it. `relevance` is calibrated, 0..1. For lead
    facts `source` is the field's name, `document_id`, `page` and dates are None and `relevance` is 1. `roles` are the
    needs it was found for.
    """

    id: str
    scope: Scope
    text: str
    source: str
    relevance: float = 1.0
    roles: tuple[NeedRole, ...] = ()
    document_id: str | None = None
    version_id: str | None = None
    title: str | None = None
    source_type: str | None = None
    heading_path: tuple[str, ...] = ()
    page: int | None = None
    start: int = 0
    end: int = 0
    blocks: tuple[Span, ...] = ()
    effective_date: date | None = None
    expiry_date: date | None = None
    ingested_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Statements (the blocks of `item`) that may not be stated as a present fact, and why.

    `conflicting`: another document says otherwise and nothing decides which is right; else a newer one replaced it.
    """

    item: EvidenceItem
    conflicting: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the message may rely on. `knowledge` is sorted by relevance, best first.

    `withdrawn` supports nothing; it only lets the gate say why.
    """

    knowledge: tuple[EvidenceItem, ...]
    lead: tuple[EvidenceItem, ...]
    knowledge_version: int
    degraded: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    withdrawn: tuple[Withdrawn, ...] = ()
