"""The vectors of chunks, for whoever derives an index from them or compares one with them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, select

from app.storage.database import Database
from app.storage.rows import batches
from app.storage.tables import ChunkRow, DocumentRow

VectorsById = dict[str, NDArray[np.float32]]


class ChunkVectorRepository:
    """Reads only vectors of one embedding model: others live in another space. Raises `StorageUnavailable`."""

    def __init__(self, database: Database, embedding_model: str) -> None:
        self._database = database
        self._embedding_model = embedding_model

    async def current_ids(self, tenant: str) -> tuple[set[str], set[str]]:
        """Ids of the current chunks: those embedded by this model, and the others."""
        query = (
            select(ChunkRow.id, ChunkRow.embedding_model == self._embedding_model)
            .join(DocumentRow, DocumentRow.current_version_id == ChunkRow.version_id)
            .where(DocumentRow.tenant_id == tenant)
        )
        own: set[str] = set()
        other: set[str] = set()
        async with self._database.snapshot() as session:
            for chunk_id, is_own in await session.execute(query):
                (own if is_own else other).add(chunk_id)
        return own, other

    async def of_version(self, tenant: str, version_id: str) -> VectorsById:
        """The vectors of a version, current or not, by chunk id."""
        async with self._database.snapshot() as session:
            rows = await session.execute(self._vectors(tenant).where(ChunkRow.version_id == version_id))
            return {chunk_id: _decode(data) for chunk_id, data in rows}

    async def read(self, tenant: str, ids: Sequence[str]) -> VectorsById:
        """The vectors of those `ids` that exist."""
        found: VectorsById = {}
        async with self._database.snapshot() as session:
            for batch in batches(ids):
                rows = await session.execute(self._vectors(tenant).where(ChunkRow.id.in_(batch)))
                found.update((chunk_id, _decode(data)) for chunk_id, data in rows)
        return found

    def _vectors(self, tenant: str) -> Select[str, bytes]:
        return select(ChunkRow.id, ChunkRow.embedding).where(
            ChunkRow.tenant_id == tenant, ChunkRow.embedding_model == self._embedding_model
        )


def _decode(data: bytes) -> NDArray[np.float32]:
    return np.frombuffer(data, dtype="<f4").astype(np.float32)
