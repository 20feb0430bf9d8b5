"""Real database (both dialects), real Chroma, both lists and what they are checked against."""

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Sequence
from datetime import date
from pathlib import Path

import pytest

from app.config_files import RelevanceWeights, RetrievalConfig
from app.embeddings.base import Vectors
from app.followups.types import RetrievalOptions
from app.knowledge.index_sync import IndexSync
from app.knowledge.lexical_index import LexicalIndex
from app.knowledge.passage_memory import PassageMemory
from app.knowledge.retriever import Indexes, Retriever
from app.knowledge.types import Passage, Retrieval
from app.knowledge.vector_index import VectorIndex
from app.storage.chunk_vectors import ChunkVectorRepository
from app.storage.database import Database
from app.storage.documents import DocumentRepository
from app.storage.index_log import IndexLog
from tests.knowledge.published import DIGEST, Page, WordVectors, version_of

TODAY = date(2026, 6, 15)
ALL = RetrievalOptions(top_k=20, threshold=0.0)
PAGES = (
    Page("pricing/plans.md", "The Team plan costs 299 dollars per month.\nAnnual billing is cheaper.", "pricing"),
    Page("cases/anderson.md", "Anderson shortened its billing cycles.", "case_studies"),
    Page("docs/setup.md", "Connect the warehouse scanner.\nOpen the dashboard.", "documentation"),
    Page("handbook/discounts.md", "Secret discount of the Team plan.", "pricing", internal=True),
)


class Knowledge:
    """Published documents with everything that searches them."""

    def __init__(self, database: Database, directory: Path, config: RetrievalConfig | None = None) -> None:
        self.documents = DocumentRepository(database)
        vectors = ChunkVectorRepository(database, DIGEST)
        self.index = VectorIndex(directory, "knowledge")
        self.sync = IndexSync(self.documents, vectors, IndexLog(database), self.index, DIGEST)
        self.today = TODAY
        memory = PassageMemory(self.documents, vectors)
        self.indexes = Indexes(self.index, LexicalIndex(database), memory, self.documents, vectors)
        self.retriever = Retriever(self.indexes, WordVectors(), config or RetrievalConfig(), lambda: self.today)

    async def publish(
        self, *pages: Page, tenant: str = "acme", removed: Sequence[str] = (), apply: bool = True, model: str = DIGEST
    ) -> int:
        staged = [await self.documents.stage(tenant, version_of(page, model)) for page in pages]
        version = await self.documents.publish(tenant, staged, removed)
        if apply:
            await self.sync.apply_pending()
        return version

    async def find(
        self, query: str, options: RetrievalOptions = ALL, *, tenant: str = "acme", internal: bool = False
    ) -> tuple[Passage, ...]:
        [retrieval] = await self.retriever.search(tenant, [query], options, internal)
        return retrieval.passages

    async def close(self) -> None:
        self.retriever.close()
        await self.index.close()


@pytest.fixture
async def knowledge(database: Database, tmp_path: Path) -> AsyncIterator[Knowledge]:
    knowledge = Knowledge(database, tmp_path / "chroma")
    await knowledge.publish(*PAGES)
    yield knowledge
    await knowledge.close()


def sources(passages: Sequence[Passage]) -> set[str]:
    return {passage.chunk.source for passage in passages}


async def test_puts_the_answer_first(knowledge: Knowledge) -> None:
    first, *_ = await knowledge.find("what the Team plan costs per month")
    assert first.chunk.text == "The Team plan costs 299 dollars per month."
    assert (first.dense_rank, first.lexical_rank) == (1, 1)
    assert first.chunk.source == "pricing/plans.md"
    assert first.relevance > 0.9


async def test_off_topic_finds_nothing(knowledge: Knowledge) -> None:
    assert await knowledge.find("vegan lasagne recipe", RetrievalOptions(threshold=0.5)) == ()


async def test_one_retrieval_per_query_in_order(knowledge: Knowledge) -> None:
    queries = ["Team plan costs", "Anderson cycles", "", "warehouse scanner"]
    found = await knowledge.retriever.search("acme", queries, RetrievalOptions(top_k=1, threshold=0.5))
    assert [[passage.chunk.source for passage in retrieval.passages] for retrieval in found] == [
        ["pricing/plans.md"],
        ["cases/anderson.md"],
        [],
        ["docs/setup.md"],
    ]
    alone = [(await knowledge.retriever.search("acme", [query], ALL))[0] for query in queries]
    assert await knowledge.retriever.search("acme", queries, ALL) == alone


class SlowVectors(WordVectors):
    """Takes a while for each call, and counts them."""

    calls = 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.calls += 1
        time.sleep(0.05)
        return super().embed(texts)


async def test_searches_at_the_same_time_are_embedded_together(knowledge: Knowledge) -> None:
    embedder = SlowVectors()
    queries = [f"Team plan costs {number}" for number in range(30)]
    alone = [await knowledge.find(query) for query in queries]
    retriever = Retriever(knowledge.indexes, embedder, RetrievalConfig(), lambda: TODAY)
    try:
        found = await asyncio.gather(*(retriever.search("acme", [query], ALL) for query in queries))
    finally:
        retriever.close()
    assert [retrieval.passages for [retrieval] in found] == alone
    assert embedder.calls <= 5


async def test_no_queries_and_no_documents(knowledge: Knowledge) -> None:
    assert await knowledge.retriever.search("acme", [], ALL) == []
    assert await knowledge.retriever.search("nobody", ["plan"], ALL) == [Retrieval((), 0)]


async def test_carries_the_knowledge_version(knowledge: Knowledge) -> None:
    version = await knowledge.publish(Page("new.md", "Something new."))
    [retrieval] = await knowledge.retriever.search("acme", ["plan"], ALL)
    assert retrieval.knowledge_version == version == 2


async def test_threshold_and_top_k_cut(knowledge: Knowledge) -> None:
    everything = await knowledge.find("Team plan billing")
    limit = sorted(passage.relevance for passage in everything)[-2]
    some = await knowledge.find("Team plan billing", RetrievalOptions(top_k=20, threshold=limit))
    assert some == tuple(passage for passage in everything if passage.relevance >= limit)
    assert 1 <= len(some) < len(everything)
    assert await knowledge.find("Team plan billing", RetrievalOptions(top_k=1, threshold=0)) == everything[:1]


async def test_results_are_ordered_and_repeatable(knowledge: Knowledge) -> None:
    found = await knowledge.find("Team plan billing dashboard")
    keys = [(-passage.fused_score, -passage.relevance, passage.chunk.id) for passage in found]
    assert keys == sorted(keys)
    assert all([await knowledge.find("Team plan billing dashboard") == found for _ in range(3)])


async def test_a_word_is_found_that_the_vectors_miss(knowledge: Knowledge) -> None:
    await knowledge.publish(*(Page(f"{n}.md", f"Filler text number {n} about nothing.") for n in range(90)))
    await knowledge.publish(Page("x.md", f"QZXW {'other words ' * 12}"), apply=False)
    [first, *_] = await knowledge.find("QZXW")
    assert (first.chunk.source, first.dense_rank, first.lexical_rank) == ("x.md", None, 1)
    assert await knowledge.find("QZXW", dataclasses.replace(ALL, use_hybrid_search=False, threshold=0.5)) == ()


class TestScope:
    async def test_tenants_never_meet(self, knowledge: Knowledge) -> None:
        await knowledge.publish(Page("theirs.md", "The Team plan costs 1 dollar."), tenant="globex")
        assert sources(await knowledge.find("Team plan costs", tenant="globex")) == {"theirs.md"}
        assert "theirs.md" not in sources(await knowledge.find("Team plan costs"))

    async def test_an_id_of_another_tenant_in_the_index_is_dropped(self, knowledge: Knowledge) -> None:
        page = Page("theirs.md", "The Team plan costs 1 dollar.")
        await knowledge.publish(page, tenant="globex")
        [theirs] = await knowledge.documents.current_chunk_ids("globex")
        await knowledge.index.add("acme", DIGEST, [theirs], version_of(page).vectors)
        assert "theirs.md" not in sources(await knowledge.find("Team plan costs"))

    async def test_internal_documents_only_on_request(self, knowledge: Knowledge) -> None:
        assert "handbook/discounts.md" not in sources(await knowledge.find("Secret discount"))
        assert "handbook/discounts.md" in sources(await knowledge.find("Secret discount", internal=True))

    async def test_many_internal_documents_do_not_crowd_out_the_others(self, knowledge: Knowledge) -> None:
        pages = [Page(f"handbook/{n}.md", f"Team plan costs note {n}", internal=True) for n in range(100)]
        await knowledge.publish(*pages)
        assert "pricing/plans.md" in sources(await knowledge.find("Team plan costs"))

    async def test_source_types_are_a_filter(self, knowledge: Knowledge) -> None:
        options = dataclasses.replace(ALL, source_types=("case_studies", "documentation"))
        assert sources(await knowledge.find("Team plan billing", options)) == {"cases/anderson.md", "docs/setup.md"}

    async def test_expired_documents_are_left_out_from_the_day_after(self, knowledge: Knowledge) -> None:
        await knowledge.publish(Page("old.md", "The Team plan costs 199 dollars.", expiry_date=TODAY))
        assert "old.md" in sources(await knowledge.find("Team plan costs"))
        knowledge.today = date(2026, 6, 16)
        assert "old.md" not in sources(await knowledge.find("Team plan costs"))

    async def test_of_two_price_lists_that_say_the_same_the_newer_stays(self, knowledge: Knowledge) -> None:
        text = "The Solo plan includes one named user, ten invoices, two reports and help by email; it costs monthly"
        for year in (2024, 2022):
            page = Page(f"prices_{year}.md", f"{text} {year - 2000} dollars.", effective_date=date(year, 1, 1))
            await knowledge.publish(page)
        found = [source for source in sources(await knowledge.find("Solo plan")) if source.startswith("prices")]
        assert found == ["prices_2024.md"]

    async def test_copies_are_given_only_where_they_are_asked_for(self, knowledge: Knowledge) -> None:
        await knowledge.publish(*(Page(f"{folder}/crane.md", "Lift crates with the crane.") for folder in "ab"))
        everything = Retriever(knowledge.indexes, WordVectors(), RetrievalConfig(), lambda: TODAY, duplicates=True)
        try:
            [both] = await everything.search("acme", ["Lift crates"], ALL)
        finally:
            everything.close()
        cranes = {"a/crane.md", "b/crane.md"}
        assert cranes <= {*sources(both.passages)}
        assert len(cranes & {*sources(await knowledge.find("Lift crates"))}) == 1

    async def test_of_a_manual_in_versions_only_the_newest_unless_named(self, knowledge: Knowledge) -> None:
        pages = [
            Page(f"docs/{version}/setup.md", f"Rent the hangar {version}.\nPay {version} in advance.")
            for version in ("1.9", "1.10", "latest")
        ]
        await knowledge.publish(*pages)
        found = await knowledge.find("Rent the hangar")
        assert {source for source in sources(found) if "setup.md" in source} == {
            "docs/latest/setup.md",
            "docs/setup.md",
        }
        assert "docs/1.9/setup.md" in sources(await knowledge.find("Rent the hangar 1.9"))


class TestChanges:
    async def test_a_changed_document_is_found_by_its_new_text_alone(self, knowledge: Knowledge) -> None:
        await knowledge.find("Anderson cycles")
        await knowledge.publish(Page("cases/anderson.md", "Anderson moved to Denver."), apply=False)
        assert {passage.chunk.text for passage in await knowledge.find("Anderson")} >= {"Anderson moved to Denver."}
        assert not any("cycles" in passage.chunk.text for passage in await knowledge.find("Anderson billing cycles"))
        await knowledge.sync.apply_pending()
        assert not any("cycles" in passage.chunk.text for passage in await knowledge.find("Anderson billing cycles"))

    async def test_a_removed_document_is_gone_before_the_index_knows(self, knowledge: Knowledge) -> None:
        await knowledge.find("Anderson cycles")
        await knowledge.publish(removed=["cases/anderson.md"], apply=False)
        assert "cases/anderson.md" not in sources(await knowledge.find("Anderson cycles"))

    async def test_chunks_of_another_model_are_found_by_words(self, knowledge: Knowledge) -> None:
        await knowledge.publish(Page("old_model.md", "Zeppelin hangar rental."), model="e" * 64)
        [found] = [p for p in await knowledge.find("Zeppelin hangar rental") if p.chunk.source == "old_model.md"]
        assert (found.dense_rank, found.lexical_rank, found.cosine) == (None, 1, 0)


class TestWeights:
    async def test_a_request_overrides_the_weight_of_a_kind(self, database: Database, tmp_path: Path) -> None:
        config = RetrievalConfig(source_weights={"pricing": 5.0})
        knowledge = Knowledge(database, tmp_path / "chroma", config)
        await knowledge.publish(
            Page("a.md", "Invoices and approvals explained.", "blog"), Page("b.md", "Invoices of the plan.", "pricing")
        )
        assert (await knowledge.find("approvals of invoices"))[0].chunk.source == "b.md"
        options = dataclasses.replace(ALL, source_weights=(("pricing", 0.1), ("blog", 1.0)))
        assert (await knowledge.find("approvals of invoices", options))[0].chunk.source == "a.md"
        await knowledge.close()

    async def test_relevance_has_the_weights_of_the_model(self, database: Database, tmp_path: Path) -> None:
        weights = RelevanceWeights(intercept=100, contrast=0, coverage=0, heading_coverage=0)
        knowledge = Knowledge(database, tmp_path / "chroma", RetrievalConfig(relevance={"words": weights}))
        await knowledge.publish(*PAGES)
        found = await knowledge.find("anything")
        assert found
        assert all(passage.relevance > 0.999 for passage in found)
        await knowledge.close()


class TestIndexDown:
    async def test_words_alone_answer_and_the_caller_is_told(self, knowledge: Knowledge) -> None:
        before = await knowledge.find("Anderson cycles")
        await knowledge.index.close()
        [retrieval] = await knowledge.retriever.search("acme", ["Anderson cycles"], ALL)
        assert retrieval.degraded == ("vector_index",)
        assert retrieval.passages[0].chunk == before[0].chunk
        assert retrieval.passages[0].dense_rank is None
        # Vectors are in the database too, so the judgement stays the same.
        assert retrieval.passages[0].relevance == pytest.approx(before[0].relevance)

    async def test_so_do_searches_that_asked_for_vectors_only(self, knowledge: Knowledge) -> None:
        await knowledge.index.close()
        options = dataclasses.replace(ALL, use_hybrid_search=False)
        assert "cases/anderson.md" in sources(await knowledge.find("Anderson cycles", options))

    async def test_is_not_reported_when_it_is_up(self, knowledge: Knowledge) -> None:
        [retrieval] = await knowledge.retriever.search("acme", ["plan"], ALL)
        assert retrieval.degraded == ()


async def test_concurrent_searches_and_publications_agree(knowledge: Knowledge) -> None:
    """Every answer is one whole publication, old or new: never both, never neither."""

    async def publish() -> None:
        for number in range(8):
            await knowledge.publish(Page("counter.md", f"Counter stands at {number}.\nNumber {number} it is."))

    async def search() -> None:
        for _ in range(15):
            found = [p for p in await knowledge.find("Counter stands at number") if p.chunk.source == "counter.md"]
            assert len({passage.chunk.version_id for passage in found}) == 1

    await knowledge.publish(Page("counter.md", "Counter stands at zero.\nNumber zero it is."))
    await asyncio.gather(publish(), search(), search())
