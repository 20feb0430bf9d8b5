"""Short transactions in threads: one moment per read, committed or nothing, whole even when the caller leaves."""

import asyncio
import threading

import pytest
from sqlalchemy import Connection, insert, select, text

from app.errors import StorageUnavailable
from app.storage.chunk_vectors import ChunkVectorRepository
from app.storage.database import Database
from app.storage.documents import DocumentRepository
from app.storage.engines import POOL_SIZE
from app.storage.rows import insert_tenant, utc_now
from app.storage.tables import TenantRow
from tests.storage.building import Source, publish


def tenants(connection: Connection) -> set[str]:
    return set(connection.execute(select(TenantRow.id)).scalars())


def add(connection: Connection, name: str) -> None:
    connection.execute(insert(TenantRow), {"id": name, "knowledge_version": 0, "created_at": utc_now()})


async def test_what_is_written_is_read_by_both_kinds_of_transactions(database: Database) -> None:
    await database.write(lambda connection: add(connection, "acme"))
    async with database.session() as session:
        await insert_tenant(session, "other")
    assert await database.read(tenants) == {"acme", "other"}


async def test_a_write_that_raises_leaves_nothing(database: Database) -> None:
    def half(connection: Connection) -> None:
        add(connection, "acme")
        raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        await database.write(half)
    assert await database.read(tenants) == set()


async def test_all_queries_of_a_read_see_one_moment(database: Database) -> None:
    first_read, written = threading.Event(), threading.Event()

    def twice(connection: Connection) -> tuple[set[str], set[str]]:
        before = tenants(connection)
        first_read.set()
        assert written.wait(5)
        return before, tenants(connection)

    reading = asyncio.ensure_future(database.read(twice))
    assert await asyncio.to_thread(first_read.wait, 5)
    await database.write(lambda connection: add(connection, "acme"))
    written.set()
    assert await reading == (set(), set())


async def test_a_write_that_has_begun_is_finished_though_its_caller_leaves(database: Database) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slowly(connection: Connection) -> None:
        add(connection, "acme")
        begun.set()
        assert go_on.wait(5)

    writing = asyncio.ensure_future(database.write(slowly))
    assert await asyncio.to_thread(begun.wait, 5)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert database.checked_out == 1
    go_on.set()
    async with asyncio.timeout(5):
        while database.checked_out:
            await asyncio.sleep(0.001)
    async with database.session() as session:
        await insert_tenant(session, "other")
    assert await database.read(tenants) == {"acme", "other"}


async def test_a_read_whose_caller_leaves_ends_and_frees_its_thread(database: Database) -> None:
    endless = {
        "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
        "postgresql": "SELECT pg_sleep(600)",
    }
    query = text(endless[database.dialect])
    reading = [
        asyncio.ensure_future(database.read(lambda connection: connection.execute(query).all()))
        for _ in range(2 * POOL_SIZE)
    ]
    async with asyncio.timeout(10):
        while database.checked_out < POOL_SIZE:
            await asyncio.sleep(0.01)
        for caller in reading:
            caller.cancel()
        outcomes = await asyncio.gather(*reading, return_exceptions=True)
        assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
        await database.write(lambda connection: add(connection, "acme"))
        assert await asyncio.gather(*(database.read(tenants) for _ in range(POOL_SIZE))) == [{"acme"}] * POOL_SIZE
        while database.checked_out:
            await asyncio.sleep(0.01)


async def test_connections_of_short_transactions_count_and_bulk_reads_need_none(database: Database) -> None:
    """Whoever fills an index goes on, and holds nobody up, while every thread for short transactions is taken."""
    repository = DocumentRepository(database)
    [version_id] = await publish(repository, "acme", Source(texts=["One.", "Two."]))
    go_on = threading.Event()
    holders = [asyncio.ensure_future(database.read(lambda _: go_on.wait(30))) for _ in range(POOL_SIZE)]
    try:
        async with asyncio.timeout(20):
            while database.checked_out < POOL_SIZE:
                await asyncio.sleep(0.01)
            vectors = ChunkVectorRepository(database, "model-digest")
            ids = [f"{version_id}:{ordinal}" for ordinal in range(3)]
            assert set(await vectors.read("acme", ids)) == set(ids[:2])
    finally:
        go_on.set()
        assert all(await asyncio.gather(*holders))
    assert database.checked_out == 0


async def test_an_unusable_database_is_one_error(database: Database) -> None:
    statement = "PRAGMA query_only = ON" if database.dialect == "sqlite" else "SET TRANSACTION READ ONLY"

    def refused(connection: Connection) -> None:
        connection.execute(text(statement))
        add(connection, "acme")

    with pytest.raises(StorageUnavailable):
        await database.write(refused)


async def test_a_closed_database_says_so(database: Database) -> None:
    await database.close()
    with pytest.raises(RuntimeError, match="not connected"):
        await database.read(tenants)


class TestPostgres:
    @pytest.fixture
    def dialect(self) -> str:
        return "postgresql"

    async def test_a_statement_that_does_not_end_is_given_up(
        self, database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.storage.engines.SHORT_STATEMENT_SECONDS", 1)
        database = Database(database_url)
        await database.connect()
        with pytest.raises(StorageUnavailable):
            await database.read(lambda connection: connection.execute(text("SELECT pg_sleep(60)")).all())
        await database.close()
