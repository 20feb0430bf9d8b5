"""What the service does for its vector index while it runs: follow publications, answer requests, tidy up."""

import asyncio

from app.errors import IndexLocked, IndexUnavailable, StorageUnavailable
from app.knowledge.index_care import IndexCare
from app.knowledge.index_sync import IndexSync
from app.knowledge.reembedding import Reembedding
from app.knowledge.retention import Retention
from app.observability import get_logger

# Of one round of synchronisation; what is left is deleted in the next.
_RETENTION_SECONDS = 0.5
_log = get_logger("index_keeping")


class IndexKeeping:
    """The index belongs to this process from `start` on."""

    def __init__(
        self, sync: IndexSync, care: IndexCare, reembedding: Reembedding, retention: Retention, poll_seconds: float
    ) -> None:
        self._sync = sync
        self._care = care
        self._reembedding = reembedding
        self._retention = retention
        self._poll_seconds = poll_seconds

    async def start(self) -> None:
        """Take the index directory. A broken index only degrades searches; raises `IndexLocked` if it is another's."""
        try:
            await self._sync.catch_up()
        except IndexUnavailable as error:
            _log.warning("vector_index_unavailable", exc_info=error)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set, whatever goes wrong."""
        while not stop.is_set():
            try:
                await self._reembedding.run()
                await self._sync.run(self._poll_seconds, stop, self._chores)
            except (StorageUnavailable, IndexUnavailable, IndexLocked) as error:
                _log.warning("vector_index_not_current", code=error.code)
                await asyncio.sleep(self._poll_seconds)
            except Exception as error:  # noqa: BLE001 - an unforeseen error must not end the synchronisation silently
                _log.error("index_sync_failed", exc_info=error)
                await asyncio.sleep(self._poll_seconds)

    async def _chores(self) -> None:
        await self._care.serve()
        await self._retention.run(_RETENTION_SECONDS)
