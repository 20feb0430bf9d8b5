"""The nearest chunks of some kinds of documents, at a cost that does not depend on how rare the kinds are.

The vectors of these kinds are compared one by one, which is exact and takes a few milliseconds for tens of thousands.
Where there are more, more neighbours than needed are taken from the index and the others dropped. The index itself is
asked for no filter, which costs Chroma 20 to 30 times an unfiltered search.
"""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from cachetools import LRUCache

from app.embeddings.base import Vectors
from app.forgetting import Forgetting

Hits = list[tuple[str, float]]

# Neighbours of a query are not spread evenly over the kinds, so more are taken than the share alone asks for.
_MARGIN = 3.0
# Chunks that may be compared one by one: 77 MB at 384 numbers each, about 5 ms.
_MOST_COMPARED = 50_000
_MOST_TAKEN = 5_000
_MEMORY_BYTES = 256 * 2**20
_TENANTS = 256


class DenseIndex(Protocol):
    async def search(self, tenant: str, digest: str, vectors: Vectors, limit: int) -> list[Hits]: ...


class ScopeSource(Protocol):
    """What the database knows about the current chunks of one embedding model."""

    async def counts(self, tenant: str) -> Mapping[tuple[str, bool], int]:
        """Chunks by source type and whether they are internal."""
        ...

    async def among(self, tenant: str, ids: Sequence[str], scope: "Scope") -> set[str]:
        """Those of `ids` that the scope admits."""
        ...

    async def within(self, tenant: str, scope: "Scope") -> tuple[list[str], Vectors]:
        """Ids and vectors (n, d) of all chunks that the scope admits."""
        ...


@dataclass(frozen=True, slots=True)
class Scope:
    """Kinds of documents, at least one, and whether internal ones count."""

    source_types: frozenset[str]
    internal: bool

    def admits(self, source_type: str, internal: bool) -> bool:
        return source_type in self.source_types and (self.internal or not internal)


class FilteredSearch:
    """Searches within a scope. What is remembered belongs to one knowledge version of one tenant."""

    def __init__(
        self,
        index: DenseIndex,
        scopes: ScopeSource,
        digest: str,
        memory_bytes: int = _MEMORY_BYTES,
        most_compared: int = _MOST_COMPARED,
    ) -> None:
        self._index = index
        self._scopes = scopes
        self._digest = digest
        self._most_compared = most_compared
        self._counts: LRUCache[tuple[str, int], Mapping[tuple[str, bool], int]] = LRUCache(_TENANTS)
        self._compared: LRUCache[tuple[str, int, Scope], tuple[list[str], Vectors]] = LRUCache(
            memory_bytes, getsizeof=lambda entry: max(1, entry[1].nbytes)
        )
        self._reading = asyncio.Lock()
        self._forgetting = Forgetting()

    async def search(self, tenant: str, version: int, scope: Scope, vectors: Vectors, limit: int) -> list[Hits]:
        """For each row of `vectors` (q, d) up to `limit` `(id, cosine)`, best first.

        Raises `StorageUnavailable`, and `IndexUnavailable` where the index is needed.
        """
        counts = await self._counted(tenant, version)
        admitted = sum(count for kind, count in counts.items() if scope.admits(*kind))
        if not admitted:
            return [[] for _ in vectors]
        if admitted > self._most_compared:
            total = sum(counts.values())
            taken = min(total, math.ceil(limit * _MARGIN * total / admitted), _MOST_TAKEN)
            return await self._from_index(tenant, scope, vectors, limit, taken)
        ids, rows = await self._vectors(tenant, version, scope)
        return await asyncio.to_thread(_nearest, ids, rows, vectors, limit)

    def forget(self, tenant: str) -> None:
        """Drop what is remembered of `tenant`, so that no vector of an erased document stays in memory."""
        self._forgetting.note()
        for counted in [key for key in self._counts if key[0] == tenant]:
            self._counts.pop(counted, None)
        for compared in [key for key in self._compared if key[0] == tenant]:
            self._compared.pop(compared, None)

    async def _from_index(self, tenant: str, scope: Scope, vectors: Vectors, limit: int, taken: int) -> list[Hits]:
        found = await self._index.search(tenant, self._digest, vectors, taken)
        ids = list(dict.fromkeys(chunk_id for hits in found for chunk_id, _ in hits))
        admitted = await self._scopes.among(tenant, ids, scope)
        return [[hit for hit in hits if hit[0] in admitted][:limit] for hits in found]

    async def _counted(self, tenant: str, version: int) -> Mapping[tuple[str, bool], int]:
        key = tenant, version
        known = self._counts.get(key)
        if known is None:
            times = self._forgetting.times
            known = await self._scopes.counts(tenant)
            if self._forgetting.nothing_since(times):
                self._counts[key] = known
        return known

    async def _vectors(self, tenant: str, version: int, scope: Scope) -> tuple[list[str], Vectors]:
        key = tenant, version, scope
        async with self._reading:
            known = self._compared.get(key)
            if known is None:
                times = self._forgetting.times
                known = await self._scopes.within(tenant, scope)
                if known[1].nbytes <= self._compared.maxsize and self._forgetting.nothing_since(times):
                    self._compared[key] = known
        return known


def _nearest(ids: Sequence[str], rows: Vectors, vectors: Vectors, limit: int) -> list[Hits]:
    if not ids:
        return [[] for _ in vectors]
    hits = []
    for cosines in vectors @ rows.T:
        best = np.argpartition(-cosines, min(limit, len(ids) - 1))[:limit]
        found = [(ids[at], float(cosines[at])) for at in best]
        hits.append(sorted(found, key=lambda hit: (-hit[1], hit[0])))
    return hits
