"""How long what was superseded stays: chunks until the vector index has let them go, texts for the audit."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Protocol

from app.config_files import RetentionConfig
from app.observability import get_logger
from app.storage.retention import Retired

_VERSIONS = 100
_CHUNKS = 500
_TEXTS_EVERY_SECONDS = 3600.0
# Messages that are being written may still rest on a version that was replaced this moment.
_GRACE = timedelta(hours=1)
_log = get_logger("retention")


class RetentionStore(Protocol):
    async def retired(self, after_seq: int, up_to_seq: int, limit: int) -> Sequence[Retired]: ...
    async def drop_chunks(self, version_ids: Sequence[str], limit: int) -> int: ...
    async def drop_texts(
        self, keep: int, audited_since: datetime, superseded_before: datetime, after: str, limit: int
    ) -> str | None: ...


class Retention:
    """Deletes in small steps, each of which may be the last: what a killed process left is found by the next.

    `applied_seq` says up to which change the vector index here has followed.
    """

    def __init__(
        self,
        store: RetentionStore,
        applied_seq: Callable[[], int],
        config: RetentionConfig,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._applied_seq = applied_seq
        self._config = config
        self._now = now
        self._done_seq = 0
        self._texts_done_at = float("-inf")
        self._texts_after = ""

    async def run(self, seconds: float = float("inf")) -> None:
        """Work until nothing is left to delete, or for about `seconds`. Raises `StorageUnavailable`."""
        end = monotonic() + seconds
        while await self._step() and monotonic() < end:
            pass

    async def _step(self) -> bool:
        """Delete a little; whether there may be more."""
        applied = self._applied_seq()
        if applied > self._done_seq:
            retired = await self._store.retired(self._done_seq, applied, _VERSIONS)
            if retired:
                deleted = await self._store.drop_chunks([version.version_id for version in retired], _CHUNKS)
                if deleted < _CHUNKS:
                    self._done_seq = retired[-1].seq
                _log.info("superseded_chunks_deleted", count=deleted)
                return True
            self._done_seq = applied
        return await self._drop_texts()

    async def _drop_texts(self) -> bool:
        if monotonic() - self._texts_done_at < _TEXTS_EVERY_SECONDS:
            return False
        keep, now = self._config.superseded_versions, self._now()
        audited_since = now - timedelta(days=self._config.audit_days)
        last = await self._store.drop_texts(keep, audited_since, now - _GRACE, self._texts_after, _VERSIONS)
        self._texts_after = last or ""
        if last is None:
            self._texts_done_at = monotonic()
        return last is not None
