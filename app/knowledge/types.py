"""Types of the knowledge side: from a file on disk to a passage that was found."""

from dataclasses import dataclass
from datetime import date, datetime

from app.followups.types import BlockKind, Span


@dataclass(frozen=True, slots=True)
class Block:
    """One unit of a document in reading order.

    `text` is clean text without markup: a heading's words, a paragraph, one list item, one code block, or one table
    row that carries its headers (`"Plan: Team; Price: $99 per month"`). `level` is 1..6 for headings; for other
    blocks 0, or the level of the deepest heading that still applies (text after a closed card or accordion is no longer
    under its title). `page` counts from 1 and is None for formats without pages.
    """

    kind: BlockKind
    text: str
    level: int = 0
    page: int | None = None


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """What a loader returns. `metadata` holds front matter or document properties, keys in lower case.

    `title` is what the author wrote as title into the document itself (front matter); a title among the properties of
    an office file is often left over from a template and stays in `metadata`.
    """

    blocks: tuple[Block, ...]
    title: str | None = None
    metadata: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A slice of a document version: `version_text[start:end] == text`, in characters.

    `heading_path` are the headings of the sections that hold all of it, outermost first. `tokens` counts
    `embedding_text` (heading path and text), and never exceeds the embedding model's window. `blocks` partition `text`
    by kind (offsets relative to `text`; the separators between blocks belong to none).
    """

    ordinal: int
    text: str
    start: int
    end: int
    heading_path: tuple[str, ...]
    page: int | None
    tokens: int
    blocks: tuple[Span, ...]
    embedding_text: str


@dataclass(frozen=True, slots=True)
class ChunkedDocument:
    """The text of a document version and its chunks in order."""

    text: str
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True, slots=True)
class DocumentProfile:
    """What ingestion knows about a document besides its text.

    `source_type` is one of the names in `config/retrieval.yaml` (`pricing`, `case_studies`, ...). `internal` documents
    are searchable by the company but never evidence for a message to a lead. `effective_source` and `expiry_source`
    say where a date was found: `front_matter`, `manifest` (or stated with an upload), `file_name`, `text`, or
    `published` (when it was written). `title_source` is `manifest` for a title that was stated with an upload, else
    None.
    """

    title: str
    source_type: str
    internal: bool
    effective_date: date | None = None
    expiry_date: date | None = None
    effective_source: str | None = None
    expiry_source: str | None = None
    title_source: str | None = None


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk of a current version as read back from SQL, with its document's fields.

    `expiry_date` is the last day on which it counts: its document's own, or the day before a newer document of the
    same name took effect.
    """

    id: str
    document_id: str
    version_id: str
    source: str
    title: str
    source_type: str
    internal: bool
    text: str
    start: int
    end: int
    heading_path: tuple[str, ...]
    page: int | None
    blocks: tuple[Span, ...]
    effective_date: date | None
    expiry_date: date | None
    ingested_at: datetime


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that was found. `relevance` is calibrated, 0..1; ranks count from 1, None = not in that list.

    `contrast` is how much nearer to the query the chunk is than the tenant's chunks are on average. `coverage` and
    `heading_coverage` are the weighted shares of the query's words that the chunk, and its headings alone, hold, 0..1.
    """

    chunk: StoredChunk
    relevance: float
    cosine: float
    dense_rank: int | None
    lexical_rank: int | None
    fused_score: float
    contrast: float = 0.0
    coverage: float = 0.0
    heading_coverage: float = 0.0


@dataclass(frozen=True, slots=True)
class KnowledgeState:
    """What a tenant has published, by name. What is found at one state may be remembered under it.

    `version` counts the publications, `publication` is the random name of the last one: a database that was restored
    from a backup, and another one that shares a cache, may come to the same count with other documents.
    """

    version: int = 0
    publication: str = ""


@dataclass(frozen=True, slots=True)
class Retrieval:
    """The outcome of one search. An empty `passages` is a normal outcome, not an error."""

    passages: tuple[Passage, ...]
    knowledge_version: int
    degraded: tuple[str, ...] = ()
