"""What superseded versions leave behind, and its removal in small transactions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Subquery, bindparam, delete, exists, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.storage.database import Database
from app.storage.tables import ChunkRow, DocumentRow, IndexChangeRow, UtcDateTime, VersionRow

_AUDITED = {
    "sqlite": "SELECT DISTINCT json_extract(item.value, '$.version_id') FROM generations, json_each(evidence) AS item"
    " WHERE created_at >= :since AND json_extract(item.value, '$.version_id') IN :ids",
    "postgresql": "SELECT DISTINCT item ->> 'version_id' FROM generations, jsonb_array_elements(evidence) AS item"
    " WHERE created_at >= :since AND item ->> 'version_id' IN :ids",
}


@dataclass(frozen=True, slots=True)
class Retired:
    """A superseded version that still has chunks, and the index change that removed it."""

    seq: int
    version_id: str


class RetentionRepository:
    """Touches superseded versions only, whatever it is asked. Every method raises `StorageUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def retired(self, after_seq: int, up_to_seq: int, limit: int) -> list[Retired]:
        """At most `limit`, in the order of their removal, removed after `after_seq` and not after `up_to_seq`."""
        query = (
            select(IndexChangeRow.seq, VersionRow.id)
            .join(VersionRow, VersionRow.id == IndexChangeRow.version_id)
            .where(
                IndexChangeRow.seq > after_seq,
                IndexChangeRow.seq <= up_to_seq,
                IndexChangeRow.action == "remove",
                VersionRow.state == "superseded",
                exists().where(ChunkRow.version_id == VersionRow.id),
            )
            .order_by(IndexChangeRow.seq)
            .limit(limit)
        )
        async with self._database.snapshot() as session:
            return [Retired(*row) for row in await session.execute(query)]

    async def drop_chunks(self, version_ids: Sequence[str], limit: int) -> int:
        """Delete at most `limit` chunks with vectors and stated figures; how many.

        How many chunks each version had is noted first, in the same transaction as the first deletion: an index that
        learns of the removal later still knows their ids.
        """
        superseded = select(VersionRow.id).where(VersionRow.id.in_(version_ids), VersionRow.state == "superseded")
        current = exists().where(DocumentRow.current_version_id == ChunkRow.version_id)
        count = select(func.count()).where(ChunkRow.version_id == VersionRow.id).correlate(VersionRow).scalar_subquery()
        some = (
            select(ChunkRow.id)
            .where(ChunkRow.version_id.in_(superseded), ~current)
            .order_by(ChunkRow.version_id, ChunkRow.ordinal)
            .limit(limit)
        )
        note = update(VersionRow).where(VersionRow.id.in_(superseded), VersionRow.erased_chunks.is_(None))
        async with self._database.session() as session:
            await session.execute(note.values(erased_chunks=count).execution_options(synchronize_session=False))
            ids = list((await session.execute(some)).scalars())
            await session.execute(delete(ChunkRow).where(ChunkRow.id.in_(ids)))
        return len(ids)

    async def drop_texts(
        self, keep: int, audited_since: datetime, superseded_before: datetime, after: str, limit: int
    ) -> str | None:
        """Empty the texts of old versions, and go on with the id that was returned; None at the end.

        The `keep` newest superseded versions of each document stay, and those on which a message written since
        `audited_since` rests. `superseded_before` leaves time to messages that are being written.
        """
        ranked = _superseded()
        excess = (
            select(ranked.c.id)
            .join(VersionRow, VersionRow.id == ranked.c.id)
            .where(ranked.c.place > keep, ranked.c.replaced_at < superseded_before, VersionRow.text != "")
            .where(ranked.c.id > after)
            .order_by(ranked.c.id)
            .limit(limit)
        )
        async with self._database.snapshot() as session:
            ids = list((await session.execute(excess)).scalars())
            audited = await self._audited(session, ids, audited_since) if ids else set()
        free = [id for id in ids if id not in audited]
        if free:
            empty = update(VersionRow).where(VersionRow.id.in_(free), VersionRow.state == "superseded").values(text="")
            async with self._database.session() as session:
                await session.execute(empty)
        return ids[-1] if ids else None

    async def _audited(self, session: AsyncSession, ids: Sequence[str], since: datetime) -> set[str]:
        query = text(_AUDITED[self._database.dialect]).bindparams(
            bindparam("ids", expanding=True), bindparam("since", type_=UtcDateTime())
        )
        return set((await session.execute(query, {"ids": list(ids), "since": since})).scalars())


def _superseded() -> Subquery:
    """Superseded versions, counted from the newest of each document, and when the next one was published."""
    document, newest = VersionRow.document_id, VersionRow.number.desc()
    return (
        select(
            VersionRow.id,
            func.row_number().over(partition_by=document, order_by=newest).label("place"),
            func.lag(VersionRow.published_at).over(partition_by=document, order_by=newest).label("replaced_at"),
        )
        .where(VersionRow.state == "superseded")
        .subquery()
    )
