"""Between the types of the knowledge side and the rows of versions and chunks."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, Select, bindparam, case, select

from app.followups.types import BlockKind, Span
from app.knowledge.types import Chunk, StoredChunk
from app.storage.records import NewVersion, text_hash
from app.storage.rows import belongs_to, utc_now
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
_KINDS = {kind.value: kind for kind in BlockKind}


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
        "effective_source": profile.effective_source,
        "expiry_source": profile.expiry_source,
        "title_source": profile.title_source,
        "text": _storable(version.text),
        "origin": version.origin,
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
            "text_hash": text_hash(chunk.embedding_text),
            "embedding": vector.tobytes(),
        }

    return [values(chunk, vector) for chunk, vector in zip(version.chunks, vectors, strict=True)]


def figure_values(version_id: str, version: NewVersion) -> list[dict[str, object]]:
    return [
        {
            "chunk_id": f"{version_id}:{figure.chunk}",
            "number": number,
            "version_id": version_id,
            "start": figure.start,
            "end": figure.end,
            **{
                name: _storable(getattr(figure, name))
                for name in ("subject", "measure", "unit", "qualifiers", "value", "shown")
            },
        }
        for number, figure in enumerate(version.figures)
    ]


def _storable(text: str) -> str:
    """PostgreSQL takes no NUL, and neither database a lone surrogate. One character for another keeps offsets right."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")


def current_chunks(tenant: str, ids: Sequence[str]) -> tuple[Select[*tuple[Any, ...]], dict[str, object]]:
    """The fields of `StoredChunk` for those of `ids` that belong to the tenant's current versions, and the parameters.

    The chunks are picked by their key first, whatever the planner believes about the size of the tables: starting
    from the tenant's documents would read all of their chunks.
    """
    return _statement(with_vectors=False), {"tenant": tenant, "ids": list(ids)}


def current_chunks_with_vectors(
    tenant: str, ids: Sequence[str], embedding_model: str
) -> tuple[Select[*tuple[Any, ...]], dict[str, object]]:
    """`current_chunks` and one more column: the vector's bytes, NULL if another model made it."""
    return _statement(with_vectors=True), {"tenant": tenant, "ids": list(ids), "embedding_model": embedding_model}


@cache
def _statement(*, with_vectors: bool) -> Select[*tuple[Any, ...]]:
    """Built once: that takes longer than running it."""
    vector = case((ChunkRow.embedding_model == bindparam("embedding_model"), ChunkRow.embedding)).label("embedding")
    extra = (vector,) if with_vectors else ()
    wanted = select(*_CHUNK_FIELDS, *extra).where(
        ChunkRow.id.in_(bindparam("ids", expanding=True)), belongs_to(ChunkRow.tenant_id, bindparam("tenant"))
    )
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
            *((chunk.embedding,) if with_vectors else ()),
        )
        .join(DocumentRow, DocumentRow.current_version_id == chunk.version_id)
        .join(VersionRow, VersionRow.id == chunk.version_id)
    )


def stored_chunk(row: Row[*tuple[Any, ...]] | Sequence[Any]) -> StoredChunk:
    """A row of `current_chunks`, whose columns have the order of the fields."""
    *before, heading_path, page, blocks, effective_date, expiry_date, ingested_at = row
    spans = tuple(Span(start, end, _KINDS[kind]) for start, end, kind in blocks)
    values = (*before, tuple(heading_path), page, spans, effective_date, expiry_date, ingested_at)
    return StoredChunk(*values)
