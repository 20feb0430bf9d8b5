"""The database: one transaction per session, closed whatever happens."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Literal, TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.errors import StorageUnavailable
from app.storage.engines import BEGIN_OPTION, build_engine, make_folder, parse_url
from app.storage.failures import storage_errors
from app.storage.short_transactions import ShortTransactions

T = TypeVar("T")

CLEANUP_SECONDS = 5.0
# Longer than the PostgreSQL driver takes to give up a query that it has been told to cancel.
ABANDON_SECONDS = 8.0
_NOT_CONNECTED = "the database is not connected; call connect() first"


class Database:
    """Sessions on SQLite or PostgreSQL. Constructing is cheap; `connect` opens, `close` releases.

    Every method raises `StorageUnavailable` when the database cannot be reached or used now, and recovers by itself
    when it can be again.
    """

    def __init__(self, url: str) -> None:
        self._url = parse_url(url)
        self._engine: AsyncEngine | None = None
        self._short: ShortTransactions | None = None
        self._writing = asyncio.Lock()

    @property
    def dialect(self) -> Literal["sqlite", "postgresql"]:
        return "sqlite" if self._url.get_backend_name() == "sqlite" else "postgresql"

    @property
    def checked_out(self) -> int:
        """Connections in use at this moment, by sessions and by short transactions."""
        return int(self._opened().pool.checkedout()) + self._opened_short().checked_out  # type: ignore[attr-defined]

    async def connect(self) -> None:
        """Open the pool and try one connection. After `StorageUnavailable` sessions may still succeed later."""
        if self._engine is None:
            make_folder(self._url)
            self._engine = build_engine(self._url)
            self._short = ShortTransactions(self._url)
        await self.ping()

    async def close(self) -> None:
        """Close every connection. Safe to call twice."""
        engine, self._engine = self._engine, None
        short, self._short = self._short, None
        if short is not None:
            await short.close()
        if engine is not None:
            await _to_the_end(engine.dispose())

    async def ping(self) -> None:
        """Run the smallest query."""
        async with self.snapshot() as session:
            await session.execute(text("SELECT 1"))

    @contextlib.asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """One read-write transaction: committed when the block ends, rolled back when it raises or is cancelled.

        On SQLite the write lock is taken at the start. Writers of this process queue on a lock of their own, so that
        those who wait hold no connection that a reader could use.
        """
        async with self._queue(), self._transaction(self._opened()) as session:
            yield session

    @contextlib.asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """One read-only transaction whose queries all see the same moment. Never waits for a writer."""
        options: dict[str, Any] = {BEGIN_OPTION: "BEGIN"}
        if self.dialect == "postgresql":
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        async with self._transaction(self._opened().execution_options(**options)) as session:
            yield session

    async def read(self, work: Callable[[Connection], T]) -> T:
        """`snapshot` for a few small queries that a request waits for: `work` runs in a thread."""
        return await self._opened_short().read(work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """`session` for a few small statements that a request waits for: `work` runs in a thread."""
        async with self._queue():
            return await self._opened_short().write(work)

    def _queue(self) -> contextlib.AbstractAsyncContextManager[None]:
        return self._writing if self.dialect == "sqlite" else contextlib.nullcontext()

    async def empty_log(self) -> None:
        """Move SQLite's write-ahead log into its file and truncate it, so that deleted text is in neither.

        Raises `StorageUnavailable` while a reader still needs the log. PostgreSQL looks after its own: nothing happens.
        """
        if self.dialect == "postgresql":
            return
        with storage_errors():
            async with self._writing, self._opened().connect() as connection:
                raw = (await connection.get_raw_connection()).driver_connection
                assert raw is not None
                [(busy, _, _)] = await raw.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
        if busy:
            raise StorageUnavailable("The log of the database is in use; try again.")

    def _opened(self) -> AsyncEngine:
        if self._engine is None:
            raise RuntimeError(_NOT_CONNECTED)
        return self._engine

    def _opened_short(self) -> ShortTransactions:
        if self._short is None:
            raise RuntimeError(_NOT_CONNECTED)
        return self._short

    @contextlib.asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
        with storage_errors():
            session = AsyncSession(engine, expire_on_commit=False, autoflush=False)
            try:
                yield session
                await _to_the_end(session.commit())
            finally:
                # Rolls back whatever was not committed, and gives the connection back.
                await _to_the_end(session.close())


async def _to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Finish `work` even if the caller is cancelled meanwhile; then let the cancellation go on.

    A connection is lost to the pool, or a commit left in doubt, if either is abandoned half way. The wait is bounded
    because a server that hangs must not hold its callers for ever.
    """
    task = asyncio.ensure_future(work)
    cancelled = await _outlast_cancellation(task, CLEANUP_SECONDS)
    if not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=ABANDON_SECONDS)
        raise StorageUnavailable("The database did not answer in time; try again.")
    if cancelled is not None:
        # It matters more than a failure of the work, which is marked as seen here.
        task.cancelled() or task.exception()
        raise cancelled
    task.result()


async def _outlast_cancellation(task: asyncio.Future[None], seconds: float) -> asyncio.CancelledError | None:
    """Wait for `task` at most `seconds`, whatever cancellation arrives; the last one that did."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + seconds
    cancelled: asyncio.CancelledError | None = None
    while not task.done() and clock() < deadline:
        try:
            await asyncio.wait([task], timeout=deadline - clock())
        except asyncio.CancelledError as error:
            cancelled = error
    return cancelled
