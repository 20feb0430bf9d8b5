"""Between the types of the knowledge side and the rows of versions and chunks."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, Select, select

from app.followups.types import BlockKind, Span
from app.knowledge.types import Chunk, StoredChunk
from app.storage.records import NewVersion
from app.storage.rows import utc_now
from app.storage.tables import ChunkRow, DocumentRow, VersionRow

_CHUNK_FIELDS = (
    ChunkRow.id,
    ChunkRow.version_id,
    ChunkRow.source_type,
    ChunkRow.internal,
    ChunkRow.text,
    ChunkRow.start,
    ChunkRow.end,
    ChunkRow.heading_path,
    ChunkRow.page,
    ChunkRow.blocks,
    ChunkRow.effective_date,
    ChunkRow.expiry_date,
)


def version_values(tenant: str, version: NewVersion) -> dict[str, object]:
    profile = version.profile
    return {
        "tenant_id": tenant,
        "state": "staged",
        "content_hash": version.content_hash,
        "pipeline_fingerprint": version.pipeline_fingerprint,
        "title": _storable(profile.title),
        "source_type": profile.source_type,
        "internal": profile.internal,
        "effective_date": profile.effective_date,
        "expiry_date": profile.expiry_date,
        "text": _storable(version.text),
        "created_at": utc_now(),
    }


def chunk_values(tenant: str, version_id: str, version: NewVersion) -> list[dict[str, object]]:
    profile = version.profile
    vectors = np.ascontiguousarray(version.vectors, dtype="<f4")

    def values(chunk: Chunk, vector: NDArray[np.float32]) -> dict[str, object]:
        return {
            "id": f"{version_id}:{chunk.ordinal}",
            "version_id": version_id,
            "tenant_id": tenant,
            "ordinal": chunk.ordinal,
            "start": chunk.start,
            "end": chunk.end,
            "page": chunk.page,
            "tokens": chunk.tokens,
            "source_type": profile.source_type,
            "internal": profile.internal,
            "effective_date": profile.effective_date,
            "expiry_date": profile.expiry_date,
            "heading_path": [_storable(heading) for heading in chunk.heading_path],
            "blocks": [[span.start, span.end, span.kind.value] for span in chunk.blocks],
            "text": _storable(chunk.text),
            "embedding_model": version.embedding_model,
            "embedding": vector.tobytes(),
        }

    return [values(chunk, vector) for chunk, vector in zip(version.chunks, vectors, strict=True)]


def _storable(text: str) -> str:
    """PostgreSQL takes no NUL, and neither database a lone surrogate. One character for another keeps offsets right."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")


def current_chunks(tenant: str, ids: Sequence[str]) -> Select[*tuple[Any, ...]]:
    """The fields of `StoredChunk` for those of `ids` that belong to the tenant's current versions.

    The chunks are picked by their key first, whatever the planner believes about the size of the tables: starting
    from the tenant's documents would read all of their chunks.
    """
    wanted = select(*_CHUNK_FIELDS).where(ChunkRow.id.in_(ids), ChunkRow.tenant_id == tenant)
    chunk = wanted.cte("chunk").prefix_with("MATERIALIZED").c
    return (
        select(
            chunk.id,
            DocumentRow.id.label("document_id"),
            chunk.version_id,
            DocumentRow.source,
            VersionRow.title,
            chunk.source_type,
            chunk.internal,
            chunk.text,
            chunk.start,
            chunk.end,
            chunk.heading_path,
            chunk.page,
            chunk.blocks,
            chunk.effective_date,
            chunk.expiry_date,
            VersionRow.published_at.label("ingested_at"),
        )
        .join(DocumentRow, DocumentRow.current_version_id == chunk.version_id)
        .join(VersionRow, VersionRow.id == chunk.version_id)
    )


def stored_chunk(row: Row[*tuple[Any, ...]]) -> StoredChunk:
    """A row of `current_chunks`, whose columns have the order of the fields."""
    *before, heading_path, page, blocks, effective_date, expiry_date, ingested_at = row
    spans = tuple(Span(start, end, BlockKind(kind)) for start, end, kind in blocks)
    values = (*before, tuple(heading_path), page, spans, effective_date, expiry_date, ingested_at)
    return StoredChunk(*values)
