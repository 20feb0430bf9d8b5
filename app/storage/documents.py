"""Documents, their versions and chunks. What is staged is invisible; `publish` shows a whole run at once."""

import re
from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, case, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.errors import InvalidInput
from app.knowledge.types import DocumentProfile, KnowledgeState, StoredChunk
from app.storage.chunk_rows import chunk_values, current_chunks, figure_values, stored_chunk, version_values
from app.storage.database import Database
from app.storage.publishing import publish_versions
from app.storage.records import DocumentSummary, KnowledgeCounts, KnownDocument, NewVersion, StagedVersion
from app.storage.rows import batches, insert_if_missing, insert_tenant, new_id, utc_now
from app.storage.tables import ChunkRow, DocumentRow, StatedFigureRow, TenantRow, VersionRow

_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class DocumentRepository:
    """The truth about what a tenant has published. Every method raises `StorageUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ensure_tenant(self, tenant: str) -> None:
        """Raises `InvalidInput` for a name that is not made of letters, digits, `-` and `_`."""
        if _TENANT.fullmatch(tenant) is None:
            raise InvalidInput("tenant: use 1 to 64 letters, digits, - and _, starting with a letter or digit.")
        async with self._database.session() as session:
            await insert_tenant(session, tenant)

    async def known_documents(self, tenant: str) -> dict[str, KnownDocument]:
        """The published documents by source."""
        earlier = aliased(VersionRow)
        folder_hash = (
            select(earlier.content_hash)
            .where(earlier.document_id == DocumentRow.id, earlier.origin == "folder", earlier.published_at.is_not(None))
            .order_by(earlier.number.desc())
            .limit(1)
            .scalar_subquery()
        )
        profile = [getattr(VersionRow, field.name) for field in fields(DocumentProfile)]
        query = (
            select(
                DocumentRow.source,
                DocumentRow.id,
                VersionRow.id,
                VersionRow.content_hash,
                VersionRow.pipeline_fingerprint,
                VersionRow.origin,
                case((VersionRow.origin == "upload", folder_hash)),
                DocumentRow.folder,
                *profile,
            )
            .join(VersionRow, VersionRow.id == DocumentRow.current_version_id)
            .where(DocumentRow.tenant_id == tenant)
        )
        async with self._database.snapshot() as session:
            return {row[0]: _known(row) for row in await session.execute(query)}

    async def staged_versions(self, tenant: str) -> dict[tuple[str, str, str], StagedVersion]:
        """What interrupted runs have staged, by source, content hash and pipeline fingerprint; the newest of each."""
        chunks = select(func.count()).where(ChunkRow.version_id == VersionRow.id).correlate(VersionRow)
        key = DocumentRow.source, VersionRow.content_hash, VersionRow.pipeline_fingerprint
        query = (
            select(*key, VersionRow.id, chunks.scalar_subquery())
            .join(DocumentRow, DocumentRow.id == VersionRow.document_id)
            .where(VersionRow.tenant_id == tenant, VersionRow.state == "staged")
            .order_by(VersionRow.number)
        )
        async with self._database.snapshot() as session:
            rows = await session.execute(query)
            return {(row[0], row[1], row[2]): StagedVersion(row[3], row[4]) for row in rows}

    async def vectors_of_texts(
        self, tenant: str, embedding_model: str, hashes: Sequence[bytes]
    ) -> dict[bytes, NDArray[np.float32]]:
        """Vectors that the tenant has stored for these embedded texts (see `text_hash`), by any version."""
        found: dict[bytes, NDArray[np.float32]] = {}
        async with self._database.snapshot() as session:
            for batch in batches(hashes):
                one_each = select(func.min(ChunkRow.id)).group_by(ChunkRow.text_hash)
                same_text = one_each.where(
                    ChunkRow.tenant_id == tenant,
                    ChunkRow.text_hash.in_(batch),
                    ChunkRow.embedding_model == embedding_model,
                )
                query = select(ChunkRow.text_hash, ChunkRow.embedding).where(ChunkRow.id.in_(same_text))
                for key, data in await session.execute(query):
                    assert key is not None
                    found[key] = np.frombuffer(data, dtype="<f4").astype(np.float32)
        return found

    async def stage(self, tenant: str, version: NewVersion) -> str:
        """Store a version with its chunks and vectors, invisible until published. The id of the version."""
        return (await self.stage_all(tenant, [version]))[0]

    async def stage_all(self, tenant: str, versions: Sequence[NewVersion]) -> list[str]:
        """`stage` for each of `versions`, in one transaction; the ids in order."""
        async with self._database.session() as session:
            await insert_tenant(session, tenant)
            return [await _stage(session, tenant, version) for version in versions]

    async def note_folder(self, tenant: str, sources: Sequence[str], folder: str) -> None:
        """Remember that these documents were found in `folder`."""
        async with self._database.session() as session:
            for batch in batches(sources):
                named = DocumentRow.tenant_id == tenant, DocumentRow.source.in_(batch)
                await session.execute(update(DocumentRow).where(*named).values(folder=folder))

    async def publish(self, tenant: str, version_ids: Sequence[str], removed_sources: Sequence[str] = ()) -> int:
        """Make these versions current and these sources gone, all at once; the knowledge version afterwards.

        Repeating a call changes nothing: published versions stay, superseded ones do not come back, and the knowledge
        version grows only if something changed. Raises `NotFound` for a version that is not the tenant's.
        """
        async with self._database.session() as session:
            return await publish_versions(session, self._database.dialect, tenant, version_ids, removed_sources)

    async def discard_stale_staged(self, tenant: str, sources: Collection[str], before: datetime) -> int:
        """Delete staged versions that nobody will publish: those of `sources`, and all from `before`; how many.

        Others may belong to a run that is still going on.
        """
        staged = (
            select(VersionRow.id, DocumentRow.source, VersionRow.created_at)
            .join(DocumentRow, DocumentRow.id == VersionRow.document_id)
            .where(VersionRow.tenant_id == tenant, VersionRow.state == "staged")
        )
        async with self._database.session() as session:
            rows = (await session.execute(staged)).all()
            stale = [row.id for row in rows if row.source in sources or row.created_at < before]
            for batch in batches(stale):
                await session.execute(delete(ChunkRow).where(ChunkRow.version_id.in_(batch)))
                await session.execute(delete(VersionRow).where(VersionRow.id.in_(batch)))
        return len(stale)

    async def knowledge_version(self, tenant: str) -> int:
        """How often the tenant has published; 0 for an unknown tenant."""
        return (await self.knowledge_versions(tenant)).get(tenant, 0)

    async def knowledge_versions(self, *tenants: str) -> dict[str, int]:
        """The knowledge version of each tenant, or only of `tenants`."""
        query = select(TenantRow.id, TenantRow.knowledge_version)
        if tenants:
            query = query.where(TenantRow.id.in_(tenants))
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return {row.id: row.knowledge_version for row in rows}

    async def knowledge_state(self, tenant: str) -> KnowledgeState:
        """The version, and which of those that were ever called by this number; version 0 for an unknown tenant."""
        query = select(TenantRow.knowledge_version, TenantRow.publication).where(TenantRow.id == tenant)
        row = await self._database.read(lambda connection: connection.execute(query).one_or_none())
        return KnowledgeState(*row) if row else KnowledgeState()

    async def chunks(self, tenant: str, ids: Sequence[str]) -> dict[str, StoredChunk]:
        """Those of `ids` that are chunks of the tenant's current versions: the filter for what an index returns."""

        def read(connection: Connection) -> dict[str, StoredChunk]:
            found: dict[str, StoredChunk] = {}
            for batch in batches(list(dict.fromkeys(ids))):
                rows = connection.execute(*current_chunks(tenant, batch))
                found |= {row.id: stored_chunk(row) for row in rows}
            return found

        return await self._database.read(read)

    async def sources(self, tenant: str) -> list[str]:
        """The paths of the published documents."""
        current = DocumentRow.current_version_id.is_not(None)
        query = select(DocumentRow.source).where(DocumentRow.tenant_id == tenant, current)
        async with self._database.snapshot() as session:
            return list((await session.execute(query)).scalars())

    async def current_chunk_ids(self, tenant: str) -> set[str]:
        """Ids of every chunk that searches of the tenant may return."""
        query = (
            select(ChunkRow.id)
            .join(DocumentRow, DocumentRow.current_version_id == ChunkRow.version_id)
            .where(DocumentRow.tenant_id == tenant)
        )
        async with self._database.snapshot() as session:
            return set((await session.execute(query)).scalars())

    async def version_vectors(self, tenant: str, version_id: str) -> tuple[list[str], NDArray[np.float32]]:
        """Chunk ids of a version in order, and their vectors `(n, d)`; `([], (0, 0))` if it has none."""
        query = (
            select(ChunkRow.id, ChunkRow.embedding)
            .where(ChunkRow.version_id == version_id, ChunkRow.tenant_id == tenant)
            .order_by(ChunkRow.ordinal)
        )
        async with self._database.snapshot() as session:
            rows = (await session.execute(query)).all()
        if not rows:
            return [], np.empty((0, 0), dtype=np.float32)
        flat = np.frombuffer(b"".join(row.embedding for row in rows), dtype="<f4").astype(np.float32)
        return [row.id for row in rows], flat.reshape(len(rows), -1)

    async def documents(self, tenant: str) -> list[DocumentSummary]:
        """The published documents, by source."""
        counts = select(func.count()).where(ChunkRow.version_id == VersionRow.id).correlate(VersionRow)
        query = (
            select(
                DocumentRow.id,
                VersionRow.id,
                DocumentRow.source,
                VersionRow.number,
                VersionRow.title,
                VersionRow.source_type,
                VersionRow.internal,
                VersionRow.effective_date,
                VersionRow.expiry_date,
                counts.scalar_subquery(),
                VersionRow.published_at,
                VersionRow.effective_source,
                VersionRow.expiry_source,
            )
            .join(VersionRow, VersionRow.id == DocumentRow.current_version_id)
            .where(DocumentRow.tenant_id == tenant)
        )
        async with self._database.snapshot() as session:
            summaries = [DocumentSummary(*row) for row in await session.execute(query)]
        # Here, because databases disagree about the order of letters.
        return sorted(summaries, key=lambda summary: summary.source)

    async def counts(self, tenant: str) -> KnowledgeCounts:
        current = DocumentRow.tenant_id == tenant, DocumentRow.current_version_id.is_not(None)
        documents = select(func.count()).select_from(DocumentRow).where(*current)
        joined = select(func.count()).join(ChunkRow, ChunkRow.version_id == DocumentRow.current_version_id)
        chunks = joined.select_from(DocumentRow).where(*current)
        staged = select(func.count()).where(VersionRow.tenant_id == tenant, VersionRow.state == "staged")
        query = select(documents.scalar_subquery(), chunks.scalar_subquery(), staged.scalar_subquery())
        async with self._database.snapshot() as session:
            return KnowledgeCounts(*(await session.execute(query)).one())


def _known(row: Row[Any]) -> KnownDocument:
    columns: list[Any] = list(row)[1:]
    document_id, version_id, content, fingerprint, origin, folder_hash, folder, *profile = columns
    return KnownDocument(
        document_id, version_id, content, fingerprint, DocumentProfile(*profile), origin, folder_hash, folder
    )


async def _stage(session: AsyncSession, tenant: str, version: NewVersion) -> str:
    version_id = new_id()
    document = {"id": new_id(), "tenant_id": tenant, "source": version.source, "created_at": utc_now()}
    find = select(DocumentRow.id).where(DocumentRow.tenant_id == tenant, DocumentRow.source == version.source)
    await session.execute(insert_if_missing(session, DocumentRow), document)
    # Locked, so that two runs do not give one number twice.
    document_id = (await session.execute(find.with_for_update())).scalar_one()
    numbers = select(func.max(VersionRow.number)).where(VersionRow.document_id == document_id)
    number = ((await session.execute(numbers)).scalar_one() or 0) + 1
    row = version_values(tenant, version) | {"id": version_id, "document_id": document_id, "number": number}
    await session.execute(insert(VersionRow), row)
    if version.chunks:
        await session.execute(insert(ChunkRow), chunk_values(tenant, version_id, version))
    if version.figures:
        await session.execute(insert(StatedFigureRow), figure_values(version_id, version))
    return version_id
