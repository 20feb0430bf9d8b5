"""Short transactions on a thread of their own.

An asynchronous driver hands every statement, `BEGIN` and `COMMIT` included, to a thread and back. Where a request waits
for a few small statements, handing over the whole transaction at once takes a fraction of that time.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL

from app.storage.engines import BEGIN_OPTION, POOL_SIZE, build_sync_engine
from app.storage.failures import storage_errors

T = TypeVar("T")


class ShortTransactions:
    """Runs functions that take a connection, each as one transaction, at most `POOL_SIZE` at a time.

    A caller that is cancelled leaves a function that has begun to its end, so no connection and no lock is lost.
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
        return await self._run(self._reading, work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """The result of `work`, committed. Raises `StorageUnavailable`."""
        return await self._run(self._engine, work)

    async def close(self) -> None:
        """Wait for what has begun, then close every connection."""
        await asyncio.to_thread(self._executor.shutdown, wait=True, cancel_futures=True)
        await asyncio.to_thread(self._engine.dispose)

    async def _run(self, engine: Engine, work: Callable[[Connection], T]) -> T:
        def transaction() -> T:
            with engine.begin() as connection:
                return work(connection)

        with storage_errors():
            return await asyncio.get_running_loop().run_in_executor(self._executor, transaction)
