"""Which sentence of a document answers a question, and what counts as an answer at all."""

import pytest

from app.followups.generators.quotable import Wish, candidates, choose, quotable_sentences
from app.followups.types import BlockKind, EvidenceItem, NeedRole, Topic
from tests.followups.generators.building import PRODUCT, paragraph, passage

NAMES = (PRODUCT,)


def heading(text: str) -> tuple[BlockKind, str]:
    return BlockKind.HEADING, text


def texts(item: EvidenceItem) -> list[str]:
    return [quote.text for quote in quotable_sentences(item, NAMES)]


def best(items: tuple[EvidenceItem, ...], topic: Topic, subject: str, earlier: str = "") -> str | None:
    wish = Wish(NeedRole.ANSWER, topic, subject, subject, own_names=NAMES, earlier=earlier)
    chosen = choose(wish, candidates(items, NAMES, ()))
    return chosen[0].text if chosen else None


FAQ = passage(
    heading("Can drivers be external?"),
    paragraph("Yes. External drivers get a pass for the day. Badges are printed at the gate."),
    heading("Do I have to start in January?"),
    paragraph("No, you can begin in any month."),
    heading("Do you file customs forms?"),
    paragraph("Yes, we file export declarations by January 31 for every shipment."),
    heading("Why is my pass held for review?"),
    paragraph("Passes can be requested at any time."),
    source="faq/faq.html",
)


def test_a_leading_yes_is_left_out_of_a_quote_and_the_slice_stays_verbatim() -> None:
    assert "You can begin in any month." in texts(FAQ)
    assert "We file export declarations by January 31 for every shipment." in texts(FAQ)
    for quote in quotable_sentences(FAQ, NAMES):
        assert FAQ.text[quote.start : quote.end].lower() == quote.text.lower()


@pytest.mark.parametrize(
    ("topic", "subject", "answer"),
    [
        (Topic.OTHER, "whether drivers can be external", "External drivers get a pass for the day."),
        (Topic.OTHER, "whether you can start in January", "You can begin in any month."),
        (Topic.OTHER, "customs forms", "We file export declarations by January 31 for every shipment."),
        (Topic.OTHER, "held deliveries", None),
        (Topic.OTHER, "whether badges are mailed in colour", None),
    ],
)
def test_an_answer_is_found_by_its_question_and_only_by_the_same_question(
    topic: Topic, subject: str, answer: str | None
) -> None:
    assert best((FAQ,), topic, subject) == answer


def test_a_manual_is_quoted_for_what_its_page_is_about() -> None:
    manual = passage(
        paragraph("Pallet labels are printed within two seconds."),
        paragraph("The label is updated after that."),
        paragraph("You can print pallet labels from every scanner."),
        paragraph("Tokens are refreshed by the gate."),
        source="docs/labels.md",
        source_type="documentation",
        title="Pallet labels",
    )
    found = texts(manual)
    assert found == [
        "Pallet labels are printed within two seconds.",
        "You can print pallet labels from every scanner.",
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "Several Months The discount is applied for a fixed number of months.",
        "You are a maintainer of a well-established project.",
        "You have a public warehouse with more than one gate.",
    ],
)
def test_terms_glued_to_their_meaning_and_conditions_are_not_quoted(sentence: str) -> None:
    assert texts(passage(paragraph(sentence), source="pricing/a.md")) == []


def test_points_of_a_list_without_a_full_stop_get_one_where_they_are_sentences() -> None:
    item = passage(
        (BlockKind.LIST_ITEM, "We store all data in Oslo and Bergen"),
        (BlockKind.LIST_ITEM, "storage of all data in Oslo"),
        source="security/data.md",
    )
    assert texts(item) == ["We store all data in Oslo and Bergen."]


def test_a_part_of_the_product_does_not_answer_for_the_product() -> None:
    item = passage(paragraph(f"{PRODUCT}'s gate adapter is open source."), source="features/open.md")
    assert best((item,), Topic.OTHER, f"whether {PRODUCT} is open source") is None
    assert best((item,), Topic.OTHER, "whether the gate adapter is open source") is not None


@pytest.mark.parametrize(
    ("topic", "sentence", "answers"),
    [
        (Topic.DISCOUNT, "A discount appears on the next invoice.", False),
        (Topic.DISCOUNT, "Paying by the year gives a discount of 12%.", True),
        (Topic.TRIAL, "E-mail support during the trial answers within one day.", False),
        (Topic.TRIAL, f"You can try {PRODUCT} free for 30 days.", True),
    ],
)
def test_a_bare_mention_of_the_topic_is_no_answer(topic: Topic, sentence: str, answers: bool) -> None:
    item = passage(paragraph(sentence), source="faq/faq.md")
    assert (best((item,), topic, topic.value) is not None) is answers


def test_halves_of_a_double_question_are_answered_one_by_one() -> None:
    item = passage(paragraph("We sign each webhook with a secret of its own."), source="integrations/api.md")
    assert best((item,), Topic.INTEGRATION, "whether there is a Zendor feed and webhooks") is not None
    assert best((item,), Topic.INTEGRATION, "a Zendor feed") is None


def test_lead_and_document_may_use_different_words_for_one_thing() -> None:
    item = passage(paragraph("Customer data is stored in two data centers in Norway."), source="security/data.md")
    assert best((item,), Topic.SECURITY, "where data is hosted") is not None


CONNECTORS = passage(
    paragraph("The Logiva connector takes about 2 working days to set up."),
    paragraph("The first stock count takes 3 weeks."),
    paragraph("All plans include encrypted backups."),
    source="integrations/setup.md",
)


def test_a_question_that_leans_on_another_is_answered_about_the_same_thing() -> None:
    def how_long(earlier: str) -> str | None:
        return best((CONNECTORS,), Topic.ONBOARDING, "how long it takes", earlier)

    assert how_long("Does it connect to Logiva?") == "The Logiva connector takes about 2 working days to set up."
    assert how_long("And the stock count?") == "The first stock count takes 3 weeks."
    assert how_long("Does it connect to Zentra?") is None


def test_its_own_words_decide_and_the_earlier_ones_need_only_be_touched() -> None:
    assert best((CONNECTORS,), Topic.SECURITY, "whether it is encrypted", "Which plans have backups?") is not None
    assert best((CONNECTORS,), Topic.SECURITY, "whether it is encrypted", "Where do drivers park?") is None


def test_how_long_is_answered_by_a_time() -> None:
    vague = passage(paragraph("Old orders are archived after some inactivity."), source="faq/faq.html")
    exact = passage(paragraph("Old orders are archived after 90 days of inactivity."), source="faq/faq.html")
    assert best((vague,), Topic.OTHER, "after how long old orders are archived") is None
    assert best((exact,), Topic.OTHER, "after how long old orders are archived") is not None


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("Depot Planner reads 40+ kinds of labels:", "Depot Planner reads 40+ kinds of labels."),
        (
            "Depot Planner works well with Logiva: " + "orders come in by the hour and " * 8 + "leave at night.",
            "Depot Planner works well with Logiva.",
        ),
        ("There are two ways to share your routes:", None),
        ("Depot Planner prints the following labels:", None),
        ("Every plan of Depot Planner includes:", None),
        ("Drivers of Depot Planner can pay with:", None),
        ("Depot Planner follows the standard for labels and our scanners offer:", None),
        ("You can change the label of a pallet by running:", None),
    ],
)
def test_what_announces_a_list_is_quoted_if_it_is_a_whole_statement(text: str, quoted: str | None) -> None:
    item = passage(paragraph(text), paragraph("Pallets and parcels."), source="features/labels.md")
    assert texts(item) == ([quoted] if quoted else [])
    for quote in quotable_sentences(item, NAMES):
        assert item.text[quote.start : quote.end] + "." == quote.text


DRIVERS = passage(
    paragraph("You can invite colleagues to plan routes together. Colleagues see a badge beside each route."),
    paragraph("The badge is red."),
    source="docs/people.md",
    source_type="documentation",
    title="Groups",
)


def test_a_manual_may_answer_in_general_words_what_is_asked_in_all_of_its_words() -> None:
    assert texts(DRIVERS) == []
    answer = "You can invite colleagues to plan routes together."
    assert best((DRIVERS,), Topic.OTHER, "how team members can be invited to routes") == answer
    assert best((DRIVERS,), Topic.OTHER, "whether colleagues can be invited by phone") is None
    wish = Wish(NeedRole.VALUE, Topic.OTHER, "", "routes", own_names=NAMES)
    assert not choose(wish, candidates((DRIVERS,), NAMES, ()))


@pytest.mark.parametrize(
    ("sentence", "subject", "answers"),
    [
        ("Pinned routes are kept forever.", "how long routes are kept", False),
        ("Pinned routes are kept forever.", "how long pinned routes are kept", True),
        ("Routes are kept for two years.", "how long routes are kept", True),
        ("You can start pallet counts at every gate.", "how many pallet counts can run", False),
        ("You can start 3 pallet counts at every gate.", "how many pallet counts can run", True),
        ("Every plan has unlimited pallet counts.", "how many pallet counts can run", True),
        ("A count starts once the load meets the minimum weight of its gate.", "what the minimum weight is", False),
        ("A count starts at the minimum weight of 20 kg.", "what the minimum weight is", True),
        ("Drivers of certified fleets can apply for the certified plan.", "whether Depot Planner is certified", False),
        ("Depot Planner is certified for cold stores.", "whether Depot Planner is certified", True),
        ("Weight-based pricing lets you charge by the load.", "weight-based pricing", True),
        ("The weight of a pallet is shown at the gate.", "weight-based pricing", False),
        ("When a pass renews, the gate prints a new one.", "whether passes renew automatically", True),
        ("You can sell day passes at every gate.", "whether day passes can be issued to buyers", True),
    ],
)
def test_an_answer_gives_what_the_question_asks_for(sentence: str, subject: str, answers: bool) -> None:
    faq = passage(paragraph(sentence), source="faq/faq.html")
    assert (best((faq,), Topic.OTHER, subject) is not None) is answers


MAP = passage(
    paragraph("The Live Map is a page on which visitors follow a load without calling the gate."),
    paragraph("The gate is closed on Sundays."),
    source="docs/visitors.md",
    source_type="documentation",
    title="Visitors",
)


def test_a_named_part_is_understood_where_it_is_asked_for_and_leads_the_sentence() -> None:
    assert texts(MAP) == []
    answer = "The Live Map is a page on which visitors follow a load without calling the gate."
    assert best((MAP,), Topic.OTHER, "whether a map exists") == answer
    assert best((MAP,), Topic.OTHER, "whether a gate exists") is None


def test_what_a_price_list_leaves_out_is_answered_where_it_is_asked_for() -> None:
    fees = passage(paragraph("Disputes cost $15 per dispute, whoever wins."), source="pricing/fees.md")
    assert best((fees,), Topic.PRICING, "the dispute fee") == "Disputes cost $15 per dispute, whoever wins."
    assert best((fees,), Topic.PRICING, "pricing") is None
