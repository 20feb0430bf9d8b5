"""Sessions commit, roll back, survive cancellation, and report an unusable database in one way."""

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, exc, insert, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import ConfigurationError, StorageUnavailable
from app.storage.database import Database
from app.storage.documents import DocumentRepository
from app.storage.engines import sqlite_risk
from app.storage.rows import insert_tenant, utc_now
from app.storage.tables import TenantRow
from tests.storage.building import Source, new_version

Step = Callable[[AsyncSession], Awaitable[object]]


def add_tenant(name: str) -> Step:
    return lambda session: insert_tenant(session, name)


def run_sql(statement: str) -> Step:
    return lambda session: session.execute(text(statement))


async def write(database: Database, *steps: Step) -> None:
    """The steps in one transaction."""
    async with database.session() as session:
        for step in steps:
            await step(session)


async def tenants(database: Database) -> set[str]:
    async with database.snapshot() as session:
        return set((await session.execute(select(TenantRow.id))).scalars())


def tenants_in(connection: Connection) -> set[str]:
    return set(connection.execute(select(TenantRow.id)).scalars())


def end_all_sessions(url: str) -> None:
    """What a restart of the server does to its clients."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


class TestTransactions:
    async def test_commits_at_the_end_of_the_block(self, database: Database) -> None:
        async with database.session() as session:
            await insert_tenant(session, "acme")
        assert await tenants(database) == {"acme"}

    async def test_rolls_back_when_the_block_raises(self, database: Database) -> None:
        async def fail(_session: AsyncSession) -> None:
            raise KeyError("a bug")

        with pytest.raises(KeyError):
            await write(database, add_tenant("acme"), fail)
        assert await tenants(database) == set()
        assert database.checked_out == 0

    async def test_a_timeout_inside_the_block_stays_a_timeout(self, database: Database) -> None:
        async def time_out(_session: AsyncSession) -> None:
            await asyncio.wait_for(asyncio.sleep(5), 0.01)

        with pytest.raises(TimeoutError):
            await write(database, add_tenant("acme"), time_out)
        assert await tenants(database) == set()

    async def test_a_snapshot_neither_waits_for_a_writer_nor_sees_it(self, database: Database) -> None:
        async with database.session() as session:
            await insert_tenant(session, "acme")
            assert await asyncio.wait_for(tenants(database), 2) == set()

    async def test_all_queries_of_a_snapshot_see_one_moment(self, database: Database) -> None:
        query = select(TenantRow.id)
        async with database.snapshot() as session:
            assert (await session.execute(query)).all() == []
            async with database.session() as writer:
                await insert_tenant(writer, "acme")
            assert (await session.execute(query)).all() == []
        assert await tenants(database) == {"acme"}

    async def test_writers_that_read_first_do_not_lose_each_others_work(self, database_url: str) -> None:
        """Two connections pools, as in two processes: a deferred transaction would fail as "database is locked"."""
        first, second = Database(database_url), Database(database_url)
        for opened in (first, second):
            await opened.connect()

        async def add(database: Database, name: str) -> None:
            async with database.session() as session:
                await session.execute(select(TenantRow.id))
                await asyncio.sleep(0.005)
                await insert_tenant(session, name)

        await asyncio.gather(*(add(opened, f"{id(opened)}-{n}") for n in range(10) for opened in (first, second)))
        assert len(await tenants(first)) == 20
        for opened in (first, second):
            await opened.close()

    async def test_instants_come_back_in_utc(self, database: Database) -> None:
        before = utc_now()
        async with database.session() as session:
            await insert_tenant(session, "acme")
        async with database.snapshot() as session:
            created = (await session.execute(select(TenantRow.created_at))).scalar_one()
        assert before <= created <= utc_now()
        assert created.utcoffset() is not None

    async def test_a_naive_instant_is_refused(self, database: Database) -> None:
        row = {"id": "a", "knowledge_version": 0, "created_at": utc_now().replace(tzinfo=None)}
        with pytest.raises(exc.StatementError, match="time zone"):
            await write(database, lambda session: session.execute(insert(TenantRow), row))

    async def test_closing_twice_and_using_a_closed_database(self, database: Database) -> None:
        await database.close()
        await database.close()
        with pytest.raises(RuntimeError, match="connect"):
            await database.ping()


class TestCancellation:
    async def test_random_cancels_leak_no_connection_and_no_lock(self, database: Database) -> None:
        """A cancelled writer once kept its lock for as long as its traceback was referenced; so these are kept."""
        repository, randomness, outcomes = DocumentRepository(database), random.Random(7), []

        async def work(number: int) -> None:
            source = Source(source=f"{number % 5}.md", texts=["Some text about billing."] * 10)
            version_id = await repository.stage("acme", new_version(source))
            await repository.publish("acme", [version_id])
            await repository.chunks("acme", [f"{version_id}:0"])

        for round_number in range(50):
            tasks = [asyncio.create_task(work(4 * round_number + n)) for n in range(4)]
            for task in tasks:
                await asyncio.sleep(randomness.random() * 0.006)
                task.cancel()
            outcomes += await asyncio.gather(*tasks, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} <= {asyncio.CancelledError, type(None)}
        assert asyncio.CancelledError in {type(outcome) for outcome in outcomes}
        assert database.checked_out == 0
        await asyncio.wait_for(work(1), 3)

    async def test_a_commit_that_has_begun_is_finished(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun, commit = asyncio.Event(), AsyncSession.commit

        async def slow_commit(session: AsyncSession) -> None:
            begun.set()
            await asyncio.sleep(0.05)
            await commit(session)

        monkeypatch.setattr(AsyncSession, "commit", slow_commit)

        task = asyncio.create_task(write(database, add_tenant("acme")))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await tenants(database) == {"acme"}
        assert database.checked_out == 0

    async def test_a_commit_that_hangs_is_given_up(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        async def hang(_session: AsyncSession) -> None:
            await asyncio.sleep(60)

        with monkeypatch.context() as patch:
            patch.setattr(AsyncSession, "commit", hang)
            patch.setattr("app.storage.database.CLEANUP_SECONDS", 0.05)
            with pytest.raises(StorageUnavailable, match="in time"):
                await write(database, add_tenant("acme"))
        assert await tenants(database) == set()
        assert database.checked_out == 0


class TestUnavailable:
    """Whatever makes a database unusable arrives as `StorageUnavailable`; bugs stay what they are."""

    @pytest.fixture
    async def connected(self, database_url: str) -> AsyncIterator[Database]:
        database = Database(database_url)
        await database.connect()
        yield database
        await database.close()

    async def test_no_server(self) -> None:
        database = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
        with pytest.raises(StorageUnavailable):
            await database.connect()
        with pytest.raises(StorageUnavailable):
            await database.ping()
        await database.close()

    async def test_it_comes_back_without_a_restart(self, tmp_path: Path) -> None:
        folder = tmp_path / "var"
        folder.write_text("a file where the folder should be")
        database = Database(f"sqlite+aiosqlite:///{folder / 'a.db'}")
        with pytest.raises(StorageUnavailable, match="folder"):
            await database.connect()
        folder.unlink()
        await database.connect()
        await database.ping()
        await database.close()

    async def test_not_a_database(self, tmp_path: Path) -> None:
        path = tmp_path / "broken.db"
        path.write_bytes(b"this is not a database file" * 200)
        database = Database(f"sqlite+aiosqlite:///{path}")
        with pytest.raises(StorageUnavailable):
            await database.connect()
        await database.close()

    async def test_no_free_connection(self, connected: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connected._opened().pool, "_timeout", 0.05)
        release = asyncio.Event()

        async def hold() -> None:
            async with connected.snapshot() as session:
                await session.execute(text("SELECT 1"))
                await release.wait()

        holders = [asyncio.create_task(hold()) for _ in range(10)]
        await asyncio.sleep(0.5)
        with pytest.raises(StorageUnavailable, match="no free connection"):
            await connected.ping()
        release.set()
        await asyncio.gather(*holders, return_exceptions=True)

    async def test_broken_constraints_and_statements_are_bugs(self, connected: Database) -> None:
        row = {"id": "a", "knowledge_version": 0, "created_at": utc_now()}
        with pytest.raises(exc.IntegrityError):
            await write(connected, lambda session: session.execute(insert(TenantRow), [row, row]))
        with pytest.raises(exc.DBAPIError):
            await write(connected, run_sql("SELECT nothing FROM nowhere"))
        await connected.ping()


class TestSqlite:
    @pytest.fixture
    def dialect(self) -> str:
        return "sqlite"

    async def test_pragmas(self, database: Database) -> None:
        expected = {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 10_000, "synchronous": 1}
        async with database.snapshot() as session:
            found = {name: (await session.execute(text(f"PRAGMA {name}"))).scalar_one() for name in expected}
        assert found == expected

    async def test_locked_by_another_process(self, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.storage.engines.BUSY_TIMEOUT_SECONDS", 0)
        database = Database(database_url)
        await database.connect()
        other = sqlite3.connect(make_url(database_url).database or "", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailable):
            await write(database, add_tenant("acme"))
        await database.ping()
        other.execute("ROLLBACK")
        other.close()
        await write(database, add_tenant("acme"))
        await database.close()

    async def test_a_read_only_file(self, database: Database) -> None:
        with pytest.raises(StorageUnavailable):
            await write(database, run_sql("PRAGMA query_only = ON"), add_tenant("acme"))

    async def test_a_full_disk(self, database: Database) -> None:
        fill = run_sql("CREATE TABLE filler AS SELECT zeroblob(1000000) AS zeros")
        with pytest.raises(StorageUnavailable):
            await write(database, run_sql("PRAGMA max_page_count = 1"), fill)

    def test_only_old_libraries_are_a_risk(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 40, 1))
        assert "DATABASE_URL" in (sqlite_risk("sqlite+aiosqlite:///var/followup.db") or "")
        assert sqlite_risk("postgresql+psycopg://user@host/name") is None
        monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 52, 0))
        assert sqlite_risk("sqlite+aiosqlite:///var/followup.db") is None

    def test_memory_is_refused(self) -> None:
        with pytest.raises(ConfigurationError, match="needs a file"):
            Database("sqlite+aiosqlite:///:memory:")


class TestPostgres:
    @pytest.fixture
    def dialect(self) -> str:
        return "postgresql"

    async def test_a_restarted_server_is_not_noticed_between_sessions(
        self, database: Database, database_url: str
    ) -> None:
        await write(database, add_tenant("acme"))
        for _ in range(2):
            assert await tenants(database) == {"acme"}
            assert await database.read(tenants_in) == {"acme"}
            await asyncio.to_thread(end_all_sessions, database_url)

    async def test_a_server_that_stops_during_a_session(self, database: Database, database_url: str) -> None:
        async def restart(_session: AsyncSession) -> None:
            await asyncio.to_thread(end_all_sessions, database_url)

        with pytest.raises(StorageUnavailable):
            await write(database, add_tenant("acme"), restart, add_tenant("other"))
        assert await tenants(database) == set()

    async def test_a_server_that_stops_before_the_commit(self, database: Database, database_url: str) -> None:
        async def restart(_session: AsyncSession) -> None:
            await asyncio.to_thread(end_all_sessions, database_url)

        with pytest.raises(StorageUnavailable):
            await write(database, add_tenant("acme"), restart)
        assert await tenants(database) == set()

    async def test_a_server_that_became_read_only(self, database: Database) -> None:
        with pytest.raises(StorageUnavailable):
            await write(database, run_sql("SET TRANSACTION READ ONLY"), add_tenant("acme"))

    async def test_a_snapshot_cannot_write(self, database: Database) -> None:
        with pytest.raises(StorageUnavailable):
            async with database.snapshot() as session:
                await insert_tenant(session, "acme")
