"""Searches for some kinds of documents find what an exact search finds, also when the kinds are rare."""

import dataclasses
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from app.embeddings.base import Vectors
from app.knowledge.filtered_search import FilteredSearch, Hits, Scope
from app.storage.chunk_vectors import ChunkVectorRepository
from app.storage.database import Database
from tests.knowledge.published import DIGEST, Page, WordVectors
from tests.knowledge.test_retriever import ALL, Knowledge

COMMON = [
    Page(f"docs/{n}.md", "\n".join(f"Plan note {n} {at}" for at in range(40)), "documentation") for n in range(12)
]
RARE = Page("pricing/rare.md", "The Team plan costs 299 dollars.\nSetup is free.", "pricing")
SECRET = Page("handbook/secret.md", "Secret plan discount.", "pricing", internal=True)
QUERIES = WordVectors().embed(["Plan note 3", "Team plan costs", "Secret plan discount"])


class CountingIndex:
    def __init__(self, knowledge: Knowledge) -> None:
        self._index = knowledge.index
        self.asked: list[int] = []

    async def search(self, tenant: str, digest: str, vectors: Vectors, limit: int) -> list[Hits]:
        self.asked.append(limit)
        return await self._index.search(tenant, digest, vectors, limit)


@pytest.fixture
async def knowledge(database: Database, tmp_path: Path) -> AsyncIterator[Knowledge]:
    knowledge = Knowledge(database, tmp_path / "chroma")
    await knowledge.publish(*COMMON, RARE, SECRET)
    yield knowledge
    await knowledge.close()


@pytest.fixture
def vectors(database: Database) -> ChunkVectorRepository:
    return ChunkVectorRepository(database, DIGEST)


@pytest.mark.parametrize("most_compared", [0, 50_000])
@pytest.mark.parametrize("internal", [False, True])
@pytest.mark.parametrize("types", [("pricing",), ("documentation",), ("pricing", "documentation"), ("unknown",)])
async def test_finds_what_comparing_everything_finds(
    knowledge: Knowledge, vectors: ChunkVectorRepository, types: tuple[str, ...], internal: bool, most_compared: int
) -> None:
    scope = Scope(frozenset(types), internal)
    ids, rows = await vectors.within("acme", scope)
    search = FilteredSearch(knowledge.index, vectors, DIGEST, most_compared=most_compared)
    found = await search.search("acme", 1, scope, QUERIES, 10)
    assert len(found) == len(QUERIES)
    for query, hits in zip(QUERIES, found, strict=True):
        assert len(hits) == min(10, len(ids))
        cosines = sorted(rows @ query, reverse=True)[:10] if ids else []
        assert np.allclose([cosine for _, cosine in hits], cosines, atol=1e-5)
        assert {chunk_id for chunk_id, _ in hits} <= set(ids)


async def test_few_chunks_need_no_index_and_many_little_of_it(
    knowledge: Knowledge, vectors: ChunkVectorRepository
) -> None:
    index = CountingIndex(knowledge)
    search = FilteredSearch(index, vectors, DIGEST, most_compared=100)
    await search.search("acme", 1, Scope(frozenset({"pricing"}), False), QUERIES, 10)
    assert index.asked == []
    await search.search("acme", 1, Scope(frozenset({"documentation"}), False), QUERIES, 10)
    assert index.asked == [31]


async def test_a_new_publication_is_compared_and_tenants_never_meet(
    knowledge: Knowledge, vectors: ChunkVectorRepository
) -> None:
    search = FilteredSearch(knowledge.index, vectors, DIGEST)
    scope = Scope(frozenset({"pricing"}), False)
    [_, before, _] = await search.search("acme", 1, scope, QUERIES, 10)
    version = await knowledge.publish(Page("pricing/rare.md", "The Team plan costs 399 dollars.", "pricing"))
    [_, after, _] = await search.search("acme", version, scope, QUERIES, 10)
    assert len(before) == 2
    assert len(after) == 1
    assert not {hit[0] for hit in before} & {hit[0] for hit in after}
    assert await search.search("globex", 1, scope, QUERIES, 10) == [[], [], []]


async def test_what_was_forgotten_is_read_again_and_others_stay(
    knowledge: Knowledge, vectors: ChunkVectorRepository
) -> None:
    search = FilteredSearch(knowledge.index, vectors, DIGEST)
    scope = Scope(frozenset({"pricing"}), False)
    for tenant in ("acme", "globex"):
        await search.search(tenant, 1, scope, QUERIES, 10)
    assert len(search._compared) == 1
    search.forget("globex")
    assert ("acme", 1, scope) in search._compared
    assert ("globex", 1) not in search._counts
    search.forget("acme")
    assert not search._compared
    assert not search._counts


async def test_what_is_read_while_it_is_forgotten_is_not_remembered(
    knowledge: Knowledge, vectors: ChunkVectorRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = FilteredSearch(knowledge.index, vectors, DIGEST)
    scope = Scope(frozenset({"pricing"}), False)
    within, counts = vectors.within, vectors.counts

    async def erased_meanwhile(tenant: str, scope: Scope) -> tuple[list[str], Vectors]:
        found = await within(tenant, scope)
        search.forget(tenant)
        return found

    async def counted_meanwhile(tenant: str) -> Mapping[tuple[str, bool], int]:
        found = await counts(tenant)
        search.forget(tenant)
        return found

    monkeypatch.setattr(vectors, "within", erased_meanwhile)
    monkeypatch.setattr(vectors, "counts", counted_meanwhile)
    [_, hits, _] = await search.search("acme", 1, scope, QUERIES, 10)
    assert len(hits) == 2
    assert not search._compared
    assert not search._counts


async def test_the_retriever_finds_the_one_price_among_many_notes(knowledge: Knowledge) -> None:
    options = dataclasses.replace(ALL, source_types=("pricing",))
    found = await knowledge.find("Plan note 3", options)
    assert {passage.chunk.source for passage in found} == {"pricing/rare.md"}
    assert all(passage.dense_rank for passage in found)


async def test_a_sample_is_spread_over_all_ids(knowledge: Knowledge, vectors: ChunkVectorRepository) -> None:
    everything = sorted(await knowledge.documents.current_chunk_ids("acme"))
    assert await vectors.sample_ids("acme", 1000) == everything
    some = await vectors.sample_ids("acme", 100)
    assert 50 <= len(some) <= 100
    assert some == everything[4::5]
