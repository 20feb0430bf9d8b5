"""Erasing a document: what is deleted in SQL, and what stays so that indexes can follow."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, and_, delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Conflict, NotFound
from app.storage.database import Database
from app.storage.jobs import UNFINISHED
from app.storage.publishing import publish_versions
from app.storage.rows import batches, count_publication, utc_now
from app.storage.search_rows import SEARCH_TABLE
from app.storage.tables import ChunkRow, DocumentRow, IndexChangeRow, IngestionJobRow, VersionRow

# How many pages of the full-text index one transaction rewrites, so that other writers get their turn.
_MERGE_PAGES = 500
_UNWIPED = and_(DocumentRow.erased_at.is_not(None), DocumentRow.wiped_at.is_(None))


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased, and the tenant's knowledge version afterwards."""

    document_id: str
    versions: int
    chunks: int
    knowledge_version: int


class Eraser:
    """Every method raises `StorageUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def erase(self, tenant: str, document_id: str) -> Erasure:
        """Delete name, text, chunks and vectors of all versions, published or not, in one transaction.

        Rows without content remain: they tell an ingestion under way that its version is gone, and indexes which ids to
        forget. Raises `NotFound`, with the same words for a foreign, an erased and a missing id, and `Conflict` while a
        document of this name is being uploaded.
        """
        async with self._database.session() as session:
            if self._database.dialect == "postgresql":
                # As every publication does: numbers of index changes must become visible in their order.
                await session.execute(text("LOCK TABLE index_changes IN SHARE ROW EXCLUSIVE MODE"))
            document = await _document(session, tenant, document_id)
            await _refuse_if_uploading(session, tenant, document.source)
            if document.current_version_id is None:
                version = await count_publication(session, tenant)
            else:
                version = await publish_versions(session, self._database.dialect, tenant, [], [document.source])
            versions = await _versions(session, document_id)
            await _empty(session, tenant, document_id, versions)
        return Erasure(document_id, len(versions), sum(row.chunks for row in versions), version)

    async def wipe(self) -> None:
        """Remove the traces that erased rows leave in files of SQLite. `StorageUnavailable`: its log is still in use.

        The full-text index forgets deleted words only when its segments are merged. PostgreSQL reuses the space of
        deleted rows when it vacuums.
        """
        async with self._database.snapshot() as session:
            unwiped = list((await session.execute(select(DocumentRow.id).where(_UNWIPED))).scalars())
        if not unwiped:
            return
        if self._database.dialect == "sqlite":
            merged = await self._merge(-_MERGE_PAGES)
            while merged:
                merged = await self._merge(_MERGE_PAGES)
            await self._database.empty_log()
        async with self._database.session() as session:
            for batch in batches(unwiped):
                await session.execute(update(DocumentRow).where(DocumentRow.id.in_(batch)).values(wiped_at=utc_now()))

    async def _merge(self, pages: int) -> bool:
        """One step of merging all segments into one, begun by a negative number; whether there was anything to do."""
        changes = text("SELECT total_changes()")
        async with self._database.session() as session:
            before = (await session.execute(changes)).scalar_one()
            merge = text(f"INSERT INTO {SEARCH_TABLE}({SEARCH_TABLE}, rank) VALUES ('merge', :pages)")
            await session.execute(merge, {"pages": pages})
            # The statement counts as one change; more mean that pages were rewritten.
            return bool((await session.execute(changes)).scalar_one() - before >= 2)


async def _document(session: AsyncSession, tenant: str, document_id: str) -> Row[str, str | None]:
    query = select(DocumentRow.source, DocumentRow.current_version_id).where(
        DocumentRow.id == document_id, DocumentRow.tenant_id == tenant, DocumentRow.erased_at.is_(None)
    )
    document = (await session.execute(query.with_for_update())).one_or_none()
    if document is None:
        raise NotFound("There is no document with this id.")
    return document


async def _refuse_if_uploading(session: AsyncSession, tenant: str, source: str) -> None:
    query = select(IngestionJobRow.id, IngestionJobRow.files).where(
        IngestionJobRow.tenant_id == tenant, IngestionJobRow.state.in_(UNFINISHED)
    )
    for row in await session.execute(query):
        if any(file["name"] == source for file in row.files):
            raise Conflict(
                "A new version of this document is being ingested; erase it when that job has ended.",
                [{"field": "document_id", "problem": "being ingested", "job_id": row.id}],
            )


async def _versions(session: AsyncSession, document_id: str) -> list[Row[Any]]:
    counted = select(func.count()).where(ChunkRow.version_id == VersionRow.id).correlate(VersionRow).scalar_subquery()
    # Of a superseded version the chunks may be gone already; an index that lags behind may still hold them.
    chunks = func.coalesce(VersionRow.erased_chunks, counted)
    query = select(VersionRow.id, VersionRow.published_at, chunks.label("chunks"))
    return list(await session.execute(query.where(VersionRow.document_id == document_id)))


async def _empty(session: AsyncSession, tenant: str, document_id: str, versions: list[Row[Any]]) -> None:
    now = utc_now()
    for row in versions:
        await session.execute(delete(ChunkRow).where(ChunkRow.version_id == row.id))
        blank = {"state": "erased", "title": "", "text": "", "content_hash": "", "erased_chunks": row.chunks}
        await session.execute(
            update(VersionRow)
            .where(VersionRow.id == row.id)
            .values(
                **blank,
                source_type="",
                effective_date=None,
                expiry_date=None,
                effective_source=None,
                expiry_source=None,
                title_source=None,
            )
        )
        if row.published_at is not None:
            change = {"tenant_id": tenant, "version_id": row.id, "action": "remove", "created_at": now}
            await session.execute(insert(IndexChangeRow), change)
    await session.execute(
        update(DocumentRow)
        .where(DocumentRow.id == document_id)
        .values(source=f"erased:{document_id}", folder=None, current_version_id=None, deleted_at=now, erased_at=now)
    )
