import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.followups.scoring import score_followup
from app.followups.types import EdgeCase, Evidence, EvidenceItem, Scope, Topic
from app.grounding.types import ClaimKind, ClaimResult, GroundingReport, Quote, Verdict
from tests.followups.leads import lead, strategy

MESSAGE = "Hi Ramesh, you asked about pricing. The Pro plan costs $299 per month. Shall we talk?"
EVIDENCE = Evidence(
    (
        EvidenceItem("c1", Scope.KNOWLEDGE, "The Pro plan costs $299 per month.", "pricing.pdf", relevance=0.9),
        EvidenceItem("c2", Scope.KNOWLEDGE, "Anderson Corp uses it.", "case.pdf", relevance=0.5),
    ),
    (),
    1,
)


def claim(
    score: float, verdict: Verdict = Verdict.SUPPORTED, source: str | None = "c1", scope: str = "knowledge"
) -> ClaimResult:
    quote = Quote(source, scope, "pricing.pdf", "words", 0, 5) if source else None
    return ClaimResult("words", 0, 5, ClaimKind.ASSERTION, verdict, "because", score, quote)


def confidence(*claims: ClaimResult, edge_case: EdgeCase = EdgeCase.QUESTION, evidence: Evidence = EVIDENCE) -> float:
    report = GroundingReport(claims)
    return score_followup(MESSAGE, lead(), strategy(edge_case), evidence, report, 0.6).confidence


def test_confidence_is_support_of_all_claims_times_relevance() -> None:
    assert confidence(claim(1.0)) == 0.9
    assert confidence(claim(0.8), claim(0.5, source="c2")) == pytest.approx(0.8 * 0.5 * 0.7)


@pytest.mark.parametrize("verdict", [v for v in Verdict if v not in (Verdict.SUPPORTED, Verdict.EXEMPT)])
def test_one_claim_without_support_leaves_no_confidence(verdict: Verdict) -> None:
    assert confidence(claim(1.0), claim(0.9, verdict)) == 0
    assert confidence(claim(1.0), claim(0.9, verdict, source=None)) == 0


def test_claims_about_the_lead_are_no_product_claims() -> None:
    assert confidence(claim(1.0), claim(0.2, source="lead:notes", scope="lead")) == 0.9


def test_without_product_claims_only_a_message_that_wants_none_is_sure() -> None:
    exempt = claim(1.0, Verdict.EXEMPT, source=None)
    nothing = Evidence((), (), 0)
    assert confidence(exempt, evidence=nothing) == 0
    assert confidence(exempt) == 0
    assert confidence(exempt, edge_case=EdgeCase.REJECTION) == 1


def test_a_quote_outside_the_evidence_is_worth_nothing() -> None:
    assert confidence(claim(1.0, source="elsewhere")) == 0


def test_hybrid_confidence_weighs_evidence_and_strategy() -> None:
    report = GroundingReport((claim(1.0),))
    scores = score_followup(MESSAGE, lead(), strategy(confidence=0.5), EVIDENCE, report, 0.6)
    assert scores.strategy_confidence == 0.5
    assert scores.hybrid_confidence == pytest.approx(0.6 * 0.9 + 0.4 * 0.5)


def personal(message: str, **fields: str) -> float:
    return score_followup(message, lead(**fields), strategy(), EVIDENCE, GroundingReport(()), 0.6).personalization


def test_using_what_the_record_offers_is_personal() -> None:
    plain = "Thank you for writing. Shall we talk?"
    industry = {"lead_industry": "manufacturing", "lead_company": "Globex"}
    full = "Hi Ramesh, AI Billing Software pricing for manufacturing at Globex starts at $99. Shall we talk?"
    assert personal(plain, **industry) == 0
    assert personal(full, **industry) == 1
    assert personal(MESSAGE, **industry) < personal(MESSAGE + " It suits manufacturing.", **industry) < 1


def test_attributes_nobody_knows_do_not_count_against_a_message() -> None:
    message = "Hi Ramesh, AI Billing Software pricing starts at $99. Shall we talk?"
    assert personal(message) == 1
    assert personal(message, lead_industry="retail") < 1


def test_a_message_without_a_topic_can_still_be_personal() -> None:
    plan = strategy(topic=Topic.OTHER, subject_of_interest=None)
    scores = score_followup("Hi Ramesh, AI Billing Software it is.", lead(), plan, EVIDENCE, GroundingReport(()), 0.6)
    assert scores.personalization == 1


@given(st.lists(st.floats(0, 1), max_size=6), st.floats(0, 1), st.text(max_size=200))
def test_every_number_is_a_share(supports: list[float], weight: float, message: str) -> None:
    report = GroundingReport(tuple(claim(score) for score in supports))
    scores = score_followup(message, lead(), strategy(), EVIDENCE, report, weight)
    values = (scores.confidence, scores.strategy_confidence, scores.hybrid_confidence, scores.personalization)
    assert all(0 <= value <= 1 for value in values)
