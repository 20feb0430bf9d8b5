"""Evidence for a message: what the needs ask for, bounded, and nothing about other products."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.followups.evidence import EvidenceStage
from app.followups.types import (
    BlockKind,
    EdgeCase,
    Evidence,
    EvidenceItem,
    Need,
    NeedRole,
    RetrievalOptions,
    Scope,
    Span,
    Strategy,
)
from app.knowledge.conflicts.register import Dispute
from app.knowledge.types import Passage, Retrieval, StoredChunk
from tests.followups.leads import lead, strategy

ANSWER, PROOF, VALUE = (Need(role, role.value) for role in NeedRole)
FACTS = (EvidenceItem("lead:notes", Scope.LEAD, "Has 12 users", "notes"),)


def passage(name: str, relevance: float = 0.9, fused: float = 0.5, source_type: str = "general") -> Passage:
    text = f"Words of {name}."
    span = Span(0, len(text), BlockKind.PARAGRAPH)
    chunk = StoredChunk(
        id=name,
        document_id=f"document-{name}",
        version_id=f"version-{name}",
        source=f"{source_type}/{name}.md",
        title=name,
        source_type=source_type,
        internal=False,
        text=text,
        start=7,
        end=7 + len(text),
        heading_path=("Plans",),
        page=3,
        blocks=(span,),
        effective_date=None,
        expiry_date=None,
        ingested_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return Passage(chunk, relevance, cosine=0.5, dense_rank=1, lexical_rank=None, fused_score=fused)


def passages(*names: str) -> list[Passage]:
    """Best first."""
    return [passage(name, fused=1 - place / 10) for place, name in enumerate(names)]


@dataclass
class Library:
    """Search results by query, and which products the documents speak about."""

    results: dict[str, Sequence[Passage]] = field(default_factory=dict)
    degraded: dict[str, tuple[str, ...]] = field(default_factory=dict)
    version: int = 4
    known: bool = True
    searches: list[tuple[str, Sequence[str], RetrievalOptions]] = field(default_factory=list)
    disputed: Sequence[Dispute] = ()

    async def search(self, tenant: str, queries: Sequence[str], options: RetrievalOptions) -> list[Retrieval]:
        self.searches.append((tenant, queries, options))
        return [
            Retrieval(tuple(self.results.get(query, ())), self.version, self.degraded.get(query, ()))
            for query in queries
        ]

    async def disputes(self, tenant: str, version: int) -> Sequence[Dispute]:
        assert (tenant, version) == (lead().tenant, max(self.version, 3))
        return self.disputed

    async def mentions(self, tenant: str, product: str) -> bool:
        del tenant, product
        return self.known


async def gather(library: Library, *needs: Need, top_k: int = 5, **fields: Any) -> Evidence:  # noqa: ANN401
    stage = EvidenceStage(library, library, library)
    wanted: Strategy = strategy(needs=needs, **fields)
    return await stage.gather(lead(), wanted, RetrievalOptions(top_k=top_k), FACTS, knowledge_version=3)


def ids(evidence: Evidence) -> set[str]:
    return {item.id for item in evidence.knowledge}


async def test_each_need_keeps_as_many_passages_as_the_caller_wants() -> None:
    library = Library({"answer": passages("a1", "a2", "a3", "a4"), "proof": passages("p1"), "value": passages("v1")})
    assert ids(await gather(library, ANSWER, PROOF, VALUE, top_k=1)) == {"a1", "p1", "v1"}
    assert ids(await gather(library, ANSWER, PROOF, VALUE, top_k=3)) == {"a1", "a2", "a3", "p1", "v1"}


async def test_needs_take_turns_so_that_none_is_crowded_out_of_what_a_message_can_use() -> None:
    many = [f"a{number:02}" for number in range(40)]
    library = Library({"answer": passages(*many), "proof": passages("p1", "p2")})
    kept = ids(await gather(library, ANSWER, PROOF, top_k=20))
    assert len(kept) == 20
    assert {"p1", "p2"} <= kept


async def test_one_search_asks_for_all_needs_and_for_more_than_is_kept() -> None:
    library = Library()
    await gather(library, ANSWER, PROOF, top_k=4)
    [(tenant, queries, options)] = library.searches
    assert (tenant, queries) == ("acme", ["answer", "proof"])
    assert options.top_k > 4


async def test_a_passage_found_for_two_needs_counts_once_with_both_roles() -> None:
    library = Library({
        "answer": [passage("both", relevance=0.6), passage("a2")],
        "proof": [passage("both", relevance=0.8)],
    })
    evidence = await gather(library, ANSWER, PROOF, top_k=2)
    both = next(item for item in evidence.knowledge if item.id == "both")
    assert both.roles == (NeedRole.ANSWER, NeedRole.PROOF)
    assert both.relevance == 0.8
    assert ids(evidence) == {"both", "a2"}


async def test_a_preferred_source_type_decides_between_near_equals_only() -> None:
    need = Need(NeedRole.PROOF, "proof", ("case_studies",))
    case = passage("case", fused=0.95, source_type="case_studies")
    page = passage("page", fused=1.0)
    far_better = passage("far", fused=1.5)
    assert ids(await gather(Library({"proof": [page, case]}), need, top_k=1)) == {"case"}
    assert ids(await gather(Library({"proof": [far_better, case]}), need, top_k=1)) == {"far"}


async def test_what_is_degraded_is_passed_on_once() -> None:
    library = Library(degraded={"answer": ("vector_index",), "proof": ("vector_index", "lexical_index")})
    assert (await gather(library, ANSWER, PROOF)).degraded == ("vector_index", "lexical_index")


async def test_the_version_that_was_searched_is_the_one_reported() -> None:
    assert (await gather(Library(version=9), ANSWER)).knowledge_version == 9


async def test_an_unknown_product_has_no_evidence_and_a_warning() -> None:
    library = Library({"answer": passages("a1")}, known=False)
    evidence = await gather(library, ANSWER)
    assert evidence == Evidence((), FACTS, 3, warnings=("product_unknown",))
    assert library.searches == []


@pytest.mark.parametrize("edge", [EdgeCase.REJECTION, EdgeCase.OPTED_OUT])
async def test_a_rejection_searches_nothing(edge: EdgeCase) -> None:
    library = Library({"answer": passages("a1")})
    assert await gather(library, ANSWER, edge_case=edge) == Evidence((), FACTS, 3)
    assert library.searches == []


async def test_without_needs_nothing_is_searched() -> None:
    library = Library()
    assert await gather(library) == Evidence((), FACTS, 3)
    assert library.searches == []


async def test_an_item_keeps_its_place_in_the_document() -> None:
    found = passage("a1", source_type="pricing")
    [item] = (await gather(Library({"answer": [found]}), ANSWER)).knowledge
    chunk = found.chunk
    assert (item.scope, item.text, item.source, item.start, item.end, item.page) == (
        Scope.KNOWLEDGE, chunk.text, chunk.source, chunk.start, chunk.end, chunk.page,
    )  # fmt: skip
    assert (item.document_id, item.version_id, item.blocks) == (chunk.document_id, chunk.version_id, chunk.blocks)


named = st.lists(
    st.builds(passage, st.sampled_from("abcdefgh"), st.floats(0, 1), st.floats(0, 1)),
    max_size=8,
    unique_by=lambda found: found.chunk.id,
)


@given(named, named, named, st.integers(1, 6))
async def test_evidence_is_bounded_distinct_and_sorted(
    answer: list[Passage], proof: list[Passage], value: list[Passage], top_k: int
) -> None:
    library = Library({"answer": answer, "proof": proof, "value": value})
    items = (await gather(library, ANSWER, PROOF, VALUE, top_k=top_k)).knowledge
    offered = {found.chunk.id for found in (*answer, *proof, *value)}
    assert len(items) == len({item.id for item in items}) <= min(3 * top_k, len(offered))
    assert len(items) >= min(top_k, len(answer))
    assert [item.relevance for item in items] == sorted((item.relevance for item in items), reverse=True)
    assert all(item.roles for item in items)
