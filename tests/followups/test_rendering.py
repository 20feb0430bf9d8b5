"""The response body of a finished message: its sources, its claims and its verdict."""

import json
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.followups.drafting import CheckedDraft
from app.followups.rendering import Finished, display_names, render_body
from app.followups.types import Draft, Evidence, EvidenceItem, GenerationOptions, Scope, Scores
from app.grounding.types import ClaimKind, ClaimResult, GroundingReport, Quote, Verdict
from tests.followups.leads import strategy

NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
names = st.sampled_from(["prices.md", "plans.pdf", "case.docx"])
paths = st.lists(
    st.builds(lambda folders, name: "/".join((*folders, name)), st.lists(st.sampled_from("ab"), max_size=2), names),
    unique=True,
)


def item(source: str, relevance: float = 0.9) -> EvidenceItem:
    return EvidenceItem(f"id-{source}", Scope.KNOWLEDGE, "Words.", source, relevance)


def claim(verdict: Verdict, source: str | None = None, scope: str = "knowledge") -> ClaimResult:
    quote = None if source is None else Quote(f"id-{source}", scope, source, "Words.", 10, 16, 2, "document", 31)
    kind = ClaimKind.GREETING if verdict is Verdict.EXEMPT else ClaimKind.ASSERTION
    return ClaimResult("Words.", 0, 6, kind, verdict, "a reason", 0.123456, quote)


def body(*claims: ClaimResult, knowledge: tuple[EvidenceItem, ...] = (), **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    draft = Draft("Hi.", fields.pop("generator", "template"), "model", "digest", "prompt@1", warnings=("cut", "both"))
    return render_body(
        Finished(
            message_id="m-1",
            subject="Pricing",
            checked=CheckedDraft(draft, GroundingReport(claims), **fields),
            evidence=Evidence(knowledge, (), 12),
            strategy=strategy(),
            scores=Scores(0.5, 0.6, 0.7, 0.8),
            options=GenerationOptions(),
            rules_version="rules-1",
            warnings=["both", "first"],
            created_at=NOW,
        )
    )


@given(paths)
def test_display_names_never_confuse_two_sources(sources: list[str]) -> None:
    shown = display_names(sources)
    assert len(set(shown)) == len(sources)
    for source, name in zip(sources, shown, strict=True):
        others = [PurePosixPath(other).name for other in sources if other != source]
        expected = source if PurePosixPath(source).name in others else PurePosixPath(source).name
        assert name == expected


def test_cited_documents_come_first_in_the_order_of_the_message() -> None:
    knowledge = tuple(map(item, ("a/best.md", "b/second.md", "c/third.md")))
    claims = (
        claim(Verdict.EXEMPT),
        claim(Verdict.SUPPORTED, "c/third.md"),
        claim(Verdict.SUPPORTED, "notes", "lead"),
        claim(Verdict.SUPPORTED, "b/second.md"),
        claim(Verdict.SUPPORTED, "c/third.md"),
    )
    done = body(*claims, knowledge=knowledge)
    assert done["retrieval_sources"] == done["rag_sources"] == ["third.md", "second.md", "best.md"]
    assert done["generation_metadata"]["num_docs_used"] == 2


@pytest.mark.parametrize(
    ("claims", "knowledge", "verdict"),
    [
        ((claim(Verdict.EXEMPT),), (), "no_evidence"),
        ((claim(Verdict.EXEMPT),), (item("a.md"),), "no_product_claims"),
        ((claim(Verdict.SUPPORTED, "notes", "lead"),), (item("a.md"),), "no_product_claims"),
        ((claim(Verdict.SUPPORTED, "a.md"),), (item("a.md"),), "grounded"),
    ],
)
def test_the_verdict_says_what_the_message_rests_on(
    claims: tuple[ClaimResult, ...], knowledge: tuple[EvidenceItem, ...], verdict: str
) -> None:
    assert body(*claims, knowledge=knowledge)["grounding"]["verdict"] == verdict


def test_claims_are_counted_and_what_was_done_to_the_draft_is_told() -> None:
    claims = (claim(Verdict.EXEMPT), claim(Verdict.EXEMPT), claim(Verdict.SUPPORTED, "a.md"))
    done = body(*claims, knowledge=(item("a.md"),), dropped=2, repairs=1)
    assert done["grounding"] == {
        "verdict": "grounded",
        "verified": True,
        "claims_supported": 1,
        "claims_exempt": 2,
        "sentences_dropped": 2,
        "repairs": 1,
    }


@pytest.mark.parametrize("verdict", [Verdict.UNSUPPORTED, Verdict.CONTRADICTED, Verdict.MISATTRIBUTED, Verdict.STALE])
def test_a_message_with_any_other_verdict_is_not_called_verified(verdict: Verdict) -> None:
    done = body(claim(Verdict.SUPPORTED, "a.md"), claim(verdict))
    assert not done["grounding_verified"]
    assert not done["grounding"]["verified"]


def test_a_claim_shows_its_quote_with_offsets_page_and_age() -> None:
    [shown] = body(claim(Verdict.SUPPORTED, "a.md"))["claims"]
    assert shown["score"] == 0.1235
    assert shown["quote"] == {
        "text": "Words.",
        "source": "a.md",
        "scope": "knowledge",
        "evidence_id": "id-a.md",
        "document_id": "document",
        "start": 10,
        "end": 16,
        "page": 2,
        "age_days": 31,
    }


@pytest.mark.parametrize(
    ("generator", "shown"), [("rag", "rag_llm"), ("hybrid", "hybrid_llm"), ("template", "safe_template")]
)
def test_the_original_name_of_the_model_follows_the_writer(generator: str, shown: str) -> None:
    done = body(generator=generator)
    assert (done["model_used"], done["generator_used"]) == (shown, generator)


def test_the_body_is_json_and_each_number_stands_under_its_original_names() -> None:
    done = body()
    assert json.loads(json.dumps(done)) == done
    assert done["confidence_score"] == done["confidence"] == done["rag_confidence"] == 0.5
    assert (done["strategy_confidence"], done["hybrid_confidence"], done["personalization_score"]) == (0.6, 0.7, 0.8)
    assert done["versions"]["knowledge"] == 12
    assert done["generation_metadata"]["timestamp"] == NOW.isoformat()
    assert done["warnings"] == ["both", "first", "cut"]
