"""Short transactions on a thread of their own.

An asynchronous driver hands every statement, `BEGIN` and `COMMIT` included, to a thread and back. Where a request waits
for a few small statements, handing over the whole transaction at once takes a fraction of that time.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL

from app.storage.engines import BEGIN_OPTION, POOL_SIZE, build_sync_engine, interrupt
from app.storage.failures import storage_errors

T = TypeVar("T")

_AGAIN_SECONDS = 0.05


class ShortTransactions:
    """Runs functions that take a connection, each as one transaction, at most `POOL_SIZE` at a time.

    A caller that is cancelled leaves a write that has begun to its end, so no connection and no lock is lost. A read is
    interrupted, so that its thread is free for others.
    """

    def __init__(self, url: URL) -> None:
        self._engine: Engine = build_sync_engine(url)
        reading: dict[str, Any] = {BEGIN_OPTION: "BEGIN"}
        if url.get_backend_name() != "sqlite":
            reading = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reading = self._engine.execution_options(**reading)
        self._executor = ThreadPoolExecutor(POOL_SIZE, thread_name_prefix="short-transactions")

    @property
    def checked_out(self) -> int:
        """Connections in use at this moment."""
        return int(self._engine.pool.checkedout())  # type: ignore[attr-defined]

    async def read(self, work: Callable[[Connection], T]) -> T:
        """The result of `work`, whose queries all see the same moment. Raises `StorageUnavailable`."""
        reading = _Reading()

        def transaction() -> T:
            with self._reading.begin() as connection, reading.on(connection):
                return work(connection)

        with storage_errors():
            loop = asyncio.get_running_loop()
            try:
                return await loop.run_in_executor(self._executor, transaction)
            except asyncio.CancelledError:
                # PostgreSQL is told over another connection, which takes its time.
                loop.run_in_executor(None, reading.interrupt)
                raise

    async def write(self, work: Callable[[Connection], T]) -> T:
        """The result of `work`, committed. Raises `StorageUnavailable`."""

        def transaction() -> T:
            with self._engine.begin() as connection:
                return work(connection)

        with storage_errors():
            return await asyncio.get_running_loop().run_in_executor(self._executor, transaction)

    async def close(self) -> None:
        """Wait for what has begun, then close every connection."""
        await asyncio.to_thread(self._executor.shutdown, wait=True, cancel_futures=True)
        await asyncio.to_thread(self._engine.dispose)


class _Reading:
    """A read in one thread that another can interrupt."""

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._unwanted = False
        self._told = False
        self._ended = threading.Event()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def on(self, connection: Connection) -> Iterator[None]:
        """`interrupt` reaches what `connection` does within the block, and nothing that it does later."""
        with self._lock:
            if self._unwanted:
                raise InterruptedError
            self._connection = connection
        try:
            yield
        finally:
            with self._lock:
                self._connection = None
                self._ended.set()
                told = self._told
            if told:
                # PostgreSQL may get the word late: it must not end somebody else's query.
                connection.invalidate()

    def interrupt(self) -> None:
        """Again and again until it has ended: between two queries there is nothing to interrupt."""
        self._unwanted = True
        while not self._ended.wait(_AGAIN_SECONDS):
            with self._lock:
                if self._connection is None:
                    return
                self._told = True
                interrupt(self._connection)
