"""The conflicts of each tenant, worked out once per knowledge version, judged for the day."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from cachetools import LRUCache

from app.forgetting import Forgetting
from app.knowledge.conflicts.detection import Topic, find_conflicts
from app.knowledge.conflicts.resolution import resolve
from app.knowledge.conflicts.types import Conflict, Resolution, Side, Standing
from app.single_flight import SingleFlight

_TENANTS = 256


class FigureSource(Protocol):
    async def comparable(self, tenant: str) -> Sequence[tuple[Topic, Side]]:
        """The figures of the tenant's current documents, at least those on which several values are stated."""
        ...


@dataclass(frozen=True, slots=True)
class Judged:
    """A conflict, and how it stands today."""

    conflict: Conflict
    resolution: Resolution

    @property
    def status(self) -> str:
        """`resolved` or `conflicting`."""
        return "resolved" if self.resolution.resolved else "conflicting"

    def as_json(self) -> dict[str, Any]:
        pairs = zip(self.conflict.sides, self.resolution.standings, strict=True)
        return {
            "id": self.conflict.id,
            "measure": self.conflict.measure,
            "subject": self.conflict.subject,
            "summary": self.conflict.sentence,
            "status": self.status,
            "resolution": self.resolution.reason,
            "sides": [_side(side, standing) for side, standing in pairs],
        }


def _side(side: Side, standing: Standing) -> dict[str, Any]:
    return {
        "document_id": side.document_id,
        "source": side.source,
        "page": side.page,
        "subject": side.subject,
        "figure": side.shown,
        "quote": side.quote,
        "effective_date": side.effective_date.isoformat() if side.effective_date else None,
        "effective_date_source": side.date_source,
        "expiry_date": side.expiry_date.isoformat() if side.expiry_date else None,
        "standing": standing.value,
    }


@dataclass(frozen=True, slots=True)
class Dispute:
    """A side that may not be stated as a present fact, and why."""

    side: Side
    standing: Standing
    reason: str


class ConflictRegister:
    """Nothing is stored: conflicts follow from the figures that were published, so a crash cannot part the two."""

    def __init__(self, figures: FigureSource, today: Callable[[], date]) -> None:
        self._figures = figures
        self._today = today
        self._known: LRUCache[tuple[str, int], tuple[Conflict, ...]] = LRUCache(_TENANTS)
        self._computations: SingleFlight[tuple[str, int, int], tuple[Conflict, ...]] = SingleFlight()
        self._forgetting = Forgetting()

    async def conflicts(self, tenant: str, version: int) -> list[Judged]:
        """Every conflict among the tenant's documents at knowledge `version`. Raises `StorageUnavailable`."""
        found = await self._of(tenant, version)
        today = self._today()
        return [Judged(conflict, resolve(conflict, today)) for conflict in found]

    async def concerning(self, tenant: str, version: int, document_ids: Collection[str]) -> list[Judged]:
        """The conflicts with a side in one of these documents. Raises `StorageUnavailable`."""
        return [
            judged
            for judged in await self.conflicts(tenant, version)
            if any(side.document_id in document_ids for side in judged.conflict.sides)
        ]

    async def disputes(self, tenant: str, version: int) -> list[Dispute]:
        """The sides that must not be stated today. Raises `StorageUnavailable`."""
        return [
            Dispute(side, standing, f"{judged.conflict.sentence}; {judged.resolution.reason}")
            for judged in await self.conflicts(tenant, version)
            for side, standing in zip(judged.conflict.sides, judged.resolution.standings, strict=True)
            if standing is not Standing.CURRENT
        ]

    def forget(self, tenant: str) -> None:
        """Drop what is remembered of `tenant`; what is being worked out meanwhile is not remembered either."""
        self._forgetting.note()
        for key in [key for key in self._known if key[0] == tenant]:
            self._known.pop(key, None)

    async def _of(self, tenant: str, version: int) -> tuple[Conflict, ...]:
        known = self._known.get((tenant, version))
        if known is not None:
            return known
        asked = tenant, version, self._forgetting.times
        return await self._computations.run(asked, lambda: self._compute(tenant, version))

    async def _compute(self, tenant: str, version: int) -> tuple[Conflict, ...]:
        times = self._forgetting.times
        found = tuple(await asyncio.to_thread(find_conflicts, await self._figures.comparable(tenant)))
        if self._forgetting.nothing_since(times):
            self._known[tenant, version] = found
        return found
