"""The safe template: what it writes for any lead, and for each situation."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import ConfigurationError, LeadOptedOut
from app.followups.generators.base import GenerationInput
from app.followups.generators.phrases import load_phrases
from app.followups.generators.quotable import quotable_sentences
from app.followups.generators.selection import own_names
from app.followups.generators.template import SafeTemplate, subject_line
from app.followups.types import (
    EdgeCase,
    EvidenceItem,
    IntentBand,
    LeadContext,
    Need,
    NeedRole,
    Strategy,
    ThreadMessage,
    Tone,
    Topic,
)
from app.followups.validation import validate
from app.grounding.gate import GroundingGate
from app.language.names import first_name
from app.language.sentences import split_sentences
from app.settings import load_settings
from tests.followups.generators.building import (
    ALL,
    CASE_FOOD,
    PRICES,
    PRODUCT,
    lead,
    paragraph,
    passage,
    strategy,
    task,
)

RULES = load_settings().validation
TEMPLATE = SafeTemplate(RULES)
GATE = GroundingGate(RULES)
TODAY = date(2026, 11, 2)


async def write(lead: LeadContext, strategy: Strategy, knowledge: tuple[EvidenceItem, ...] = ALL) -> str:
    return (await TEMPLATE.generate(task(lead, strategy, knowledge))).text


def statements(text: str) -> list[str]:
    """Sentences between the salutation and the question."""
    return [text[a:b] for a, b in split_sentences(text)][1:-1]


# --------------------------------------------------------------------------- any lead

SUBJECTS = ["pricing", "NetSuite integration", "whether routes can be split", "volume discounts", "encryption", None]
HISTORIES = [
    "",
    "Asked about pricing, stopped responding",
    "Asked about NetSuite integration and encryption",
    "Wants to know whether routes can be split. Asked about volume discounts",
    "Downloaded loading guide on 3 May",
    "Requested demo",
    "Interested in encryption",
]
leads = st.builds(
    lead,
    lead_name=st.sampled_from(["Greta", "Dr. Ana Weiss", "", "O'Neill, Sam", "Will", "José María", "Ng"]),
    product_name=st.sampled_from([PRODUCT, "Yahoo!", "Seamless Suite", "The Very Long Name Of Some Planner For All"]),
    interaction_history=st.sampled_from(HISTORIES),
    objections_raised=st.sampled_from([(), ("price",), ("switching cost",), ("migrating data from old system",)]),
    lead_industry=st.sampled_from([None, "manufacturing", "food"]),
    lead_company=st.sampled_from([None, "Vesterby Foods"]),
    company_size=st.sampled_from([None, "50 people"]),
    thread=st.sampled_from([(), (ThreadMessage("us", "You asked about pricing. " + PRICES.text),)]),
)
strategies = st.builds(
    strategy,
    edge=st.sampled_from([case for case in EdgeCase if case is not EdgeCase.OPTED_OUT]),
    topic=st.sampled_from([None, *Topic]),
    subject=st.sampled_from(SUBJECTS),
    band=st.sampled_from(list(IntentBand)),
    tone=st.sampled_from(list(Tone)),
)
knowledge = st.lists(st.sampled_from(ALL), max_size=5, unique=True).map(tuple)
tasks = st.builds(task, leads, strategies, knowledge, st.sampled_from([60, 80, 120]))


@settings(max_examples=120, deadline=None)
@given(tasks)
async def test_every_message_is_clean_grounded_and_short(given_task: GenerationInput) -> None:
    text = (await TEMPLATE.generate(given_task)).text
    case = given_task.strategy.edge_case
    rejected = case is EdgeCase.REJECTION
    assert len(text.split()) <= given_task.word_limit
    assert not re.search(r"[{}\[\]<>|*_#]|\bNone\b", text)
    assert text.count("?") == (0 if rejected else 1)
    assert rejected or text.endswith("?")
    assert "!" not in text.replace(given_task.lead.product_name, "")
    name = first_name(given_task.lead.lead_name)
    assert name is None or len(re.findall(rf"(?<!\w){re.escape(name)}(?!\w)", text)) == 1
    quotable = {
        quote.text
        for item in given_task.evidence.knowledge
        for quote in quotable_sentences(item, own_names(given_task.lead, given_task.evidence))
    }
    report = GATE.check(text, given_task.lead, given_task.evidence, TODAY)
    assert report.failures == ()
    assert all(claim.text in quotable for claim in report.claims if claim.quote and claim.quote.scope == "knowledge")
    validation = validate(text, given_task.lead, given_task.strategy, RULES, allowed_hosts=[])
    assert [violation.rule for violation in validation.violations if violation.rule != "already_said"] == []


@settings(max_examples=100, deadline=None)
@given(tasks)
async def test_the_same_task_gives_the_same_text(given_task: GenerationInput) -> None:
    again = SafeTemplate(RULES)
    assert await again.generate(given_task) == await TEMPLATE.generate(given_task)


@settings(max_examples=150, deadline=None)
@given(tasks)
def test_subject_lines_are_short_and_name_no_person(given_task: GenerationInput) -> None:
    line = TEMPLATE.subject_line(given_task)
    assert 2 <= len(line.split()) <= 6
    assert not line[0].islower()
    name = first_name(given_task.lead.lead_name)
    assert name is None or not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", line)
    assert not line.lower().startswith(("re:", "fwd:", "fw:"))
    assert "{" not in line
    assert line == subject_line(given_task)


async def test_leads_of_one_campaign_get_different_openings() -> None:
    names = [f"{first}{last}" for first in ("Ada", "Bo", "Cy", "Di", "Ed") for last in ("la", "ra", "na", "ma", "ta")]
    texts = [await write(lead(lead_name=n, interaction_history="Asked about pricing"), strategy()) for n in names * 2]
    assert len({statements(text)[0] for text in texts}) >= 4
    assert len({text.split("\n\n")[-1] for text in texts}) >= 3


async def test_an_opening_of_the_thread_is_not_used_again() -> None:
    first = await write(lead(interaction_history="Asked about pricing"), strategy())
    opening = statements(first)[0]
    told = lead(interaction_history="Asked about pricing", thread=(ThreadMessage("us", f"Hi. {opening} More soon."),))
    assert statements(await write(told, strategy()))[0] != opening


# --------------------------------------------------------------------------- situations


async def test_a_price_question_gets_the_price_a_proof_and_a_next_step() -> None:
    text = await write(lead(interaction_history="Asked about pricing", lead_industry="manufacturing"), strategy())
    assert "pricing" in statements(text)[0]
    assert statements(text)[1:] == [
        "The Harbor plan costs $240 per month and includes route planning.",
        "Olsund Steel shortened its loading times by 22% in the first half-year.",
    ]


async def test_no_evidence_means_no_product_fact_but_a_specialist() -> None:
    text = await write(lead(interaction_history="Asked about pricing"), strategy(), ())
    assert "specialist" in text
    assert not re.search(r"\d", text)


async def test_an_unanswered_question_is_handed_over_instead_of_changing_the_subject() -> None:
    asked = strategy(topic=Topic.INTEGRATION, subject="Zentra integration")
    text = await write(lead(interaction_history="Asked about Zentra integration"), asked)
    assert "Zentra" in text
    assert "specialist" in text
    assert not any(quote.text in text for item in ALL for quote in quotable_sentences(item, (PRODUCT,)))


async def test_a_question_without_a_clean_subject_is_answered_by_its_own_words_or_not_at_all() -> None:
    given = lead(interaction_history="How do pigeons work?")
    asked = replace(
        strategy(topic=Topic.INTEGRATION, subject=None),
        needs=(Need(NeedRole.ANSWER, "How do pigeons work: API", (), "How do pigeons work"),),
    )
    assert "specialist" in await write(given, asked)
    routes = replace(
        asked, needs=(Need(NeedRole.ANSWER, "does the API cover routes: API", (), "does the API cover routes"),)
    )
    assert "The REST API of Depot Planner covers orders, stock and routes." in await write(given, routes)


async def test_a_rejection_is_accepted_without_pitch_or_question() -> None:
    text = await write(lead(interaction_history="Went with another vendor"), strategy(EdgeCase.REJECTION, None, None))
    assert text.split("\n\n")[1].startswith("Thank you")
    assert "?" not in text
    assert PRODUCT not in text


async def test_a_price_objection_is_answered_by_what_it_returns_not_by_the_price() -> None:
    given = lead(objections_raised=("price",))
    text = await write(given, strategy(EdgeCase.OBJECTION, Topic.PRICING, "price"))
    assert "pays for itself within 5 months" in text
    assert "$240" not in text


async def test_out_of_office_is_written_for_afterwards() -> None:
    given = lead(interaction_history="Asked about encryption. Out of office until 5 January")
    text = await write(given, strategy(EdgeCase.OUT_OF_OFFICE, Topic.SECURITY, "encryption"))
    assert re.search(r"welcome back|time away|the break", text, re.IGNORECASE)
    assert "AES-256" in text


async def test_a_customer_is_helped_and_not_sold_to() -> None:
    given = lead(lead_stage="customer", interaction_history="Asked about encryption")
    text = await write(given, strategy(EdgeCase.EXISTING_CUSTOMER, Topic.SECURITY, "encryption"))
    assert statements(text)[0].startswith("Thank you")
    assert CASE_FOOD.text not in text


async def test_cold_leads_are_asked_whether_it_still_matters() -> None:
    text = await write(lead(interaction_history="Asked about pricing"), strategy(EdgeCase.GONE_COLD))
    assert re.search(r"still|another look", text.split("\n\n")[-1])


async def test_nothing_known_is_a_short_honest_question() -> None:
    text = await write(lead(), strategy(EdgeCase.NOTHING_KNOWN, None, None, IntentBand.LOW))
    assert len(text.split()) <= 40
    assert not any(quote.text in text for item in ALL for quote in quotable_sentences(item, (PRODUCT,)))


async def test_low_intent_gets_no_proof() -> None:
    text = await write(lead(interaction_history="Asked about pricing"), strategy(band=IntentBand.LOW))
    assert "31%" not in text
    assert "22%" not in text


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ("Downloaded loading guide", "you downloaded the loading guide"),
        ("Requested demo last week", "you requested a demo"),
        ("Signed up for webinar on routes", "you signed up for the webinar on routes"),
        ("Attended our open day, liked it", "you attended our open day"),
    ],
)
async def test_what_the_record_says_they_did_opens_the_message(history: str, expected: str) -> None:
    text = await write(lead(interaction_history=history), strategy(EdgeCase.NONE, None, None))
    assert expected in text.lower()


@pytest.mark.parametrize(
    "history", ["Opened three e-mails", "Visited the pricing page twice", "Lead scored by partner"]
)
async def test_watching_the_lead_is_never_mentioned(history: str) -> None:
    text = await write(lead(interaction_history=history), strategy(EdgeCase.NONE, None, None))
    assert not re.search(r"opened|visited|scored|page", text, re.IGNORECASE)


async def test_a_topic_that_the_record_does_not_name_is_not_put_into_the_leads_mouth() -> None:
    text = await write(lead(interaction_history="Good first call"), strategy(EdgeCase.NONE, Topic.SECURITY, None))
    assert "security" not in text.lower()


async def test_formal_readers_are_addressed_formally() -> None:
    given = lead(lead_name="Dr. Ana Weiss", interaction_history="Asked about pricing")
    text = await write(given, strategy(tone=Tone.FORMAL))
    assert text.startswith("Dear Dr. Weiss,\n\n")
    assert not re.search(r"!|\w['’](?:s|re|ll|ve|d|t)\b", text)


async def test_an_unusable_name_is_left_out() -> None:
    text = await write(lead(lead_name=""), strategy())
    assert re.match(r"(?:Hello|Hello there),\n\n", text)


async def test_the_leads_own_company_is_no_proof_for_itself() -> None:
    given = lead(interaction_history="Asked about pricing", lead_company="Vesterby Foods")
    assert "Vesterby" not in await write(given, strategy(), (PRICES, CASE_FOOD))


async def test_a_sentence_with_a_banned_phrase_or_the_leads_name_is_not_quoted() -> None:
    knowledge = (
        passage(paragraph("The Last Chance plan costs $20 per month. The Greta plan costs $30 per month.")),
        passage(paragraph("The Quay plan costs $40 per month."), source="pricing/quay.md"),
    )
    text = await write(lead(interaction_history="Asked about pricing"), strategy(), knowledge)
    assert "$40" in text
    assert "$20" not in text
    assert "$30" not in text


async def test_a_phrase_is_banned_as_whole_words_and_a_word_with_its_endings() -> None:
    rules = RULES.model_copy(update={"pressure_phrases": ["lock in"], "banned_phrases": ["unlock"]})
    texts = (
        "The Quay plan locks prices and unlocks reports for $20 per month.",
        "The Lock-in plan costs $30 per month.",
        "The Lock instruments plan costs $40 per month.",
    )
    knowledge = tuple(passage(paragraph(text), source=f"pricing/{at}.md") for at, text in enumerate(texts))
    given_task = task(lead(interaction_history="Asked about pricing"), strategy(), knowledge)
    text = (await SafeTemplate(rules).generate(given_task)).text
    assert "$40" in text
    assert "$20" not in text
    assert "$30" not in text


async def test_the_leads_own_word_for_it_is_left_out_where_a_rule_forbids_it() -> None:
    rules = RULES.model_copy(update={"pressure_phrases": ["lock in"]})
    record = lead(interaction_history="worried about vendor lock-in", objections_raised=("vendor lock-in",))
    given_task = task(record, strategy(EdgeCase.OBJECTION, Topic.SWITCHING, "vendor lock-in"), ())
    text = (await SafeTemplate(rules).generate(given_task)).text
    assert "lock" not in text
    assert validate(text, record, given_task.strategy, rules, allowed_hosts=[]).passed


async def test_a_note_that_asks_nothing_is_not_called_a_question() -> None:
    text = await write(
        lead(interaction_history="route planning"), strategy(EdgeCase.NONE, Topic.FEATURES, "route planning")
    )
    assert "You asked" not in text
    assert "about route planning" in text


async def test_who_wants_to_see_it_is_asked_when() -> None:
    text = await write(lead(interaction_history="Wants a call"), strategy(EdgeCase.NONE, None, None))
    assert text.endswith("?")
    assert re.search(r"\b(?:When|Which day|talk)\b", text.split("\n\n")[-1])


async def test_a_proof_stands_only_beside_what_it_bears_on() -> None:
    asked = lead(interaction_history="Asked about encryption")
    text = await write(asked, strategy(EdgeCase.QUESTION, Topic.SECURITY, "encryption"))
    assert "%" not in text


async def test_a_question_about_what_the_record_holds_is_not_asked() -> None:
    known = [lead(lead_name=f"N{i}a", interaction_history="Asked about pricing", company_size="50") for i in range(30)]
    texts = [await write(given, strategy()) for given in known]
    assert not any("team size" in text for text in texts)


async def test_leads_who_opted_out_get_nothing() -> None:
    with pytest.raises(LeadOptedOut):
        await write(lead(), strategy(EdgeCase.OPTED_OUT, None, None))


async def test_the_draft_says_that_it_is_the_fallback() -> None:
    draft = await TEMPLATE.generate(task(lead(), strategy()))
    assert (draft.generator, draft.fallback, TEMPLATE.can_repair) == ("template", "template", False)
    assert draft.model_digest in TEMPLATE.fingerprint


# --------------------------------------------------------------------------- the phrase bank


def test_common_slots_offer_a_choice() -> None:
    bank = load_phrases()
    few = ("greeting", "subject")
    assert [name for name, phrases in bank.slots.items() if len(phrases) < 4 and not name.startswith(few)] == []
    assert set(bank.labels) == set(Topic) - {Topic.OTHER}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("labels: {}\nslots:\n  open: ['Dear {nmae},']\n", "nmae"),
        ("labels: {}\nslots:\n  open: [{text: 'How many?', unless: [company_sise]}, 'So?']\n", "company_sise"),
        ("labels: {}\nslots:\n  open: [{text: 'How many?', unless: [company_size]}]\n", "open"),
        ("labels: {weather: [rain]}\nslots: {}\n", "weather"),
        ("slots: [", "phrases"),
    ],
)
def test_a_faulty_phrase_bank_is_refused_by_name(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "phrases.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=problem):
        load_phrases(path)
