"""What the repositories take and give: plain frozen values, no rows."""

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from app.knowledge.conflicts.types import StatedFigure
from app.knowledge.types import Chunk, DocumentProfile

Origin = Literal["folder", "upload"]


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """The published version of a document, as ingestion compares it with a file.

    `folder_hash` is the content that a folder held last under this name, for a version that was uploaded since.
    `folder` is the absolute path of the folder that it was ingested from last, if that is known.
    """

    document_id: str
    version_id: str
    content_hash: str
    pipeline_fingerprint: str
    profile: DocumentProfile
    origin: Origin = "folder"
    folder_hash: str | None = None
    folder: str | None = None


@dataclass(frozen=True, slots=True)
class StagedVersion:
    """A version that an interrupted run has stored and not published."""

    version_id: str
    chunks: int


def text_hash(embedding_text: str) -> bytes:
    """Stands for a text that was embedded: 16 bytes."""
    return hashlib.blake2b(embedding_text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


@dataclass(frozen=True, slots=True, eq=False)
class NewVersion:
    """A document version to be staged. `vectors` is `(len(chunks), d)` float32, in the order of `chunks`.

    `source` is the path relative to the ingested folder, with `/`. `pipeline_fingerprint` stands for everything
    besides the content that decides the chunks and vectors.
    """

    source: str
    content_hash: str
    pipeline_fingerprint: str
    profile: DocumentProfile
    text: str
    chunks: tuple[Chunk, ...]
    vectors: NDArray[np.float32]
    embedding_model: str
    origin: Origin = "folder"
    figures: tuple[StatedFigure, ...] = ()

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or len(self.vectors) != len(self.chunks):
            raise ValueError(f"{len(self.chunks)} chunks need as many vectors, not shape {self.vectors.shape}")


@dataclass(frozen=True, slots=True)
class DocumentSummary:
    """One published document, for lists."""

    document_id: str
    version_id: str
    source: str
    number: int
    title: str
    source_type: str
    internal: bool
    effective_date: date | None
    expiry_date: date | None
    chunks: int
    published_at: datetime
    effective_source: str | None = None
    expiry_source: str | None = None


@dataclass(frozen=True, slots=True)
class CurrentDocument:
    """What is published under a name."""

    document_id: str
    chunks: int
    published_at: datetime


@dataclass(frozen=True, slots=True)
class ListedDocument:
    """One document for lists. `removed` ones had a current version once; the fields tell of their newest."""

    document_id: str
    source: str
    removed: bool
    number: int
    title: str
    source_type: str
    internal: bool
    origin: Origin
    effective_date: date | None
    expiry_date: date | None
    published_at: datetime
    chunks: int


@dataclass(frozen=True, slots=True)
class ListedVersion:
    """One published version of a document; `state` is `published` for the current one, else `superseded`."""

    version_id: str
    number: int
    state: str
    title: str
    source_type: str
    internal: bool
    origin: Origin
    effective_date: date | None
    expiry_date: date | None
    content_hash: str
    created_at: datetime
    published_at: datetime
    chunks: int


@dataclass(frozen=True, slots=True)
class ListedChunk:
    """One chunk of a version, as it was cut."""

    id: str
    ordinal: int
    start: int
    end: int
    page: int | None
    tokens: int
    heading_path: list[str]
    text: str


@dataclass(frozen=True, slots=True)
class KnowledgeCounts:
    """How much of a tenant is published, and how many versions wait to be."""

    documents: int
    chunks: int
    staged: int


@dataclass(frozen=True, slots=True)
class IndexChange:
    """One thing a derived index has to do. `action` is `add` or `remove`; `seq` grows in the order of commits."""

    seq: int
    tenant: str
    version_id: str
    action: str


@dataclass(frozen=True, slots=True)
class GenerationRecord:
    """The audit of one message. JSON fields must be JSON-ready; `lead_ref` and `request_hash` are hashes."""

    id: str
    tenant: str
    created_at: datetime
    generator: str
    generator_used: str
    fallback: str | None
    request_hash: str
    lead_ref: str
    message: str
    grounding_verdict: str
    knowledge_version: int
    claims: list[Any] = field(default_factory=list)
    evidence: list[Any] = field(default_factory=list)
    strategy: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, Any] = field(default_factory=dict)
    timings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ApiKeyRow:
    """An API key as stored: never the key itself."""

    id: str
    tenant_id: str
    name: str
    prefix: str
    created_at: datetime
    revoked_at: datetime | None


JobState = Literal["queued", "running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class JobFile:
    """One uploaded file and what became of it. `status` is `waiting` until then; `reason` and `message` say why not."""

    name: str
    size_bytes: int
    sha256: str
    status: str = "waiting"
    reason: str | None = None
    message: str | None = None
    chunks: int = 0
    document_id: str | None = None


@dataclass(frozen=True, slots=True)
class NewJob:
    """An upload to be ingested. `stated` is what the caller said about the files, as JSON.

    `request_hash` stands for everything in the request; `request_key` is its `Idempotency-Key`.
    """

    id: str
    tenant: str
    store: str
    request_key: str | None
    request_hash: str
    stated: dict[str, Any]
    files: tuple[JobFile, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """An upload and how far it has come: `done` of its files were read. `seq` counts the tenant's jobs."""

    id: str
    tenant: str
    seq: int
    state: JobState
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    request_hash: str
    stated: dict[str, Any]
    files: tuple[JobFile, ...]
    done: int
    attempts: int
    knowledge_version: int | None
    failure: str | None
