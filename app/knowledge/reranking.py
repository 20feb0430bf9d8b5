"""A second look at the best passages by a model that reads query and passage together."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Protocol

from app.config_files import Rerank
from app.errors import AppError
from app.followups.types import RetrievalOptions
from app.knowledge.types import Passage, Retrieval
from app.observability import get_logger

_DEGRADED = "reranker"
_log = get_logger("reranking")


class Reranker(Protocol):
    """Thread-safe. `score` raises an `AppError` when it cannot answer within `seconds`."""

    def score(self, query: str, texts: Sequence[str], seconds: float) -> list[float]: ...


class PassageSource(Protocol):
    async def search(
        self, tenant: str, queries: Sequence[str], options: RetrievalOptions, include_internal: bool = False
    ) -> list[Retrieval]: ...


class RerankedSearch:
    """Searches `inner` for more passages than wanted and puts them in the reranker's order, where options ask for it.

    What is relevant does not change, only the order. When the reranker fails or is too slow, the order stays and
    `degraded` says `reranker`.
    """

    def __init__(self, inner: PassageSource, reranker: Reranker, config: Rerank) -> None:
        self._inner = inner
        self._reranker = reranker
        self._config = config
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reranker")

    def close(self) -> None:
        """Stop the thread. The object cannot be used again."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def search(
        self, tenant: str, queries: Sequence[str], options: RetrievalOptions, include_internal: bool = False
    ) -> list[Retrieval]:
        """As the retriever's. All queries together get `max_seconds`."""
        if not options.use_reranking:
            return await self._inner.search(tenant, queries, options, include_internal)
        wide = replace(options, top_k=max(options.top_k, self._config.candidates))
        found = await self._inner.search(tenant, queries, wide, include_internal)
        end = asyncio.get_running_loop().time() + self._config.max_seconds
        return [
            await self._reranked(query, retrieval, options.top_k, end)
            for query, retrieval in zip(queries, found, strict=True)
        ]

    async def _reranked(self, query: str, found: Retrieval, top_k: int, end: float) -> Retrieval:
        loop = asyncio.get_running_loop()
        best, rest = found.passages[: self._config.candidates], found.passages[self._config.candidates :]
        degraded = found.degraded
        if len(best) > 1:
            texts = [_text(passage) for passage in best]
            work = partial(self._reranker.score, query, texts, max(0.0, end - loop.time()))
            try:
                async with asyncio.timeout_at(end):
                    scores = await loop.run_in_executor(self._executor, work)
                order = sorted(range(len(best)), key=lambda at: -scores[at])
                best = tuple(best[at] for at in order)
            except (AppError, TimeoutError) as error:
                _log.warning("reranking_failed", error_type=type(error).__name__)
                degraded = (*degraded, _DEGRADED)
        return replace(found, passages=(*best, *rest)[:top_k], degraded=degraded)


def _text(passage: Passage) -> str:
    chunk = passage.chunk
    return "\n".join((" › ".join(dict.fromkeys((chunk.title, *chunk.heading_path))), chunk.text)).strip()
