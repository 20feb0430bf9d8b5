"""Which sentences may stand in a message, and which one answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.followups.generators.quotable import Wish, candidates, choose, quotable_sentences
from app.followups.generators.quotable.price_rows import verbalise_price_row
from app.followups.generators.quotable.rules import why_not
from app.followups.types import BlockKind, EvidenceItem, NeedRole, Topic
from tests.followups.generators.building import ALL, CASE_FOOD, PRICES, PRODUCT, paragraph, passage, row

GOOD = [
    "The Harbor plan costs $240 per month and includes route planning.",
    "Depot Planner shows the stock of every warehouse on one map.",
    "Vesterby Foods, a maker of frozen meals, cut its picking errors by 31% within two months.",
    "All data in Depot Planner is encrypted at rest with AES-256.",
    "We hold a SOC 2 Type II report and share it on request.",
    "There is no setup fee for the Dock plan or the Harbor plan.",
    "Customer data never leaves the region that was chosen at the start.",
    "Support answers within four business hours on every plan.",
    "Most teams are live within 10 working days.",
    "Customers who pay by the year save 12% of the plan price.",
    "You can try both connectors in the sandbox without touching live data.",
    "Routes can be planned for up to 40 trucks (refrigerated trucks included).",
    "When a pallet arrives, the scanner books the goods into the right aisle.",
    "“The counting nights are gone for good,” says Ida Holm, warehouse lead at Vesterby Foods.",
    "The Harbor plan also includes the Logiva connector and the REST API.",
    "Drivers see their next stop on iOS and Android phones.",
    "Depot Planner does not store driver locations after the end of a shift.",
    "Depot Planner connects the gates with 40+ other services in one run.",
    "When a pallet arrives, the gate reads the label, then prints the aisle.",
    "If you wish to stop, you may cancel the Harbor plan at any time.",
]

BAD = {
    "length": ["Stock counts are fast.", "The Harbor plan " + "and the other plan " * 12 + "cost the same."],
    "question": ["What does the Harbor plan cost per month?"],
    "exclamation": ["The Harbor plan now costs only $240 per month!"],
    "ellipsis": ["The Harbor plan covers routes, stock, orders and more…"],
    "markup": [
        "The **Harbor** plan costs $240 per month for five users.",
        "| Harbor | $240 | five users | route planning is included.",
        "Stock counts are included ✅ in every plan that we sell.",
    ],
    "link or path": ["The price list is published on www.nordkai.example for everyone."],
    "code": ["The customerId is written to the export of every order."],
    "version": ["The planner needs version 4.2 of the agent on every gate."],
    "points elsewhere": [
        "The prices are listed in the table below for every plan.",
        "Our team has described the steps of the rollout here.",
        "Routes belong to a plan — see Plans for what each plan allows.",
    ],
    "demonstrative": ["The Harbor plan is made for teams with these needs."],
    "first person singular": ["I think the Harbor plan costs $240 per month."],
    "instruction": [
        "Choose the gear that stands for the plan that you want.",
        "Run the import once a day and check the log.",
        "To change the plan, open the settings of your account.",
        "You must choose a plan before the trial has ended.",
        "Observe how the planner fills the trucks by itself.",
    ],
    "future": ["We will add a connector for Logiva in the spring.", "The route planner is in beta for all customers."],
    "news": [
        "We are excited to share that Olsund Steel chose us.",
        "Yesterday the planner served its ten thousandth truck.",
    ],
    "dated": ["Prices are valid from January 1, 2024 for all customers."],
    "internal talk": [
        "Engineers at Nordkai keep the planner running around the clock.",
        "If the lead asks for a discount, the rep offers a month.",
    ],
    "legal": ["The provider shall deliver the service as agreed in writing."],
    "talk about others": [
        "Unlike others, Depot Planner plans all routes in one run.",
        "Compared to other tools, Depot Planner plans all routes in one run.",
    ],
    "hype or slang": [
        "Depot Planner offers a seamless experience for every driver.",
        "Counting the stock of a cold store is easy.",
    ],
    "no full stop": ["The Harbor plan costs $240 per month for five users"],
    "no capital": ["includes route planning and stock counts for five users."],
    "dangling": [
        "It costs $240 per month and includes route planning.",
        "However, the Harbor plan costs $240 per month.",
        "In addition, the Harbor plan includes route planning.",
        "You can switch between them at any time of the month.",
        "The parameter is set to the number of the warehouse.",
    ],
    "no verb": ["A simple planner for warehouses, trucks, drivers and routes."],
    "label": ["Rollout time: most teams are live within ten days."],
    "brackets": ["The Harbor plan (five users costs $240 per month."],
    "quotation": ["The Harbor plan is “great value and costs $240 per month."],
    "negative": ["Route planning is not available in the Dock plan."],
    "shouting": ["The planner is MANDATORY for everyone who loads a truck."],
    "glitch": ["The Harbor plan costs $240 per per month for five users."],
}


@pytest.mark.parametrize("sentence", GOOD)
def test_complete_customer_facing_sentences_are_quotable(sentence: str) -> None:
    assert why_not(sentence) is None


@pytest.mark.parametrize(("reason", "sentence"), [(r, s) for r, sentences in BAD.items() for s in sentences])
def test_other_sentences_are_refused_for_their_reason(reason: str, sentence: str) -> None:
    assert why_not(sentence) == reason


def test_a_lower_case_product_name_may_begin_a_sentence() -> None:
    sentence = "dokka shows the stock of every warehouse on one map."
    assert why_not(sentence) == "no capital"
    assert why_not(sentence, ("dokka",)) is None


@given(st.text(max_size=200))
def test_any_text_is_judged(text: str) -> None:
    judged = " ".join(text.split())
    if why_not(judged) is None:
        assert judged.endswith((".", '"', "”"))
        assert "?" not in judged


ROWS = [
    ("Plan: Pro; Monthly fee: $20 /mo; Support: standard", "The Pro plan costs $20 per month."),
    ("Plan: Dock; Price per month: $1,080; Users: 5", "The Dock plan costs $1,080 per month."),
    ("Tier: Basic; Price: €8 per user/month", "The Basic tier costs €8 per user per month."),
    ("Plan: Starter; Price: Free; Seats: 1", "The Starter plan is free."),
    ("Edition: City; Annual fee: 900 EUR", "The City edition costs 900 EUR per year."),
    ("Plan: Team plan; Price: $9 per month", "The Team plan costs $9 per month."),
    ("Plan: Pro; Price: $20", None),
    ("Plan: Pro; Price: from $20 per month", None),
    ("Plan: Pro; Price: $20 per month billed annually", None),
    ("Plan: Pro; Monthly fee: $20; Annual fee: $200", None),
    ("Plan: Pro; Price: Contact us", None),
    ("Plan: Pro (old); Price: $20 per month", None),
    ("Country: Norway; Price: $20 per month", None),
    ("Plan: Pro; Breakeven: $1,379 /mo", None),
    ("Plan: Pro; Price per month: $20; Each additional truck: $3", None),
    ("Pro; $20 per month", None),
]


@pytest.mark.parametrize(("text", "spoken"), ROWS)
def test_price_rows_are_spoken_only_when_they_leave_no_doubt(text: str, spoken: str | None) -> None:
    assert verbalise_price_row(text) == spoken


def test_quotes_are_verbatim_and_carry_their_place() -> None:
    found = quotable_sentences(PRICES)
    assert "The Harbor plan costs $240 per month and includes route planning." in [q.text for q in found]
    for quote in found:
        source = PRICES.text[quote.start : quote.end]
        assert quote.from_row == source.startswith("Plan:")
        if not quote.from_row:
            assert " ".join(source.split()) == quote.text


@given(
    st.lists(st.sampled_from([*GOOD, *(s for sentences in BAD.values() for s in sentences)]), min_size=1, max_size=6)
)
def test_quotes_of_any_passage_are_slices_of_it(sentences: list[str]) -> None:
    item = passage(paragraph(" ".join(sentences)))
    for quote in quotable_sentences(item):
        assert " ".join(item.text[quote.start : quote.end].split()) == quote.text


@pytest.mark.parametrize("kind", [BlockKind.HEADING, BlockKind.CODE, BlockKind.TABLE_ROW])
def test_headings_code_and_rows_are_not_quoted(kind: BlockKind) -> None:
    assert quotable_sentences(passage((kind, "The Harbor plan costs $240 per month."))) == ()


@pytest.mark.parametrize(
    "closed",
    [
        passage(paragraph(GOOD[0]), source="legal/terms.md"),
        passage(paragraph(GOOD[0]), source="blog/autumn.md"),
        passage(paragraph(GOOD[0]), source="docs/changelog.md"),
        passage(paragraph(GOOD[0]), source="features/x.md", heading_path=("Known issues",)),
    ],
)
def test_binding_and_narrating_documents_are_closed(closed: EvidenceItem) -> None:
    assert quotable_sentences(closed) == ()


def test_in_a_manual_only_sentences_that_name_us_are_quotable() -> None:
    manual = passage(
        paragraph("Scanned pallets appear in the aisle at once. Depot Planner books scanned pallets into their aisle."),
        source="docs/pallets.md",
        source_type="documentation",
    )
    texts = [quote.text for quote in quotable_sentences(manual, (PRODUCT,))]
    assert texts == ["Depot Planner books scanned pallets into their aisle."]


def test_in_a_customers_story_nobody_speaks_for_us() -> None:
    story = passage(
        paragraph("We cut our picking errors by 31% within two months. Vesterby Foods runs three cold stores."),
        source="case_studies/vesterby_foods.pdf",
        title="Vesterby Foods",
    )
    assert [quote.text for quote in quotable_sentences(story)] == ["Vesterby Foods runs three cold stores."]


def _chosen(wish: Wish, *items: EvidenceItem, known: tuple[str, ...] = (), limit: int = 1) -> list[str]:
    pool = candidates(items or ALL, (PRODUCT,), known)
    return [candidate.text for candidate in choose(wish, pool, limit)]


def test_a_price_question_gets_the_price_of_the_usual_plan() -> None:
    assert _chosen(Wish(NeedRole.ANSWER, Topic.PRICING, "pricing")) == [GOOD[0]]


def test_a_plan_that_the_record_names_comes_first() -> None:
    wish = Wish(NeedRole.ANSWER, Topic.PRICING, "pricing", plan="dock")
    assert _chosen(wish)[0].startswith("The Dock plan costs $80")


def test_a_price_question_without_a_price_gets_nothing() -> None:
    assert _chosen(Wish(NeedRole.ANSWER, Topic.PRICING, "pricing"), *ALL[1:]) == []


@pytest.mark.parametrize(
    ("topic", "subject", "expected"),
    [
        (Topic.INTEGRATION, "Logiva integration", "Depot Planner exchanges orders with Logiva"),
        (Topic.INTEGRATION, "SAP integration", None),
        (Topic.SECURITY, "encryption", "All data in Depot Planner is encrypted"),
        (Topic.SECURITY, "penetration tests", None),
        (Topic.PRICING, "what the Castle plan costs", None),
        (Topic.PRICING, "what the mid-tier plan costs", "The Harbor plan costs $240"),
        (Topic.DISCOUNT, "discounts", "Annual billing lowers the price of every plan by 12%"),
        (Topic.DISCOUNT, "volume discounts", None),
        (Topic.ROI, "ROI", "Depot Planner typically pays for itself"),
        (Topic.OTHER, "garden furniture", None),
    ],
)
def test_an_answer_addresses_what_was_asked(topic: Topic, subject: str, expected: str | None) -> None:
    wish = Wish(NeedRole.ANSWER, topic, subject, query=subject, own_names=(PRODUCT,))
    found = _chosen(wish)
    assert found == [] if expected is None else found[0].startswith(expected)


def test_proof_names_the_customer_and_prefers_the_leads_industry() -> None:
    wish = Wish(NeedRole.PROOF, Topic.FEATURES, industry="Manufacturing")
    assert _chosen(wish)[0].startswith("Olsund Steel shortened")
    anonymous = passage(
        paragraph("The customer cut its picking errors by 31% within two months."), source="case_studies/a.pdf"
    )
    assert _chosen(Wish(NeedRole.PROOF, None), anonymous) == []


def test_nothing_is_said_twice() -> None:
    twin = passage(
        paragraph("Vesterby Foods cut its picking errors by 31% within two months."),
        source="case_studies/vesterby_short.pdf",
        title="Vesterby Foods",
    )
    assert len(_chosen(Wish(NeedRole.PROOF, None), CASE_FOOD, twin, limit=2)) == 1


def test_what_the_thread_holds_is_not_repeated() -> None:
    told = ("As discussed, the Harbor plan costs $240 per month and includes route planning.",)
    wish = Wish(NeedRole.ANSWER, Topic.PRICING, "pricing")
    assert _chosen(wish, known=told)[0].startswith("The Dock plan")


def test_the_order_of_passages_with_equal_merit_decides_and_nothing_else() -> None:
    first = passage(row("Plan: Alpha; Price: $10 per month"), source="pricing/a.csv")
    second = passage(row("Plan: Omega; Price: $11 per month"), source="pricing/b.csv")
    wish = Wish(NeedRole.ANSWER, Topic.PRICING, "pricing")
    assert _chosen(wish, first, second) == _chosen(wish, first, second) == ["The Alpha plan costs $10 per month."]
