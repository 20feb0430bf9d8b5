"""Erasing a document everywhere: SQL, full-text index, vector index, caches, and the files beneath them."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from app.errors import IndexLocked, IndexUnavailable, StorageUnavailable
from app.knowledge.index_sync import IndexSync
from app.observability import get_logger
from app.storage.erasing import Eraser, Erasure

Place = Literal["vector_index", "database_log"]
_RETRY_SECONDS = 5.0
# How long the caller waits for what may also be wiped later.
_PATIENCE_SECONDS = 5.0
_log = get_logger("erasing")


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased. `still_wiping` names places whose files hold overwritten bytes for a moment longer."""

    erasure: Erasure
    still_wiping: tuple[Place, ...]


class DocumentErasing:
    """`forget` drops a tenant's cached answers and passages."""

    def __init__(self, eraser: Eraser, sync: IndexSync, forget: Callable[[str], Awaitable[None]]) -> None:
        self._eraser = eraser
        self._sync = sync
        self._forget = forget
        self._busy = asyncio.Lock()
        self._dirty = asyncio.Event()
        self._wiping: set[asyncio.Task[list[Place]]] = set()

    async def erase(self, tenant: str, document_id: str) -> Erased:
        """No search and no message that begins after this returns uses the document.

        Raises `NotFound`, `Conflict` and `StorageUnavailable`.
        """
        erasure = await self._eraser.erase(tenant, document_id)
        await self._forget(tenant)
        _log.info("document_erased", chunks=erasure.chunks)
        task = asyncio.create_task(self._wipe())
        self._wiping.add(task)
        task.add_done_callback(self._wiping.discard)
        await asyncio.wait([task], timeout=_PATIENCE_SECONDS)
        return Erased(erasure, tuple(task.result()) if task.done() else ("vector_index", "database_log"))

    async def run(self, stop: asyncio.Event) -> None:
        """Wipe what could not be wiped at once, or was left when the service ended, until `stop` is set."""
        self._dirty.set()
        while not stop.is_set():
            if self._dirty.is_set():
                self._dirty.clear()
                await self._wipe()
            try:
                await asyncio.wait_for(stop.wait(), _RETRY_SECONDS)
            except TimeoutError:
                continue

    async def _wipe(self) -> list[Place]:
        """The places that could not be wiped, to be tried again later."""
        places: tuple[tuple[Place, Callable[[], Awaitable[object]]], ...] = (
            ("vector_index", self._sync.forget_erased),
            ("database_log", self._eraser.wipe),
        )
        left: list[Place] = []
        async with self._busy:
            for place, wipe in places:
                try:
                    await wipe()
                except (IndexUnavailable, IndexLocked, StorageUnavailable) as error:
                    _log.warning("not_wiped_yet", code=error.code)
                    left.append(place)
        if left:
            self._dirty.set()
        return left
