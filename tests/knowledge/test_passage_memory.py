"""What is remembered about passages, and for how long."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import numpy as np

from app.embeddings.base import Vectors
from app.followups.types import BlockKind, Span
from app.knowledge.passage_memory import Candidate, PassageMemory, candidate
from app.knowledge.types import StoredChunk
from app.language.words import content_stems


def chunk(chunk_id: str, text: str = "Invoices are drafted", blocks: tuple[Span, ...] = ()) -> StoredChunk:
    return StoredChunk(
        id=chunk_id,
        document_id="d",
        version_id="v",
        source="case_studies/anderson_corp.md",
        title="Anderson",
        source_type="case_studies",
        internal=False,
        text=text,
        start=0,
        end=len(text),
        heading_path=("Results in plants",),
        page=None,
        blocks=blocks,
        effective_date=None,
        expiry_date=None,
        ingested_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


class Store:
    """Current chunks that a test can take away; counts how often it is asked."""

    def __init__(self, *ids: str) -> None:
        self.current = {chunk_id: chunk(chunk_id, f"Invoices of {chunk_id}") for chunk_id in ids}
        self.asked: list[str] = []

    async def prepared(
        self, tenant: str, ids: Sequence[str], prepare: Callable[[StoredChunk, Vectors | None], Candidate]
    ) -> dict[str, Candidate]:
        assert tenant
        self.asked += ids
        vectors = {chunk_id: np.full(4, len(chunk_id), dtype=np.float32) for chunk_id in ids}
        found = [chunk_id for chunk_id in ids if chunk_id in self.current]
        return {chunk_id: prepare(self.current[chunk_id], vectors[chunk_id]) for chunk_id in found}

    async def sources(self, tenant: str) -> list[str]:
        assert tenant
        return ["docs/1.0/setup.md", "docs/2.0/setup.md"]

    async def sample_ids(self, tenant: str, size: int) -> list[str]:
        assert tenant
        return sorted(self.current)[:size]


async def test_asks_once_per_version_and_never_serves_an_earlier_one() -> None:
    store = Store("a", "b")
    memory = PassageMemory(store, store)
    assert set(await memory.candidates("acme", 1, ["a", "b", "gone", "a"])) == {"a", "b"}
    assert set(await memory.candidates("acme", 1, ["b", "a"])) == {"a", "b"}
    assert store.asked == ["a", "b", "gone"]
    del store.current["a"]
    assert set(await memory.candidates("acme", 2, ["a", "b"])) == {"b"}


async def test_tenants_share_nothing() -> None:
    store = Store("a")
    memory = PassageMemory(store, store)
    await memory.candidates("acme", 1, ["a"])
    await memory.background("acme", 1)
    del store.current["a"]
    assert await memory.candidates("globex", 1, ["a"]) == {}
    assert (await memory.background("globex", 1)).size == 0


async def test_is_bounded() -> None:
    store = Store("a", "b", "c")
    memory = PassageMemory(store, store, capacity=2)
    await memory.candidates("acme", 1, ["a", "b", "c"])
    await memory.candidates("acme", 1, ["a"])
    assert store.asked == ["a", "b", "c", "a"]


async def test_the_background_is_taken_once_per_version() -> None:
    store = Store("a", "bb")
    memory = PassageMemory(store, store)
    background = await memory.background("acme", 1)
    assert await memory.background("acme", 1) is background
    assert (background.size, background.holders["invoic"]) == (2, 2)
    assert background.centre is not None
    assert background.centre.tolist() == [1.5] * 4
    store.current["ccc"] = chunk("ccc")
    assert (await memory.background("acme", 2)).size == 3


async def test_the_background_of_many_chunks_is_a_sample_that_repeats() -> None:
    store = Store(*(f"{number:04}" for number in range(2000)))
    one = await PassageMemory(store, store).background("acme", 1)
    two = await PassageMemory(store, store).background("acme", 1)
    assert 100 <= one.size <= 1000
    assert one.holders == two.holders


def test_what_a_passage_is_about_comes_from_title_headings_place_and_kind() -> None:
    found = candidate(chunk("a"), None)
    assert found.heading_stems == set(content_stems("Anderson Corp results plants case studies"))
    assert found.stems == found.heading_stems | set(content_stems("Invoices are drafted"))


def test_words_in_code_do_not_count() -> None:
    text = "Ring us\nrefund(invoice)"
    found = candidate(chunk("a", text, (Span(0, 7, BlockKind.PARAGRAPH), Span(8, 23, BlockKind.CODE))), None)
    assert "refund" not in found.stems
    assert "ring" in found.stems


async def test_what_is_read_while_something_is_forgotten_is_not_remembered() -> None:
    store = Store("a")
    memory = PassageMemory(store, store)
    read = store.prepared

    async def forgotten_meanwhile(
        tenant: str, ids: Sequence[str], prepare: Callable[[StoredChunk, Vectors | None], Candidate]
    ) -> dict[str, Candidate]:
        found = await read(tenant, ids, prepare)
        memory.forget(tenant)
        return found

    store.prepared = forgotten_meanwhile  # type: ignore[method-assign]
    assert set(await memory.candidates("acme", 1, ["a"])) == {"a"}
    assert not memory.holds("acme", 1, ["a"])
    first = await memory.background("acme", 1)
    assert await memory.background("acme", 1) is not first


async def test_the_background_of_a_tenant_does_not_wait_for_another() -> None:
    store = Store("a")
    memory = PassageMemory(store, store)
    sample, may_end = store.sample_ids, asyncio.Event()
    asked: list[str] = []

    async def slow_for_globex(tenant: str, size: int) -> list[str]:
        asked.append(tenant)
        if tenant == "globex":
            await may_end.wait()
        return await sample(tenant, size)

    store.sample_ids = slow_for_globex  # type: ignore[method-assign]
    slow = [asyncio.create_task(memory.background("globex", 1)) for _ in range(3)]
    while not asked:
        await asyncio.sleep(0)
    async with asyncio.timeout(5):
        assert (await memory.background("acme", 1)).size == 1
    may_end.set()
    first, *others = await asyncio.gather(*slow)
    assert all(background is first for background in others)
    assert asked == ["globex", "acme"]
