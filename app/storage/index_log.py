"""What has been published, in order, for indexes that are derived from the database; and how far each has come."""

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from app.storage.database import Database
from app.storage.records import IndexChange
from app.storage.tables import IndexChangeRow, IndexPositionRow


class IndexLog:
    """Read by the owner of an index, for all tenants. Every method raises `StorageUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pending(self, after_seq: int, limit: int = 500) -> list[IndexChange]:
        """The next changes after `after_seq`, oldest first, at most `limit`."""
        query = (
            select(IndexChangeRow.seq, IndexChangeRow.tenant_id, IndexChangeRow.version_id, IndexChangeRow.action)
            .where(IndexChangeRow.seq > after_seq)
            .order_by(IndexChangeRow.seq)
            .limit(limit)
        )
        async with self._database.snapshot() as session:
            return [IndexChange(*row) for row in await session.execute(query)]

    async def latest_seq(self) -> int:
        """The number of the newest change; 0 if there is none."""
        async with self._database.snapshot() as session:
            return (await session.execute(select(func.max(IndexChangeRow.seq)))).scalar_one() or 0

    async def position(self, index_name: str) -> int:
        """The last change that the index has applied; 0 for a new index."""
        query = select(IndexPositionRow.applied_seq).where(IndexPositionRow.index_name == index_name)
        async with self._database.snapshot() as session:
            return (await session.execute(query)).scalar_one_or_none() or 0

    async def advance(self, index_name: str, seq: int) -> None:
        """Note that the index has applied everything up to `seq`. Never moves back."""
        dialect = sqlite if self._database.dialect == "sqlite" else postgresql
        new = dialect.insert(IndexPositionRow).values(index_name=index_name, applied_seq=seq)
        further = new.excluded.applied_seq
        statement = new.on_conflict_do_update(
            index_elements=[IndexPositionRow.index_name],
            set_={"applied_seq": further},
            where=IndexPositionRow.applied_seq < further,
        )
        async with self._database.session() as session:
            await session.execute(statement)
