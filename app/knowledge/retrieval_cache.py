"""Searches answered lately: exact keys, one entry for each query of a call."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from time import monotonic
from typing import Protocol

from cachetools import TTLCache

from app.followups.types import RetrievalOptions
from app.forgetting import Forgetting
from app.knowledge.types import KnowledgeState, Retrieval
from app.observability import Metrics

# Bounds the memory, whatever a caller's `top_k`: a passage takes about 3 kB, and most are shared between entries.
_MOST_PASSAGES = 20_000


class Search(Protocol):
    async def search(
        self, tenant: str, queries: Sequence[str], options: RetrievalOptions, include_internal: bool = False
    ) -> list[Retrieval]: ...


class Knowledge(Protocol):
    async def state(self, tenant: str) -> KnowledgeState:
        """What the tenant has published."""
        ...

    def settled(self, tenant: str, version: int) -> bool:
        """Whether every index holds at least `version`."""
        ...


@dataclass(frozen=True, slots=True)
class _Key:
    """Everything that can change an answer, besides what stays the same for the life of the process."""

    tenant: str
    knowledge: KnowledgeState
    query: str
    options: RetrievalOptions
    include_internal: bool
    today: date
    rules: str


class RetrievalCache:
    """A `Retriever` that remembers answers until the knowledge or the day changes, at most `ttl_seconds`.

    `rules` names the embedding model and the configuration of retrieval. Never kept: degraded answers, and answers
    found before the vector index had caught up with the newest publication.
    """

    def __init__(  # noqa: PLR0913 - one collaborator each
        self,
        inner: Search,
        knowledge: Knowledge,
        rules: str,
        ttl_seconds: float,
        metrics: Metrics,
        *,
        today: Callable[[], date] = date.today,
        timer: Callable[[], float] = monotonic,
        capacity: int = _MOST_PASSAGES,
    ) -> None:
        self._inner = inner
        self._knowledge = knowledge
        self._rules = rules
        self._today = today
        self._forgetting = Forgetting()
        self._known: TTLCache[_Key, Retrieval] = TTLCache(capacity, ttl_seconds, timer=timer, getsizeof=_size)
        self._hits = metrics.retrieval_cache.labels(outcome="hit")
        self._misses = metrics.retrieval_cache.labels(outcome="miss")

    async def search(
        self, tenant: str, queries: Sequence[str], options: RetrievalOptions, include_internal: bool = False
    ) -> list[Retrieval]:
        """As `Retriever.search`; only queries without a remembered answer are searched. Raises `StorageUnavailable`."""
        knowledge, today = await self._knowledge.state(tenant), self._today()
        keys = [_Key(tenant, knowledge, query, options, include_internal, today, self._rules) for query in queries]
        found = {key: known for key in keys if (known := self._known.get(key)) is not None}
        missing = [key for key in dict.fromkeys(keys) if key not in found]
        self._hits.inc(len(keys) - len(missing))
        if missing:
            self._misses.inc(len(missing))
            # Asked before the search: an index that catches up meanwhile does not make an early answer complete.
            times = self._forgetting.times
            settled = self._knowledge.settled(tenant, knowledge.version)
            fresh = await self._inner.search(tenant, [key.query for key in missing], options, include_internal)
            for key, retrieval in zip(missing, fresh, strict=True):
                found[key] = retrieval
                complete = settled and retrieval.knowledge_version == knowledge.version and not retrieval.degraded
                if complete and self._forgetting.nothing_since(times):
                    self._remember(key, retrieval)
        return [found[key] for key in keys]

    def forget(self, tenant: str) -> None:
        """Drop every answer of `tenant`, so that nothing of an erased document stays in memory.

        What is being searched meanwhile is not remembered either.
        """
        self._forgetting.note()
        for key in [key for key in self._known if key.tenant == tenant]:
            self._known.pop(key, None)

    def _remember(self, key: _Key, retrieval: Retrieval) -> None:
        if _size(retrieval) <= self._known.maxsize:
            self._known[key] = retrieval


def _size(retrieval: Retrieval) -> int:
    return 1 + len(retrieval.passages)
