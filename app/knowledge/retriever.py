"""Hybrid search: dense and lexical candidates, fused by rank, checked against SQL, and judged for relevance."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from datetime import date
from typing import Protocol

from app.config_files import RetrievalConfig
from app.embeddings.base import Embedder, Vectors
from app.errors import IndexUnavailable
from app.followups.types import RetrievalOptions
from app.knowledge.duplicates import without_duplicates
from app.knowledge.passage_memory import Background, Candidate, PassageMemory
from app.knowledge.relevance import Signals, contrast, relevance, term_coverage, term_weights, weights_for
from app.knowledge.types import Passage, Retrieval

Hits = list[tuple[str, float]]
# Candidates that SQL rejects (internal, expired, not yet forgotten) must not crowd out the others.
_OVERFETCH = 2
_OVERFETCH_FILTERED = 8
_ATTEMPTS = 3


class DenseIndex(Protocol):
    async def search(self, tenant: str, digest: str, vectors: Vectors, limit: int) -> list[Hits]: ...


class LexicalSearch(Protocol):
    async def search_all(
        self,
        tenant: str,
        queries: Sequence[str],
        limit: int,
        source_types: Sequence[str] = (),
        include_internal: bool = False,
    ) -> list[Hits]: ...


class VersionSource(Protocol):
    async def knowledge_version(self, tenant: str) -> int: ...


@dataclass(frozen=True, slots=True)
class Indexes:
    """Where passages are found and looked up."""

    dense: DenseIndex
    lexical: LexicalSearch
    memory: PassageMemory
    versions: VersionSource


@dataclass(frozen=True, slots=True)
class _Request:
    """What was asked for; `vectors` are the queries' embeddings under way."""

    queries: Sequence[str]
    vectors: "asyncio.Future[Vectors]"
    options: RetrievalOptions
    include_internal: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """The raw outcome for one query: ids, best first. `vector` is the query's."""

    query: str
    vector: Vectors
    dense: tuple[str, ...]
    lexical: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Scope:
    """What a caller may see, how kinds of documents weigh, and what is usual in them."""

    options: RetrievalOptions
    include_internal: bool
    today: date
    source_weights: Mapping[str, float]
    background: Background

    def admits(self, candidate: Candidate) -> bool:
        chunk = candidate.chunk
        return (
            (self.include_internal or not chunk.internal)
            and (not self.options.source_types or chunk.source_type in self.options.source_types)
            and (chunk.expiry_date is None or chunk.expiry_date >= self.today)
        )


class _Judge:
    """Compares candidates with one query."""

    def __init__(self, found: _Found, background: Background) -> None:
        self._query = found.vector
        self._size = background.size
        self._usual = 0.0 if background.centre is None else float(background.centre @ found.vector)
        self._telling = term_weights(found.query, background.holders, background.size)

    def signals(self, candidate: Candidate) -> tuple[float, Signals]:
        """The cosine, and what relevance is judged by. Vectors of another model count as unrelated."""
        cosine = 0.0 if candidate.vector is None else float(candidate.vector @ self._query)
        return cosine, Signals(
            contrast(cosine, self._usual, self._size),
            term_coverage(self._telling, candidate.stems),
            term_coverage(self._telling, candidate.heading_stems),
        )


class Retriever:
    """Searches one tenant's current documents. `today` is injected so that expiry can be tested."""

    def __init__(
        self, indexes: Indexes, embedder: Embedder, config: RetrievalConfig, today: Callable[[], date] = date.today
    ) -> None:
        self._indexes = indexes
        self._embedder = embedder
        self._config = config
        self._today = today
        self._weights = weights_for(embedder.name, config.relevance)
        # The version each tenant had last time: right nearly always, and checked after every search.
        self._seen: dict[str, int] = {}
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="query-embedding")

    def close(self) -> None:
        """Stop the embedding thread. The object cannot be used again."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def search(
        self, tenant: str, queries: Sequence[str], options: RetrievalOptions, include_internal: bool = False
    ) -> list[Retrieval]:
        """One `Retrieval` per query, in order: at most `top_k` passages of relevance >= `threshold`, best first.

        Passages are ordered by fused rank times the weight of their source type, then by relevance and id. Expired
        documents, and internal ones unless asked for, are left out; of near-identical passages the newest stays.
        Without the vector index words alone decide, and `degraded` says `vector_index`. Raises `StorageUnavailable`.
        """
        if not queries:
            return []
        vectors = asyncio.ensure_future(self._embed(queries))
        request = _Request(queries, vectors, options, include_internal)
        try:
            current = self._seen.get(tenant) or await self._indexes.versions.knowledge_version(tenant)
            for _ in range(_ATTEMPTS):
                version = current
                found, degraded = await self._find(tenant, request)
                ids = [chunk_id for item in found for chunk_id in (*item.dense, *item.lexical)]
                candidates, background = await asyncio.gather(
                    self._indexes.memory.candidates(tenant, version, ids),
                    self._indexes.memory.background(tenant, version),
                )
                # What was published meanwhile may be found in part: such an answer is thrown away.
                current = await self._indexes.versions.knowledge_version(tenant)
                if current == version:
                    break
        finally:
            vectors.cancel()
        self._seen[tenant] = current
        weights = self._config.source_weights | dict(options.source_weights)
        scope = _Scope(options, include_internal, self._today(), weights, background)
        return [Retrieval(self._passages(item, candidates, scope), version, degraded) for item in found]

    async def _find(self, tenant: str, request: _Request) -> tuple[list[_Found], tuple[str, ...]]:
        """Raw candidates of each query, and what was down."""
        hybrid = request.options.use_hybrid_search
        dense, lexical = await asyncio.gather(
            self._search_dense(tenant, request), self._search_words(tenant, request if hybrid else None)
        )
        if dense is None and not hybrid:
            lexical = await self._search_words(tenant, request)
        nothing: list[Hits] = [[] for _ in request.queries]
        rows = zip(request.queries, await request.vectors, dense or nothing, lexical or nothing, strict=True)
        found = [_Found(query, vector, _ids(near), _ids(worded)) for query, vector, near, worded in rows]
        return found, () if dense is not None else ("vector_index",)

    async def _search_dense(self, tenant: str, request: _Request) -> list[Hits] | None:
        """The nearest chunks of each query; None if the index is down."""
        vectors = await request.vectors
        limit = self._config.fusion.candidates * (_OVERFETCH_FILTERED if request.options.source_types else _OVERFETCH)
        try:
            return await self._indexes.dense.search(tenant, self._embedder.digest, vectors, limit)
        except IndexUnavailable:
            return None

    async def _search_words(self, tenant: str, request: _Request | None) -> list[Hits]:
        if request is None:
            return []
        limit = self._config.fusion.candidates
        types, internal = request.options.source_types, request.include_internal
        return await self._indexes.lexical.search_all(tenant, request.queries, limit, types, internal)

    async def _embed(self, queries: Sequence[str]) -> Vectors:
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._embedder.embed, list(queries))

    def _passages(self, found: _Found, candidates: Mapping[str, Candidate], scope: _Scope) -> tuple[Passage, ...]:
        admitted = {
            chunk_id: candidates[chunk_id]
            for chunk_id in dict.fromkeys((*found.dense, *found.lexical))
            if chunk_id in candidates and scope.admits(candidates[chunk_id])
        }
        dense = _ranks(found.dense, admitted, self._config.fusion.candidates)
        lexical = _ranks(found.lexical, admitted, self._config.fusion.candidates)
        judge = _Judge(found, scope.background)
        passages = []
        for chunk_id in dense.keys() | lexical.keys():
            candidate = admitted[chunk_id]
            cosine, signals = judge.signals(candidate)
            likely = relevance(self._weights, signals)
            if likely >= scope.options.threshold:
                ranks = dense.get(chunk_id), lexical.get(chunk_id)
                score = self._fused(*ranks) * scope.source_weights.get(candidate.chunk.source_type, 1.0)
                passages.append(Passage(candidate.chunk, likely, cosine, *ranks, score, *astuple(signals)))
        passages.sort(key=lambda passage: (-passage.fused_score, -passage.relevance, passage.chunk.id))
        return tuple(without_duplicates(passages)[: scope.options.top_k])

    def _fused(self, dense_rank: int | None, lexical_rank: int | None) -> float:
        """Reciprocal rank fusion."""
        fusion = self._config.fusion
        dense = 0.0 if dense_rank is None else fusion.dense_weight / (fusion.rrf_k + dense_rank)
        lexical = 0.0 if lexical_rank is None else fusion.lexical_weight / (fusion.rrf_k + lexical_rank)
        return dense + lexical


def _ids(hits: Hits) -> tuple[str, ...]:
    return tuple(chunk_id for chunk_id, _ in hits)


def _ranks(ids: Sequence[str], admitted: Mapping[str, Candidate], limit: int) -> dict[str, int]:
    """Ranks from 1 among the admitted ids, for the first `limit` of them."""
    kept = [chunk_id for chunk_id in ids if chunk_id in admitted][:limit]
    return {chunk_id: rank for rank, chunk_id in enumerate(kept, start=1)}
