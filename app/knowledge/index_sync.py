"""Keeps the vector index equal to what the database says is current."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from app.embeddings.base import Vectors
from app.errors import IndexLocked, IndexUnavailable, StorageUnavailable
from app.knowledge.index_rebuild import REBUILT
from app.knowledge.vector_index import VectorIndex
from app.observability import get_logger

_BATCH = 500
_TOLERANCE = 1e-4
_MAX_DELAY_SECONDS = 15.0
_log = get_logger("index_sync")

Chores = Callable[[], Awaitable[None]]


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
    async def ids_of_version(self, tenant: str, version_id: str) -> tuple[list[str], bool]: ...
    async def read(self, tenant: str, ids: Sequence[str]) -> dict[str, Vectors]: ...


@dataclass(frozen=True, slots=True)
class IndexDifference:
    """Chunk ids that the index lacks, those it should not hold, and those it holds with another vector.

    `unusable` counts current chunks that were embedded by another model: they can only be found by words until their
    documents are ingested again. `wrong` stays empty unless vectors were compared.
    """

    missing: frozenset[str]
    orphaned: frozenset[str]
    unusable: int
    wrong: frozenset[str] = frozenset()

    @property
    def equal(self) -> bool:
        return not self.missing and not self.orphaned and not self.wrong


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

    @property
    def applied_seq(self) -> int:
        """The last change that the open index has applied; 0 before the first synchronisation."""
        return self._positions.get(self.index_name, 0)

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

    async def compare(self, tenant: str, *, vectors: bool = False) -> IndexDifference:
        """Every id of the tenant in the database against every id in the index, and on demand every vector."""
        own, other = await self._vectors.current_ids(tenant)
        held = await self._index.ids(tenant, self._digest)
        wrong = await self._wrong(tenant, sorted(own & held)) if vectors else frozenset()
        return IndexDifference(frozenset(own - held), frozenset(held - own), len(other), wrong)

    async def _wrong(self, tenant: str, ids: Sequence[str]) -> frozenset[str]:
        wrong: set[str] = set()
        for begin in range(0, len(ids), _BATCH):
            page = ids[begin : begin + _BATCH]
            held = await self._index.vectors(tenant, self._digest, page)
            stored = await self._vectors.read(tenant, page)
            wrong.update(
                id for id, vector in stored.items() if id not in held or np.abs(held[id] - vector).max() > _TOLERANCE
            )
        return frozenset(wrong)

    async def reconcile(self, tenant: str, *, vectors: bool = False) -> IndexDifference:
        """Compare, and repair from the vectors in the database; the difference there was."""
        async with self._busy:
            difference = await self.compare(tenant, vectors=vectors)
            missing = sorted(difference.missing | difference.wrong)
            for begin in range(0, len(missing), _BATCH):
                await self._add(tenant, await self._vectors.read(tenant, missing[begin : begin + _BATCH]))
            await self._index.remove(tenant, self._digest, sorted(difference.orphaned))
        if not difference.equal:
            _log.warning(
                "vector_index_repaired",
                missing=len(difference.missing),
                orphaned=len(difference.orphaned),
                wrong=len(difference.wrong),
            )
        if difference.unusable:
            _log.warning("chunks_of_another_model", count=difference.unusable, reason="ingest the documents again")
        return difference

    async def rebuild(self, tenant: str) -> None:
        """Fill a new collection from the database beside the one in use, then switch. Searches see one or the other."""
        beside = self._digest + REBUILT
        await self._index.drop(tenant, beside)
        ids = sorted((await self._vectors.current_ids(tenant))[0])
        for begin in range(0, len(ids), _BATCH):
            await self._add(tenant, await self._vectors.read(tenant, ids[begin : begin + _BATCH]), beside)
            # What is published meanwhile goes into the one in use.
            await self.apply_pending()
        async with self._busy:
            await self._apply_pending()
            own, held = (await self._vectors.current_ids(tenant))[0], await self._index.ids(tenant, beside)
            late = sorted(own - held)
            for begin in range(0, len(late), _BATCH):
                await self._add(tenant, await self._vectors.read(tenant, late[begin : begin + _BATCH]), beside)
            if held - own:
                await self._index.remove(tenant, beside, sorted(held - own))
                # They may have been erased; their traces in the files of the new collection go with the next wipe.
                await self._index.remove(tenant, self._digest, [], erased=True)
            await self._index.switch(tenant, self._digest)

    async def forget_erased(self) -> None:
        """Remove the vectors of erased documents, also from the files of the index. Raises as `apply_pending`."""
        await self.apply_pending()
        async with self._busy:
            await self._index.wipe()

    async def run(self, poll_seconds: float, stop: asyncio.Event, chores: Chores | None = None) -> None:
        """Keep the index up to date until `stop` is set, and do `chores` every time.

        Outages are logged and waited out, with growing pauses.
        """
        failures = 0
        while not stop.is_set():
            try:
                await self.catch_up()
                if chores is not None:
                    await chores()
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
                ids, erased = await self._vectors.ids_of_version(change.tenant, change.version_id)
                await self._index.remove(change.tenant, self._digest, ids, erased=erased)

    async def _add(self, tenant: str, vectors: dict[str, Vectors], digest: str = "") -> None:
        if vectors:
            await self._index.add(tenant, digest or self._digest, list(vectors), np.stack(list(vectors.values())))


def index_name(identity: str, digest: str) -> str:
    """The key of an index in the change log: its directory and its embedding model."""
    return f"{identity}:{digest[:16]}"
