"""Keeps the vector index equal to what the database says is current."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from app.embeddings.base import Vectors
from app.errors import IndexLocked, IndexUnavailable, StorageUnavailable
from app.knowledge.vector_index import VectorIndex
from app.observability import get_logger

_BATCH = 500
_MAX_DELAY_SECONDS = 15.0
_log = get_logger("index_sync")


class Change(Protocol):
    """One committed change of what is current; `action` is `add` or `remove`."""

    @property
    def seq(self) -> int: ...
    @property
    def tenant(self) -> str: ...
    @property
    def version_id(self) -> str: ...
    @property
    def action(self) -> str: ...


class ChangeLog(Protocol):
    async def pending(self, after_seq: int, limit: int) -> Sequence[Change]: ...
    async def position(self, index_name: str) -> int: ...
    async def advance(self, index_name: str, seq: int) -> None: ...


class Versions(Protocol):
    async def knowledge_versions(self) -> dict[str, int]: ...


class StoredVectors(Protocol):
    """Vectors of one embedding model, as the database holds them."""

    async def current_ids(self, tenant: str) -> tuple[set[str], set[str]]: ...
    async def of_version(self, tenant: str, version_id: str) -> dict[str, Vectors]: ...
    async def read(self, tenant: str, ids: Sequence[str]) -> dict[str, Vectors]: ...


@dataclass(frozen=True, slots=True)
class IndexDifference:
    """Chunk ids that the index lacks, and those it should not hold. `unusable` counts current chunks that were
    embedded by another model: they can only be found by words until their documents are ingested again."""

    missing: frozenset[str]
    orphaned: frozenset[str]
    unusable: int

    @property
    def equal(self) -> bool:
        return not self.missing and not self.orphaned


class IndexSync:
    """Applies committed changes to the index, in order and at least once.

    The position is stored after Chroma took the change, under the identity of the index directory: a new directory
    starts at 0 and so is rebuilt. Applying twice is harmless because every document version has ids of its own.
    """

    def __init__(
        self, versions: Versions, vectors: StoredVectors, changes: ChangeLog, index: VectorIndex, digest: str
    ) -> None:
        self._versions = versions
        self._vectors = vectors
        self._changes = changes
        self._index = index
        self._digest = digest
        self._positions: dict[str, int] = {}
        self._applied: dict[str, int] = {}
        self._reconciled = ""
        self._busy = asyncio.Lock()

    def applied_version(self, tenant: str) -> int:
        """The knowledge version that the index is known to hold; 0 before the first synchronisation."""
        return self._applied.get(tenant, 0)

    @property
    def index_name(self) -> str:
        """The key of this index in the change log. Needs an open index."""
        return index_name(self._index.identity, self._digest)

    async def apply_pending(self) -> int:
        """Apply what was committed since the last time; how many changes. Opens the index if need be.

        Raises `IndexLocked`, `IndexUnavailable` or `StorageUnavailable`; the rest is applied by the next call.
        """
        async with self._busy:
            await self._index.open()
            return await self._apply_pending()

    async def catch_up(self) -> int:
        """`apply_pending`, and once per opened directory a reconciliation of every tenant. Raises the same."""
        applied = await self.apply_pending()
        if self._reconciled != self.index_name:
            for tenant in await self._versions.knowledge_versions():
                await self.reconcile(tenant)
            self._reconciled = self.index_name
        return applied

    async def compare(self, tenant: str) -> IndexDifference:
        """Every id of the tenant in the database against every id in the index."""
        own, other = await self._vectors.current_ids(tenant)
        held = await self._index.ids(tenant, self._digest)
        return IndexDifference(frozenset(own - held), frozenset(held - own), len(other))

    async def reconcile(self, tenant: str) -> IndexDifference:
        """Compare, and repair from the vectors in the database; the difference there was."""
        async with self._busy:
            difference = await self.compare(tenant)
            missing = sorted(difference.missing)
            for begin in range(0, len(missing), _BATCH):
                await self._add(tenant, await self._vectors.read(tenant, missing[begin : begin + _BATCH]))
            await self._index.remove(tenant, self._digest, sorted(difference.orphaned))
        if not difference.equal:
            _log.warning("vector_index_repaired", missing=len(difference.missing), orphaned=len(difference.orphaned))
        if difference.unusable:
            _log.warning("chunks_of_another_model", count=difference.unusable, reason="ingest the documents again")
        return difference

    async def rebuild(self, tenant: str) -> None:
        """Throw the tenant's collection away and fill it again from the database."""
        async with self._busy:
            await self._index.drop(tenant, self._digest)
        await self.reconcile(tenant)

    async def run(self, poll_seconds: float, stop: asyncio.Event) -> None:
        """Keep the index up to date until `stop` is set. Outages are logged and waited out, with growing pauses."""
        failures = 0
        while not stop.is_set():
            try:
                await self.catch_up()
                failures = 0
            except (StorageUnavailable, IndexUnavailable, IndexLocked) as error:
                if not failures:
                    _log.warning("vector_index_not_current", code=error.code)
                failures += 1
                # Whatever went wrong may have cost the index some changes.
                self._reconciled = ""
            delay = min(poll_seconds * 2 ** min(failures, 10), max(poll_seconds, _MAX_DELAY_SECONDS))
            try:
                await asyncio.wait_for(stop.wait(), delay)
            except TimeoutError:
                continue

    async def _apply_pending(self) -> int:
        name, count = self.index_name, 0
        if name not in self._positions:
            self._positions[name] = await self._changes.position(name)
        while True:
            # Read before the changes: once none is pending, the index holds at least these versions.
            versions = await self._versions.knowledge_versions()
            changes = await self._changes.pending(self._positions[name], _BATCH)
            if not changes:
                self._applied = versions
                return count
            await self._apply(changes)
            await self._changes.advance(name, changes[-1].seq)
            self._positions[name] = changes[-1].seq
            count += len(changes)

    async def _apply(self, changes: Sequence[Change]) -> None:
        removed = {change.version_id for change in changes if change.action == "remove"}
        for change in changes:
            # A version never comes back, so one that goes in the same batch need not be added first.
            if change.action == "add" and change.version_id not in removed:
                await self._add(change.tenant, await self._vectors.of_version(change.tenant, change.version_id))
        for change in changes:
            if change.action == "remove":
                ids = await self._vectors.of_version(change.tenant, change.version_id)
                await self._index.remove(change.tenant, self._digest, list(ids))

    async def _add(self, tenant: str, vectors: dict[str, Vectors]) -> None:
        if vectors:
            await self._index.add(tenant, self._digest, list(vectors), np.stack(list(vectors.values())))


def index_name(identity: str, digest: str) -> str:
    """The key of an index in the change log: its directory and its embedding model."""
    return f"{identity}:{digest[:16]}"
