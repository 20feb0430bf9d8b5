"""Remembered searches: equal to fresh ones, per query, never older than the knowledge, never degraded."""

import dataclasses
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from app.followups.types import RetrievalOptions
from app.knowledge.clock import KnowledgeClock
from app.knowledge.retrieval_cache import RetrievalCache
from app.knowledge.types import Retrieval
from app.observability import Metrics
from app.storage.database import Database
from app.storage.tables import TenantRow
from tests.knowledge.published import Page
from tests.knowledge.test_retriever import ALL, PAGES, Knowledge

QUERIES = ["Team plan costs", "Anderson cycles"]


@pytest.fixture
def dialect() -> str:
    return "sqlite"


class Searches:
    """A cache over a real retriever; remembers which queries reached it, and stands still in time until told."""

    def __init__(self, knowledge: Knowledge, capacity: int = 1000, rules: str = "r") -> None:
        self.knowledge = knowledge
        self.asked: list[str] = []
        self.now = 0.0
        self.meanwhile: Callable[[], None] = lambda: None
        self.metrics = Metrics()
        clock = KnowledgeClock(knowledge.documents, knowledge.sync, 0.5, lambda: self.now)
        self.cache = RetrievalCache(
            self,
            clock,
            rules,
            60,
            self.metrics,
            today=lambda: knowledge.today,
            timer=lambda: self.now,
            capacity=capacity,
        )

    async def search(
        self, tenant: str, queries: Sequence[str], options: RetrievalOptions, include_internal: bool = False
    ) -> list[Retrieval]:
        self.asked += queries
        found = await self.knowledge.retriever.search(tenant, queries, options, include_internal)
        self.meanwhile()
        return found

    def taken(self) -> list[str]:
        """What was searched since the last time."""
        asked, self.asked = self.asked, []
        return asked

    def count(self, outcome: str) -> float | None:
        return self.metrics.registry.get_sample_value("followup_retrieval_cache_total", {"outcome": outcome})


@pytest.fixture
async def searches(database: Database, tmp_path: Path) -> AsyncIterator[Searches]:
    knowledge = Knowledge(database, tmp_path / "chroma")
    await knowledge.publish(*PAGES)
    yield Searches(knowledge)
    await knowledge.close()


async def test_a_repeated_search_is_answered_from_memory(searches: Searches) -> None:
    first = await searches.cache.search("acme", QUERIES, ALL)
    assert searches.taken() == QUERIES
    assert await searches.cache.search("acme", QUERIES, ALL) == first
    assert searches.taken() == []
    assert first == await searches.knowledge.retriever.search("acme", QUERIES, ALL)


async def test_only_the_new_queries_of_a_call_are_searched(searches: Searches) -> None:
    await searches.cache.search("acme", QUERIES, ALL)
    searches.taken()
    mixed = [QUERIES[1], "warehouse scanner", QUERIES[0], "warehouse scanner"]
    found = await searches.cache.search("acme", mixed, ALL)
    assert searches.taken() == ["warehouse scanner"]
    assert found == await searches.knowledge.retriever.search("acme", mixed, ALL)
    assert (searches.count("hit"), searches.count("miss")) == (3, 3)


async def test_no_queries_are_no_search(searches: Searches) -> None:
    assert await searches.cache.search("acme", [], ALL) == []
    assert searches.taken() == []


@pytest.mark.parametrize(
    "change",
    [
        {"top_k": 3},
        {"threshold": 0.5},
        {"use_hybrid_search": False},
        {"use_reranking": True},
        {"source_types": ("pricing",)},
        {"source_weights": (("pricing", 2.0),)},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_every_option_is_part_of_the_key(searches: Searches, change: dict[str, object]) -> None:
    options = dataclasses.replace(ALL, **change)  # type: ignore[arg-type]
    await searches.cache.search("acme", QUERIES, ALL)
    searches.taken()
    found = await searches.cache.search("acme", QUERIES, options)
    assert searches.taken() == QUERIES
    assert found == await searches.knowledge.retriever.search("acme", QUERIES, options)


async def test_tenants_and_audiences_never_share(searches: Searches) -> None:
    await searches.knowledge.publish(Page("theirs.md", "The Team plan costs 1 dollar."), tenant="globex")
    [mine] = await searches.cache.search("acme", ["Team plan costs"], ALL)
    [theirs] = await searches.cache.search("globex", ["Team plan costs"], ALL)
    [internal] = await searches.cache.search("acme", ["Team plan costs"], ALL, include_internal=True)
    assert {passage.chunk.source for passage in theirs.passages} == {"theirs.md"}
    assert "theirs.md" not in {passage.chunk.source for passage in mine.passages}
    assert "handbook/discounts.md" in {passage.chunk.source for passage in internal.passages}
    assert "handbook/discounts.md" not in {passage.chunk.source for passage in mine.passages}


async def test_a_publication_ends_every_answer(searches: Searches) -> None:
    await searches.cache.search("acme", QUERIES, ALL)
    await searches.knowledge.publish(Page("pricing/plans.md", "The Team plan costs 399 dollars.", "pricing"))
    searches.now = 1.0
    [retrieval, _] = await searches.cache.search("acme", QUERIES, ALL)
    assert retrieval.knowledge_version == 2
    assert "299" not in " ".join(passage.chunk.text for passage in retrieval.passages)


async def test_an_expired_document_is_gone_the_next_day(searches: Searches) -> None:
    today = searches.knowledge.today
    await searches.knowledge.publish(Page("offer.md", "Summer offer of the Team plan.", expiry_date=today))
    [before] = await searches.cache.search("acme", ["Summer offer"], ALL)
    searches.knowledge.today = date.fromordinal(today.toordinal()) + timedelta(days=1)
    [after] = await searches.cache.search("acme", ["Summer offer"], ALL)
    assert "offer.md" in {passage.chunk.source for passage in before.passages}
    assert "offer.md" not in {passage.chunk.source for passage in after.passages}


async def test_answers_without_the_index_are_not_kept(searches: Searches) -> None:
    await searches.knowledge.index.close()
    for _ in range(2):
        [retrieval] = await searches.cache.search("acme", QUERIES[:1], ALL)
        assert retrieval.degraded == ("vector_index",)
        assert searches.taken() == QUERIES[:1]


async def test_answers_are_not_kept_before_the_index_has_caught_up(searches: Searches) -> None:
    await searches.knowledge.publish(Page("late.md", "Team plan costs nothing extra."), apply=False)
    for _ in range(2):
        await searches.cache.search("acme", QUERIES[:1], ALL)
        assert searches.taken() == QUERIES[:1]
    await searches.knowledge.sync.apply_pending()
    for expected in (QUERIES[:1], []):
        await searches.cache.search("acme", QUERIES[:1], ALL)
        assert searches.taken() == expected


async def test_answers_grow_old(searches: Searches) -> None:
    await searches.cache.search("acme", QUERIES, ALL)
    searches.taken()
    for now, expected in ((59.9, []), (60.1, QUERIES)):
        searches.now = now
        await searches.cache.search("acme", QUERIES, ALL)
        assert searches.taken() == expected


async def test_memory_is_bounded_by_passages(searches: Searches) -> None:
    small = Searches(searches.knowledge, capacity=4)
    assert len(await searches.knowledge.find("Team plan costs")) >= 4
    for _ in range(2):
        await small.cache.search("acme", ["Team plan costs"], ALL)
        assert small.taken() == ["Team plan costs"]
    few = dataclasses.replace(ALL, top_k=1)
    for query in ("Team", "Anderson", "scanner", "Team"):
        await small.cache.search("acme", [query], few)
    assert small.taken() == ["Team", "Anderson", "scanner", "Team"]


async def test_a_tenant_can_be_forgotten(searches: Searches) -> None:
    await searches.knowledge.publish(Page("theirs.md", "The Team plan costs 1 dollar."), tenant="globex")
    for tenant in ("acme", "globex"):
        await searches.cache.search(tenant, QUERIES, ALL)
    searches.taken()
    searches.cache.forget("acme")
    await searches.cache.search("globex", QUERIES, ALL)
    assert searches.taken() == []
    await searches.cache.search("acme", QUERIES, ALL)
    assert searches.taken() == QUERIES


async def test_what_is_searched_while_something_is_forgotten_is_not_remembered(searches: Searches) -> None:
    searches.meanwhile = lambda: searches.cache.forget("acme")
    assert (await searches.cache.search("acme", QUERIES, ALL))[0].passages
    searches.meanwhile = lambda: None
    for expected in (QUERIES + QUERIES, []):
        await searches.cache.search("acme", QUERIES, ALL)
        assert searches.taken() == expected


async def test_a_restored_database_never_meets_answers_of_the_publications_it_lost(
    searches: Searches, database: Database
) -> None:
    """Its next publication has an old number, but is another."""
    await searches.cache.search("acme", QUERIES, ALL)
    searches.taken()
    async with database.session() as session:
        await session.execute(update(TenantRow).values(publication="another"))
    searches.now = 1.0
    await searches.cache.search("acme", QUERIES, ALL)
    assert searches.taken() == QUERIES
