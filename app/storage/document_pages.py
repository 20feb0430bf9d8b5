"""Documents as people look at them: lists in pages, one document with its versions, its chunks."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, collate, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from app.errors import NotFound
from app.storage.database import Database
from app.storage.records import CurrentDocument, ListedChunk, ListedDocument, ListedVersion
from app.storage.rows import batches, utc_now
from app.storage.tables import ChunkRow, DocumentRow, VersionRow


class DocumentPages:
    """Published and removed documents of a tenant, never erased ones. Every method raises `StorageUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def current(self, tenant: str, sources: Sequence[str]) -> dict[str, CurrentDocument]:
        """What is published under those of `sources` that exist."""
        query = (
            select(DocumentRow.source, DocumentRow.id, _chunk_count(VersionRow), VersionRow.published_at)
            .join(VersionRow, VersionRow.id == DocumentRow.current_version_id)
            .where(DocumentRow.tenant_id == tenant)
        )
        found: dict[str, CurrentDocument] = {}
        async with self._database.snapshot() as session:
            for batch in batches(sources):
                rows = await session.execute(query.where(DocumentRow.source.in_(batch)))
                found |= {row[0]: CurrentDocument(row[1], row[2], row[3] or utc_now()) for row in rows}
        return found

    async def page(
        self,
        tenant: str,
        limit: int,
        after: tuple[str, str] | None = None,
        source_type: str | None = None,
        words: str | None = None,
        *,
        include_removed: bool = False,
    ) -> list[ListedDocument]:
        """At most `limit` documents by source, beginning after the pair (source, document id) `after`.

        `words` must occur in the source or the title, in any case.
        """
        query = _documents(tenant)
        if not include_removed:
            query = query.where(DocumentRow.current_version_id.is_not(None))
        if source_type is not None:
            query = query.where(VersionRow.source_type == source_type)
        if words is not None:
            needle = words.lower()
            query = query.where(
                or_(
                    func.lower(DocumentRow.source).contains(needle, autoescape=True),
                    func.lower(VersionRow.title).contains(needle, autoescape=True),
                )
            )
        place = self._place()
        if after is not None:
            query = query.where(tuple_(place, DocumentRow.id) > after)
        async with self._database.snapshot() as session:
            rows = await session.execute(query.order_by(place, DocumentRow.id).limit(limit))
            return [ListedDocument(*row) for row in rows]

    async def get(self, tenant: str, document_id: str) -> tuple[ListedDocument, list[ListedVersion]]:
        """One document and its published versions, newest first.

        Raises `NotFound`, with the same words for a foreign, an erased and a missing id.
        """
        versions: Select[*tuple[Any, ...]] = (
            select(
                VersionRow.id,
                VersionRow.number,
                VersionRow.state,
                VersionRow.title,
                VersionRow.source_type,
                VersionRow.internal,
                VersionRow.origin,
                VersionRow.effective_date,
                VersionRow.expiry_date,
                VersionRow.content_hash,
                VersionRow.created_at,
                VersionRow.published_at,
                _chunk_count(VersionRow),
            )
            .where(VersionRow.document_id == document_id, VersionRow.published_at.is_not(None))
            .order_by(VersionRow.number.desc())
        )
        async with self._database.snapshot() as session:
            row = (await session.execute(_documents(tenant).where(DocumentRow.id == document_id))).one_or_none()
            if row is None:
                raise NotFound("There is no document with this id.")
            return ListedDocument(*row), [ListedVersion(*version) for version in await session.execute(versions)]

    async def chunks(self, tenant: str, version_id: str, limit: int, after: int = -1) -> list[ListedChunk]:
        """At most `limit` chunks of a version, beginning after number `after`."""
        query = (
            select(
                ChunkRow.id,
                ChunkRow.ordinal,
                ChunkRow.start,
                ChunkRow.end,
                ChunkRow.page,
                ChunkRow.tokens,
                ChunkRow.heading_path,
                ChunkRow.text,
            )
            .where(ChunkRow.tenant_id == tenant, ChunkRow.version_id == version_id, ChunkRow.ordinal > after)
            .order_by(ChunkRow.ordinal)
            .limit(limit)
        )
        async with self._database.snapshot() as session:
            return [ListedChunk(*row) for row in await session.execute(query)]

    def _place(self) -> ColumnElement[str]:
        """The source in an order that is the same on every database and server."""
        return collate(DocumentRow.source, "C" if self._database.dialect == "postgresql" else "BINARY")


def _documents(tenant: str) -> Select[*tuple[Any, ...]]:
    """Each document with its current version, or the newest published one if it was removed."""
    other = aliased(VersionRow)
    newest = (
        select(func.max(other.number))
        .where(other.document_id == DocumentRow.id, other.published_at.is_not(None))
        .scalar_subquery()
    )
    shown = or_(
        VersionRow.id == DocumentRow.current_version_id,
        and_(DocumentRow.current_version_id.is_(None), VersionRow.number == newest),
    )
    return (
        select(
            DocumentRow.id,
            DocumentRow.source,
            DocumentRow.current_version_id.is_(None),
            VersionRow.number,
            VersionRow.title,
            VersionRow.source_type,
            VersionRow.internal,
            VersionRow.origin,
            VersionRow.effective_date,
            VersionRow.expiry_date,
            VersionRow.published_at,
            _chunk_count(VersionRow),
        )
        .join(VersionRow, and_(VersionRow.document_id == DocumentRow.id, shown))
        .where(DocumentRow.tenant_id == tenant, DocumentRow.erased_at.is_(None))
    )


def _chunk_count(version: type[VersionRow]) -> ColumnElement[int]:
    """How many chunks a version has, or had before they were deleted."""
    counted = select(func.count()).where(ChunkRow.version_id == version.id).correlate(version).scalar_subquery()
    return func.coalesce(version.erased_chunks, counted)
