"""The order of the best passages by a reranker, and what happens when it cannot keep up."""

import asyncio
import time
from collections.abc import Sequence

from app.config_files import Rerank
from app.errors import ModelUnavailable
from app.followups.types import RetrievalOptions
from app.knowledge.reranking import RerankedSearch
from app.knowledge.types import Retrieval
from tests.knowledge.test_duplicates import passage

TEXTS = ("one", "four four", "two two two", "nine")
OPTIONS = RetrievalOptions(top_k=2, use_reranking=True)


class Found:
    """Always the same passages, as many as wanted."""

    def __init__(self) -> None:
        self.passages = tuple(passage(f"{text}.md", text) for text in TEXTS)

    async def search(
        self, tenant: str, queries: Sequence[str], options: RetrievalOptions, include_internal: bool = False
    ) -> list[Retrieval]:
        assert tenant == "acme"
        assert not include_internal
        return [Retrieval(self.passages[: options.top_k], 1) for _ in queries]


class ByLength:
    """Longer texts are better."""

    def __init__(self, seconds: float = 0.0, fails: bool = False) -> None:
        self._seconds = seconds
        self._fails = fails

    def score(self, query: str, texts: Sequence[str], seconds: float) -> list[float]:
        assert query == "question"
        assert seconds >= 0
        time.sleep(self._seconds)
        if self._fails:
            raise ModelUnavailable("down")
        return [float(len(text)) for text in texts]


def texts(found: Retrieval) -> list[str]:
    return [kept.chunk.text for kept in found.passages]


async def search(reranker: ByLength, options: RetrievalOptions = OPTIONS, queries: int = 1) -> list[Retrieval]:
    reranked = RerankedSearch(Found(), reranker, Rerank(candidates=3, max_seconds=0.2))
    try:
        return await reranked.search("acme", ["question"] * queries, options)
    finally:
        reranked.close()


async def test_the_best_of_the_candidates_come_first() -> None:
    [found] = await search(ByLength())
    assert texts(found) == ["two two two", "four four"]
    assert found.degraded == ()


async def test_only_where_it_is_asked_for() -> None:
    [found] = await search(ByLength(), RetrievalOptions(top_k=2))
    assert texts(found) == ["one", "four four"]


async def test_a_failure_keeps_the_order_and_says_so() -> None:
    [found] = await search(ByLength(fails=True))
    assert (texts(found), found.degraded) == (["one", "four four"], ("reranker",))


async def test_time_is_for_all_queries_together() -> None:
    begin = asyncio.get_running_loop().time()
    found = await search(ByLength(seconds=0.15), queries=3)
    assert asyncio.get_running_loop().time() - begin < 1
    assert found[0].degraded == ()
    assert [item.degraded for item in found[1:]] == [("reranker",), ("reranker",)]
