"""The vectors of chunks, for whoever derives an index from them or compares one with them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, ScalarSelect, Select, func, select

from app.knowledge.filtered_search import Scope
from app.knowledge.types import StoredChunk
from app.storage.chunk_rows import current_chunks_with_vectors, stored_chunk
from app.storage.database import Database
from app.storage.rows import batches, belongs_to
from app.storage.tables import ChunkRow, DocumentRow, VersionRow

T = TypeVar("T")
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

    async def ids_of_version(self, tenant: str, version_id: str) -> tuple[list[str], bool]:
        """Ids of the chunks that a version has, or had before they were deleted; and whether it was erased."""
        chunks = select(ChunkRow.id).where(ChunkRow.version_id == version_id, ChunkRow.tenant_id == tenant)
        deleted = select(VersionRow.erased_chunks, VersionRow.state).where(
            VersionRow.id == version_id, VersionRow.tenant_id == tenant, VersionRow.erased_chunks.is_not(None)
        )
        async with self._database.snapshot() as session:
            row = (await session.execute(deleted)).one_or_none()
            if row is not None:
                return [f"{version_id}:{ordinal}" for ordinal in range(row.erased_chunks or 0)], row.state == "erased"
            return list((await session.execute(chunks)).scalars()), False

    async def read(self, tenant: str, ids: Sequence[str]) -> VectorsById:
        """The vectors of those `ids` that exist."""
        found: VectorsById = {}
        # Not in the threads of short reads: whoever compares or fills an index asks for very many.
        async with self._database.snapshot() as session:
            for batch in batches(ids):
                rows = await session.execute(self._vectors(tenant).where(ChunkRow.id.in_(batch)))
                found.update((chunk_id, _decode(data)) for chunk_id, data in rows)
        return found

    async def prepared(
        self, tenant: str, ids: Sequence[str], prepare: Callable[[StoredChunk, NDArray[np.float32] | None], T]
    ) -> dict[str, T]:
        """What `prepare` makes of those of `ids` that are current chunks and of their vectors, in the reading thread.

        The vector is None if another model made it.
        """

        def read(connection: Connection) -> dict[str, T]:
            found: dict[str, T] = {}
            for batch in batches(ids):
                for row in connection.execute(*current_chunks_with_vectors(tenant, batch, self._embedding_model)):
                    *fields, data = row
                    found[row.id] = prepare(stored_chunk(fields), None if data is None else _decode(data))
            return found

        return await self._database.read(read)

    async def sample_ids(self, tenant: str, size: int) -> list[str]:
        """At most `size` ids of current chunks, spread evenly over all of them in the order of ids."""
        query = (
            select(VersionRow.id, _last_ordinal())
            .join(DocumentRow, DocumentRow.current_version_id == VersionRow.id)
            .where(DocumentRow.tenant_id == tenant)
        )
        # A version's ids follow from its last ordinal: reading that takes a tenth of putting all ids in order.
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        counts = sorted((version_id, ordinal + 1) for version_id, ordinal in rows if ordinal is not None)
        every = max(1, -(-sum(count for _, count in counts) // size))
        taken: list[str] = []
        skipped = every - 1
        for version_id, count in counts:
            if skipped < count:
                in_order = sorted(f"{version_id}:{ordinal}" for ordinal in range(count))
                taken += in_order[skipped::every]
            skipped = (skipped - count) % every
        return taken

    async def counts(self, tenant: str) -> Mapping[tuple[str, bool], int]:
        """How many current chunks there are by source type and whether they are internal."""
        query = (
            select(VersionRow.source_type, VersionRow.internal, _last_ordinal())
            .join(DocumentRow, DocumentRow.current_version_id == VersionRow.id)
            .where(DocumentRow.tenant_id == tenant)
        )
        counts: Counter[tuple[str, bool]] = Counter()
        for kind, internal, ordinal in await self._database.read(lambda connection: connection.execute(query).all()):
            if ordinal is not None:
                counts[kind, internal] += ordinal + 1
        return counts

    async def among(self, tenant: str, ids: Sequence[str], scope: Scope) -> set[str]:
        """Those of `ids` that the scope admits, current or not."""
        found: set[str] = set()
        query = select(ChunkRow.id).where(belongs_to(ChunkRow.tenant_id, tenant), *_admitted(scope, ChunkRow))
        async with self._database.snapshot() as session:
            for batch in batches(ids):
                found.update((await session.execute(query.where(ChunkRow.id.in_(batch)))).scalars())
        return found

    async def within(self, tenant: str, scope: Scope) -> tuple[list[str], NDArray[np.float32]]:
        """Ids and vectors (n, d) of the current chunks that the scope admits."""
        query = (
            select(ChunkRow.id, ChunkRow.embedding)
            .join(VersionRow, VersionRow.id == ChunkRow.version_id)
            .join(DocumentRow, DocumentRow.current_version_id == VersionRow.id)
            .where(
                DocumentRow.tenant_id == tenant,
                ChunkRow.embedding_model == self._embedding_model,
                *_admitted(scope, VersionRow),
            )
        )
        async with self._database.snapshot() as session:
            rows = (await session.execute(query)).all()
        if not rows:
            return [], np.empty((0, 0), dtype=np.float32)
        flat = np.frombuffer(b"".join(row.embedding for row in rows), dtype="<f4").astype(np.float32)
        return [row.id for row in rows], flat.reshape(len(rows), -1)

    def _vectors(self, tenant: str) -> Select[str, bytes]:
        return select(ChunkRow.id, ChunkRow.embedding).where(
            belongs_to(ChunkRow.tenant_id, tenant), ChunkRow.embedding_model == self._embedding_model
        )


def _last_ordinal() -> ScalarSelect[int | None]:
    """Of the chunks of a version, which are numbered from 0. Reading it is far cheaper than counting them."""
    return select(func.max(ChunkRow.ordinal)).where(ChunkRow.version_id == VersionRow.id).scalar_subquery()


def _admitted(scope: Scope, row: type[ChunkRow] | type[VersionRow]) -> list[ColumnElement[bool]]:
    kinds = row.source_type.in_(scope.source_types)
    return [kinds] if scope.internal else [kinds, row.internal.is_(False)]


def _decode(data: bytes) -> NDArray[np.float32]:
    return np.frombuffer(data, dtype="<f4").astype(np.float32)
