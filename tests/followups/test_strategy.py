from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.config_files import ScoringConfig
from app.errors import LeadOptedOut
from app.followups.lead_score import LeadScore, band_confidence, band_of
from app.followups.strategy import choose_strategy
from app.followups.types import EdgeCase, IntentBand, NeedRole, Strategy, Tone, Topic
from app.language.words import content_stems
from tests.followups.leads import SCORING, TODAY, lead, said


def decide(history: str = "", **fields: object) -> Strategy:
    return choose_strategy(lead(history, **fields), SCORING, TODAY)


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (100, IntentBand.HIGH),
        (70, IntentBand.HIGH),
        (69.99, IntentBand.MEDIUM),
        (69.5, IntentBand.MEDIUM),
        (40, IntentBand.MEDIUM),
        (39.5, IntentBand.LOW),
        (0, IntentBand.LOW),
    ],
)
def test_every_score_is_in_exactly_one_band(score: float, band: IntentBand) -> None:
    chosen = decide("Asked about pricing", lead_score=score)
    assert (chosen.band, chosen.score) == (band, score)
    rules = getattr(SCORING.strategy_selection, band.value)
    assert (chosen.approach, chosen.cta_type) == (rules.approach, rules.cta_type)


def test_bands_follow_the_configuration() -> None:
    narrow = ScoringConfig.model_validate({
        "strategy_selection": {
            "high_intent": {"score_range": [90, 100], "approach": "a", "cta_type": "b"},
            "medium_intent": {"score_range": [50, 89], "approach": "c", "cta_type": "d"},
            "low_intent": {"score_range": [0, 49], "approach": "e", "cta_type": "f"},
        }
    })
    assert choose_strategy(lead("Asked about pricing", lead_score=72), narrow, TODAY).approach == "c"


def test_a_missing_score_is_the_weighted_mean_of_the_known_parts() -> None:
    # engagement 65; one event: 100 * (1 - 0.6) = 40; 30 days: 50; 1,000 employees: 75
    full = decide("Asked about pricing", engagement_score=65, days_since_contact=30, company_size="1000 employees")
    assert full.score == pytest.approx(0.4 * 65 + 0.3 * 40 + 0.2 * 50 + 0.1 * 75)
    partial = decide("Asked about pricing", engagement_score=65)
    assert partial.score == pytest.approx((0.4 * 65 + 0.3 * 40) / 0.7, abs=0.01)
    assert decide().score == 0


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ({"engagement_pattern": "sporadic"}, {"engagement_pattern": "periodic"}),
        ({"engagement_pattern": "periodic"}, {"engagement_pattern": "daily"}),
        ({"days_since_contact": 60}, {"days_since_contact": 7}),
        ({"company_size": "startup"}, {"company_size": "midmarket"}),
        ({"company_size": "midmarket"}, {"company_size": "Enterprise"}),
        ({"company_size": "11-50"}, {"company_size": "1,000+"}),
        ({"company_size": "900"}, {"company_size": "10k"}),
        ({"thread": said("What does it cost?")}, {"thread": said("What does it cost?") + said("And the API?")}),
    ],
)
def test_more_engagement_contact_or_size_scores_higher(less: dict[str, object], more: dict[str, object]) -> None:
    assert decide("Asked about pricing", **less).score < decide("Asked about pricing", **more).score


@given(st.floats(0, 100), st.floats(0, 1))
def test_confidence_is_a_share_that_is_lowest_on_an_edge(value: float, completeness: float) -> None:
    selection = SCORING.strategy_selection
    confidence = band_confidence(LeadScore(value, completeness), selection)
    assert 0 <= confidence <= completeness + 1e-4
    assert confidence >= band_confidence(LeadScore(70, completeness), selection)
    assert band_of(value, selection) in IntentBand


def test_confidence_grows_with_distance_and_completeness() -> None:
    selection = SCORING.strategy_selection
    assert band_confidence(LeadScore(70, 1.0), selection) == 0.5
    assert band_confidence(LeadScore(77.5, 1.0), selection) == 0.75
    assert band_confidence(LeadScore(95, 1.0), selection) == 1.0
    assert band_confidence(LeadScore(95, 0.4), selection) == 0.4


@pytest.mark.parametrize(
    ("fields", "tone"),
    [
        ({"tone_required": "friendly_helpful", "job_title": "CEO"}, Tone.FRIENDLY),
        ({"tone_required": "Formal"}, Tone.FORMAL),
        ({"tone_required": "informal"}, Tone.FRIENDLY),
        ({"tone_required": "technical"}, Tone.TECHNICAL),
        ({"tone_required": "consultative"}, Tone.PROFESSIONAL),
        ({"job_title": "CFO"}, Tone.FORMAL),
        ({"job_title": "Chief Technology Officer"}, Tone.FORMAL),
        ({"job_title": "Managing Director"}, Tone.FORMAL),
        ({"job_title": "Vice President, Finance"}, Tone.PROFESSIONAL),
        ({"job_title": "Director of Engineering"}, Tone.PROFESSIONAL),
        ({"job_title": "Head of IT"}, Tone.PROFESSIONAL),
        ({"job_title": "Engineering Manager"}, Tone.FRIENDLY),
        ({"job_title": "Assistant to the CEO"}, Tone.FRIENDLY),
        ({"job_title": "Account Executive"}, Tone.FRIENDLY),
        ({"job_title": "Senior Software Engineer"}, Tone.TECHNICAL),
        ({"job_title": "Integration Specialist"}, Tone.TECHNICAL),
        ({"job_title": "Juggler", "lead_industry": "banking"}, Tone.FORMAL),
        ({"lead_industry": "healthcare"}, Tone.PROFESSIONAL),
        ({"lead_industry": "manufacturing"}, Tone.FRIENDLY),
        ({}, Tone.FRIENDLY),
    ],
)
def test_tone_follows_request_then_seniority_then_industry(fields: dict[str, object], tone: Tone) -> None:
    assert decide("Asked about pricing", **fields).tone is tone


def test_a_lead_who_opted_out_is_refused_without_quoting_the_record() -> None:
    with pytest.raises(LeadOptedOut) as refused:
        decide("Please unsubscribe me, said Zanzibar")
    assert refused.value.code == "lead_opted_out"
    assert "Zanzibar" not in refused.value.message
    assert "remove the lead from the sequence" in refused.value.message


def test_a_rejection_gets_no_pitch_and_searches_nothing() -> None:
    chosen = decide("Went with Competitor X", lead_score=90)
    assert (chosen.edge_case, chosen.needs, chosen.cta_type) == (EdgeCase.REJECTION, (), "none")
    assert not chosen.uses_product_evidence


def test_the_original_request_looks_for_prices_and_a_customer_of_the_industry() -> None:
    chosen = decide("Asked about pricing, stopped responding", lead_score=72, lead_industry="manufacturing")
    answer, proof, own = chosen.needs
    assert (own.role, own.query) == (NeedRole.ANSWER, "pricing")
    assert (answer.role, answer.source_types[0]) == (NeedRole.ANSWER, "pricing")
    assert {"plans", "prices", "costs"} <= set(answer.query.replace(":", "").split())
    assert (proof.role, proof.source_types[0]) == (NeedRole.PROOF, "case_studies")
    assert "manufacturing" in proof.query


@pytest.mark.parametrize(
    ("history", "words"),
    [
        ("do you sell garden furniture?", "garden furniture"),
        ("Asked whether you deliver pizza on Sundays", "pizza"),
    ],
)
def test_an_off_topic_question_is_searched_by_its_own_words_alone(history: str, words: str) -> None:
    chosen = decide(history, lead_industry="manufacturing")
    assert [need.role for need in chosen.needs] == [NeedRole.ANSWER]
    assert words in chosen.needs[0].query
    assert not set(content_stems("AI Billing Software")) & set(content_stems(chosen.needs[0].query))


@pytest.mark.parametrize(
    ("history", "topic", "words"),
    [
        ("Asked about NetSuite integration", Topic.INTEGRATION, "NetSuite"),
        ("Does it support SAML login?", Topic.SECURITY, "SAML"),
        ("Asked whether approvals can be split by department", Topic.FEATURES, "split by department"),
        ("concerned about migration of invoices", Topic.SWITCHING, "migration of invoices"),
    ],
)
def test_the_answer_is_searched_by_what_they_said(history: str, topic: Topic, words: str) -> None:
    chosen = decide(history)
    assert chosen.topic is topic
    assert words in chosen.needs[0].query


def test_nothing_asked_means_what_the_product_does_for_them() -> None:
    chosen = decide("Attended our webinar", lead_industry="logistics")
    assert [need.role for need in chosen.needs] == [NeedRole.VALUE, NeedRole.VALUE, NeedRole.PROOF]
    assert chosen.needs[0].query == "AI Billing Software for logistics"
    assert "AI Billing Software" in chosen.needs[1].query
    assert [need.role for need in decide().needs] == [NeedRole.VALUE]


def test_a_customer_is_helped_not_sold_to() -> None:
    chosen = decide("Current customer, asked about pricing", lead_industry="logistics")
    assert chosen.edge_case is EdgeCase.EXISTING_CUSTOMER
    assert {need.role for need in chosen.needs} == {NeedRole.ANSWER}


@pytest.mark.parametrize("edge_case", [case for case in EdgeCase if case is not EdgeCase.OPTED_OUT])
def test_every_situation_has_a_goal(edge_case: EdgeCase) -> None:
    histories = {
        EdgeCase.NONE: "Downloaded a checklist",
        EdgeCase.REJECTION: "not interested",
        EdgeCase.OBJECTION: "too expensive",
        EdgeCase.QUESTION: "asked about pricing",
        EdgeCase.OUT_OF_OFFICE: "OOO until 5 January",
        EdgeCase.EXISTING_CUSTOMER: "current customer",
        EdgeCase.GONE_COLD: "Downloaded a checklist",
        EdgeCase.NOTHING_KNOWN: "",
    }
    chosen = decide(histories[edge_case], days_since_contact=120 if edge_case is EdgeCase.GONE_COLD else None)
    assert chosen.edge_case is edge_case
    assert chosen.goal
    assert len(chosen.needs) <= 4


def test_silence_is_counted_from_the_thread_when_the_crm_does_not_say() -> None:
    thread = [{"author": "lead", "text": "What does it cost?", "sent_at": datetime(2025, 12, 13)}]
    assert decide(thread=thread).score == decide(thread=thread, days_since_contact=7).score


@given(st.text(max_size=120), st.sampled_from([None, 0, 55.5, 100]), st.text(max_size=20))
def test_any_record_gets_a_strategy_or_is_refused(history: str, score: float | None, size: str) -> None:
    try:
        chosen = decide(history, lead_score=score, company_size=size)
    except LeadOptedOut:
        return
    assert 0 <= chosen.score <= 100
    assert 0 <= chosen.confidence <= 1
    assert all(need.query.strip() for need in chosen.needs)
