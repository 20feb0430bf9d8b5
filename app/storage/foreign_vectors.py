"""Chunks whose vectors come from another embedding model than the one in use, and their replacement."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select, update

from app.storage.database import Database
from app.storage.rows import count_publication
from app.storage.tables import ChunkRow, DocumentRow, TenantRow


@dataclass(frozen=True, slots=True)
class ForeignChunk:
    """What a vector is computed from."""

    id: str
    heading_path: tuple[str, ...]
    text: str


class ForeignVectorRepository:
    """Every method raises `StorageUnavailable`."""

    def __init__(self, database: Database, embedding_model: str) -> None:
        self._database = database
        self._embedding_model = embedding_model

    async def tenants(self) -> list[str]:
        async with self._database.snapshot() as session:
            return list((await session.execute(select(TenantRow.id).order_by(TenantRow.id))).scalars())

    async def after(self, tenant: str, chunk_id: str, limit: int) -> list[ForeignChunk]:
        """The first `limit` current chunks of another model whose ids come after `chunk_id`."""
        query = (
            select(ChunkRow.id, ChunkRow.heading_path, ChunkRow.text)
            .join(DocumentRow, DocumentRow.current_version_id == ChunkRow.version_id)
            .where(
                DocumentRow.tenant_id == tenant,
                ChunkRow.embedding_model != self._embedding_model,
                ChunkRow.id > chunk_id,
            )
            .order_by(ChunkRow.id)
            .limit(limit)
        )
        async with self._database.snapshot() as session:
            return [ForeignChunk(id, tuple(path), text) for id, path, text in await session.execute(query)]

    async def replace(self, chunks: Sequence[ForeignChunk], vectors: NDArray[np.float32]) -> None:
        """Store `vectors` (n, d), in the order of `chunks`."""
        rows = [
            {"id": chunk.id, "embedding": vector.astype("<f4").tobytes(), "embedding_model": self._embedding_model}
            for chunk, vector in zip(chunks, vectors, strict=True)
        ]
        async with self._database.session() as session:
            await session.execute(update(ChunkRow), rows)

    async def announce(self, tenant: str) -> None:
        """Raise the tenant's knowledge version: what is remembered about its chunks is out of date."""
        async with self._database.session() as session:
            await count_publication(session, tenant)
