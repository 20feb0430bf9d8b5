"""What the repositories take and give: plain frozen values, no rows."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.knowledge.types import Chunk, DocumentProfile


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """The published version of a document, as ingestion compares it with a file."""

    document_id: str
    version_id: str
    content_hash: str
    pipeline_fingerprint: str


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
