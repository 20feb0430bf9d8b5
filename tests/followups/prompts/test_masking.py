import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.followups.prompts.masking import mask, restore
from app.followups.types import LeadContext
from tests.growth import assert_linear


def lead(name: str = "Ramesh Kumar", company: str | None = "Acme Industries GmbH") -> LeadContext:
    return LeadContext(
        tenant="t", lead_name=name, lead_company=company, product_name="AI Billing Software", company_name="TechCorp"
    )


def hidden(text: str, name: str = "Ramesh Kumar", company: str | None = "Acme Industries GmbH") -> str:
    return mask(lead(name, company)).hide(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ramesh asked", "[LEAD_NAME] asked"),
        ("RAMESH and ramesh", "[LEAD_NAME] and [LEAD_NAME]"),
        ("Ramesh Kumar, ramesh  kumar", "[LEAD_FULL_NAME], [LEAD_FULL_NAME]"),
        ("Mr. Kumar's team", "Mr. [LEAD_NAME_2]'s team"),
        ("Rameshwar", "Rameshwar"),
        ("at Acme Industries GmbH", "at [LEAD_COMPANY_FULL]"),
        ("at ACME Industries", "at [LEAD_COMPANY]"),
        ("ramesh.kumar+x@acme.co.uk wrote", "[EMAIL_1] wrote"),
        ("a@b.com, c@d.org, a@b.com", "[EMAIL_1], [EMAIL_2], [EMAIL_1]"),
        ("call +49 (0)151 2345-6789.", "call [PHONE_1]."),
        ("call (212) 555-0199 or 1-800-555-0100", "call [PHONE_1] or [PHONE_2]"),
        ("call 030/1234567 or 0612345678", "call [PHONE_1] or [PHONE_2]"),
        ("see https://acme.com/x?y=1 and www.acme.de", "see [LINK_1] and [LINK_2]"),
        ("we use AI Billing Software by TechCorp", "we use AI Billing Software by TechCorp"),
    ],
)
def test_hides(text: str, expected: str) -> None:
    assert hidden(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "$1,200,000 a year, 12000 invoices, 45%, 3 months, 15-20 hours",
        "on 2026-01-05, 05.01.2026, 1/5/26 and 2026-01-05 14:30",
        "2024-2025, Q3 2026, version 1.2.3, 99.99%",
        "e.g. invoices. Then more",
    ],
)
def test_leaves_dates_and_figures(text: str) -> None:
    assert hidden(text) == text


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("Will Stone", "Will said he will write", "[LEAD_NAME] said he will write"),
        ("May", "it may start in may", "it may start in may"),
        ("Anna Price", "Price is too high", "Price is too high"),
        ("Anna Price", "Mrs. Price and Anna Price and Anna", "Mrs. [LEAD_NAME_2] and [LEAD_FULL_NAME] and [LEAD_NAME]"),
        ("Kumar, Ramesh", "Ramesh Kumar", "[LEAD_NAME] [LEAD_NAME_2]"),
        ("Dr. Anna Weiss", "Dr. Weiss, Anna, Weiss", "[LEAD_NAME], [LEAD_NAME_2], [LEAD_NAME_3]"),
        ("Jürgen von der Heide", "Heide von der Firma", "[LEAD_NAME_2] von der Firma"),
        ("O'Brien", "O'Brien's", "[LEAD_NAME]'s"),
        ("", "Hello there", "Hello there"),
    ],
)
def test_names_that_are_words_and_names_in_parts(name: str, text: str, expected: str) -> None:
    assert hidden(text, name, None) == expected


@pytest.mark.parametrize(
    ("company", "text", "expected"),
    [
        ("Target", "our target is Target", "our target is [LEAD_COMPANY]"),
        ("gap", "the Gap and GAP", "the [LEAD_COMPANY] and [LEAD_COMPANY]"),
        ("Acme, Inc.", "Acme, Inc. or Acme", "[LEAD_COMPANY_FULL] or [LEAD_COMPANY]"),
        ("A.B.C. (Holding) Ltd", "A.B.C. (Holding) now", "[LEAD_COMPANY] now"),
        ("Billing Software", "AI Billing Software at Billing Software", "AI Billing Software at [LEAD_COMPANY]"),
    ],
)
def test_companies(company: str, text: str, expected: str) -> None:
    assert hidden(text, company=company) == expected


def test_the_name_is_what_the_person_is_called() -> None:
    assert dict(mask(lead("Dr. Anna Weiss")).placeholders)["[LEAD_NAME]"] == "Dr. Weiss"
    assert dict(mask(lead("Acme Test 123", None)).placeholders) == {}


@pytest.mark.parametrize(
    "form",
    ["[LEAD_NAME]", "[lead_name]", "[ LEAD NAME ]", "[Lead-Name]", "[LEAD\\_NAME]", "{LEAD_NAME}", "{{ lead_name }}",
     "<LEAD_NAME>", "LEAD_NAME", "[LEADNAME]"],
)  # fmt: skip
def test_restores_what_models_make_of_a_placeholder(form: str) -> None:
    assert mask(lead()).restore(f"Hi {form}, hello.") == "Hi Ramesh, hello."


@pytest.mark.parametrize(
    "text", ["[Name]", "[EMAIL_7]", "[LEAD_NAME_9]", "{{first_name}}", "the lead name", "[LEAD_AGE]"]
)
def test_unknown_placeholders_stay_visible(text: str) -> None:
    assert mask(lead()).restore(text) == text


def test_a_value_is_not_itself_replaced() -> None:
    assert restore("[LEAD_NAME] [EMAIL_1]", [("[LEAD_NAME]", "[EMAIL_1]"), ("[EMAIL_1]", "x")]) == "[EMAIL_1] x"


def test_a_placeholder_written_by_the_lead_does_not_become_a_name() -> None:
    masked = mask(lead())
    text = masked.hide("Ask [LEAD_NAME] or {{lead company}}, LEAD_NAME")
    assert text == "Ask [TEXT_1] or [TEXT_2], [TEXT_3]"
    assert masked.restore(text) == "Ask [LEAD_NAME] or {{lead company}}, LEAD_NAME"


NAMES = ["Ramesh Kumar", "Will May", "Dr. Anna Weiss", "Kumar, Ramesh", "Price", "Jo", "Kİrk Işık", "李 小龙", ""]
COMPANIES = ["Acme Industries GmbH", "Target", "AI", "A.B.C. (Holding) Ltd", "Straße 7 & Co", None]
PIECES = st.sampled_from(
    """Ramesh|Kumar|Ramesh Kumar|Will|May|will|Dr. Weiss|Anna|Price|Mr. Price|Jo|Kİrk|Işık|kirk|Acme Industries
    |Acme Industries GmbH|Target|AI Billing Software|TechCorp|a@b.co|+1 212 555 0199|0151 23456789|http://x.io/a
    |[LEAD_NAME]|{{EMAIL_1}}|<lead name>|LEAD_COMPANY|[EMAIL_1]|PHONE_1|2026-01-05|$299| |, |.|[|]|{|}|<|>|_|-|\\|1
    |\n""".replace("\n    ", "").split("|")
)
TEXTS = st.lists(PIECES | st.text(max_size=8), max_size=14).map("".join)


def folded(text: str) -> str:
    return re.sub(r"\s+", " ", text.casefold())


@given(name=st.sampled_from(NAMES), company=st.sampled_from(COMPANIES), texts=st.lists(TEXTS, max_size=3))
def test_what_is_hidden_comes_back(name: str, company: str | None, texts: list[str]) -> None:
    masked = mask(lead(name, company))
    hidden_texts = [masked.hide(text) for text in texts]
    for text, masked_text in zip(texts, hidden_texts, strict=True):
        # Names come back in the spelling of the record; all else exactly.
        assert folded(masked.restore(masked_text)) == folded(text)


@example(text="LEAD_COMPANYhttp://x.io/a")
@example(text="a@b.coLEAD_NAME LEAD_NAME+1 212 555 0199")
@given(text=TEXTS.filter(lambda text: not re.search(r"(?i)ramesh|kumar|acme", text)))
def test_text_without_names_comes_back_exactly(text: str) -> None:
    masked = mask(lead())
    assert masked.restore(masked.hide(text)) == text


@given(before=TEXTS, after=TEXTS)
def test_no_name_or_address_stays(before: str, after: str) -> None:
    text = mask(lead("Zaphod Canary")).hide(f"{before} Zaphod Canary, zaphod@canary.com, +49 151 98765432 {after}")
    for canary in ("Zaphod", "zaphod", "Canary", "canary", "98765432"):
        assert canary not in text


def test_long_texts_take_linear_time() -> None:
    masked = mask(lead())
    for piece in ("a", "1", "a.", "+1 ", "[LEAD ", "<<", "Ramesh ", "1-", "www.", "(1)", "a@"):
        assert_linear(masked.hide, piece)
        assert_linear(masked.restore, piece)
