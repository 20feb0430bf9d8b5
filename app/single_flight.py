"""One computation for all who ask for the same at the same time."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class SingleFlight(Generic[K, V]):
    """Computations under way, by key. Nothing is remembered once one has ended."""

    def __init__(self) -> None:
        self._running: dict[K, asyncio.Task[V]] = {}

    async def run(self, key: K, compute: Callable[[], Coroutine[Any, Any, V]]) -> V:
        """What `compute` returns or raises; if it runs for `key` already, what that one does.

        A caller that is cancelled leaves the computation running for the others.
        """
        task = self._running.get(key)
        if task is None:
            task = asyncio.create_task(compute())
            self._running[key] = task
            task.add_done_callback(lambda ended: self._ended(key, ended))
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Cancel what runs, and wait for its end."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _ended(self, key: K, task: asyncio.Task[V]) -> None:
        del self._running[key]
        # Marks a failure as seen: all who asked may have gone.
        task.cancelled() or task.exception()
