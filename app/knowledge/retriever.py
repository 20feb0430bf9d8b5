"""Hybrid search: dense and lexical candidates, checked against SQL, fused, and judged for relevance."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from app.config_files import RetrievalConfig
from app.embeddings.base import Embedder, Vectors
from app.embeddings.batches import BatchingQueue
from app.errors import IndexUnavailable
from app.followups.types import RetrievalOptions
from app.knowledge.filtered_search import DenseIndex, FilteredSearch, Scope, ScopeSource
from app.knowledge.judging import Admission, Found, Judge
from app.knowledge.lexical_index import WordedHits
from app.knowledge.passage_memory import PassageMemory
from app.knowledge.relevance import weights_for
from app.knowledge.types import Retrieval

Hits = list[tuple[str, float]]
# Candidates that SQL rejects (internal, expired, not yet forgotten) must not crowd out the others.
_OVERFETCH = 2
_ATTEMPTS = 3


class LexicalSearch(Protocol):
    async def search_all(
        self,
        tenant: str,
        queries: Sequence[str],
        limit: int,
        source_types: Sequence[str] = (),
        include_internal: bool = False,
    ) -> WordedHits: ...


class VersionSource(Protocol):
    async def knowledge_version(self, tenant: str) -> int: ...


@dataclass(frozen=True, slots=True)
class Indexes:
    """Where passages are found and looked up."""

    dense: DenseIndex
    lexical: LexicalSearch
    memory: PassageMemory
    versions: VersionSource
    scopes: ScopeSource


@dataclass(frozen=True, slots=True)
class _Request:
    """What was asked for; `vectors` are the queries' embeddings under way."""

    queries: Sequence[str]
    vectors: "asyncio.Future[Vectors]"
    options: RetrievalOptions
    include_internal: bool


@dataclass(frozen=True, slots=True)
class _Finding:
    """Raw candidates of each query, what was down, and the version at the moment of the search by words, if any."""

    found: list[Found]
    knowledge_version: int | None
    degraded: tuple[str, ...]


class Retriever:
    """Searches one tenant's current documents. `today` is injected so that expiry can be tested."""

    def __init__(
        self,
        indexes: Indexes,
        embedder: Embedder,
        config: RetrievalConfig,
        today: Callable[[], date] = date.today,
        *,
        duplicates: bool = False,
    ) -> None:
        """With `duplicates` near-identical passages are all given."""
        self._indexes = indexes
        self._embedder = embedder
        self._config = config
        self._today = today
        self._judge = Judge(weights_for(embedder.name, config.relevance), config.fusion, duplicates=duplicates)
        # The version each tenant had last time: right nearly always, and checked after every search.
        self._seen: dict[str, int] = {}
        self._filtered = FilteredSearch(indexes.dense, indexes.scopes, embedder.digest)
        self._embeddings = BatchingQueue(embedder)

    def close(self) -> None:
        """Stop the embedding thread. The object cannot be used again."""
        self._embeddings.close()

    def forget(self, tenant: str) -> None:
        """Drop what is remembered of `tenant`."""
        self._filtered.forget(tenant)

    async def search(
        self, tenant: str, queries: Sequence[str], options: RetrievalOptions, include_internal: bool = False
    ) -> list[Retrieval]:
        """One `Retrieval` per query, in order: at most `top_k` passages of relevance >= `threshold`, best first.

        Passages are ordered by fused score times the weight of their source type, then by relevance and id. Expired
        documents, older versions of a manual that the query does not name, and internal documents unless asked for,
        are left out; of near-identical passages the newest stays.
        Without the vector index words alone decide, and `degraded` says `vector_index`. Raises `StorageUnavailable`.
        """
        if not queries:
            return []
        vectors = asyncio.ensure_future(self._embeddings.embed(queries))
        request = _Request(queries, vectors, options, include_internal)
        try:
            current = self._seen.get(tenant) or await self._indexes.versions.knowledge_version(tenant)
            for _ in range(_ATTEMPTS):
                version = current
                results, current = await self._results(tenant, version, request)
                if current == version:
                    break
        finally:
            vectors.cancel()
        self._seen[tenant] = current
        return results

    async def _results(self, tenant: str, version: int, request: _Request) -> tuple[list[Retrieval], int]:
        """One `Retrieval` per query, and the version that they belong to: if it is not `version`, they may be found
        in part only."""
        finding = await self._find(tenant, version, request)
        ids = {chunk_id for item in finding.found for chunk_id in (*item.dense, *item.lexical)}
        memory = self._indexes.memory
        # Without a look into the database nothing later than the search by words can have come in.
        at = finding.knowledge_version if memory.holds(tenant, version, ids) else None
        candidates, background = await asyncio.gather(
            memory.candidates(tenant, version, tuple(ids)), memory.background(tenant, version, self._today())
        )
        if at is None:
            at = await self._indexes.versions.knowledge_version(tenant)
        weights = self._config.source_weights | dict(request.options.source_weights)
        admission = Admission(request.options, request.include_internal, self._today(), weights, background)
        depth = self._depth(request.options)
        return [
            Retrieval(self._judge.passages(item, candidates, admission, depth), version, finding.degraded)
            for item in finding.found
        ], at

    async def _find(self, tenant: str, version: int, request: _Request) -> _Finding:
        hybrid = request.options.use_hybrid_search
        dense, lexical = await asyncio.gather(
            self._search_dense(tenant, version, request), self._search_words(tenant, request if hybrid else None)
        )
        if dense is None and not hybrid:
            lexical = await self._search_words(tenant, request)
        nothing: list[Hits] = [[] for _ in request.queries]
        worded = lexical.hits if lexical else nothing
        rows = zip(request.queries, await request.vectors, dense or nothing, worded, strict=True)
        return _Finding(
            [Found(query, vector, _ids(near), dict(words)) for query, vector, near, words in rows],
            lexical.knowledge_version if lexical else None,
            () if dense is not None else ("vector_index",),
        )

    async def _search_dense(self, tenant: str, version: int, request: _Request) -> list[Hits] | None:
        """The nearest chunks of each query; None if the index is down."""
        vectors = await request.vectors
        depth, types = self._depth(request.options), request.options.source_types
        try:
            if types:
                scope = Scope(frozenset(types), request.include_internal)
                return await self._filtered.search(tenant, version, scope, vectors, depth * _OVERFETCH)
            return await self._indexes.dense.search(tenant, self._embedder.digest, vectors, depth * _OVERFETCH)
        except IndexUnavailable:
            return None

    async def _search_words(self, tenant: str, request: _Request | None) -> WordedHits | None:
        if request is None:
            return None
        limit = self._depth(request.options)
        types, internal = request.options.source_types, request.include_internal
        return await self._indexes.lexical.search_all(tenant, request.queries, limit, types, internal)

    def _depth(self, options: RetrievalOptions) -> int:
        """How many candidates each list contributes."""
        return max(self._config.fusion.candidates, options.top_k)


def _ids(hits: Hits) -> tuple[str, ...]:
    return tuple(chunk_id for chunk_id, _ in hits)
