from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.grounding.attachment import same_figure
from app.reading.figures import Figure, find_figures


def only(text: str) -> Figure:
    figures = find_figures(text)
    assert len(figures) == 1, figures
    return figures[0]


def equal(claim: str, source: str) -> bool:
    """Whether each figure of `claim` is stated by the figure of `source` at the same place."""
    mine, theirs = find_figures(claim), find_figures(source)
    return len(mine) == len(theirs) > 0 and all(map(same_figure, mine, theirs))


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("$299/month", "299 USD per month"),
        ("USD 299 monthly", "$299 a month"),
        ("$299.00 /mo.", "$299 each month"),
        ("Monthly fee: $299", "$299 per month"),
        ("the monthly price is $299", "$299/mo"),
        ("$1.2k", "1,200 USD"),
        ("1.2 thousand dollars", "$1,200"),
        ("€ 35", "35 euros"),
        ("50¢", "$0.50"),
        ("50 cents", "50¢"),
        ("4% + 40¢", "4 percent + $0.40"),
        ("$20 per user per month", "$20/user/month"),
        ("45 per cent", "45%"),
        ("0.5%", ".5%"),
        ("half of the invoices", "50% of the invoices"),
        ("three months", "3 months"),
        ("a quarter of invoices", "25% of invoices"),
        ("24 months", "2 years"),
        ("2 weeks", "14 days"),
        ("90 minutes", "1.5 hours"),
        ("15–20 hours per week", "15 to 20 hours a week"),
        ("between 15 and 20 hours", "15-20 hours"),
        ("$15 to 20", "$15-$20"),
        ("2-3 weeks", "two to three weeks"),
        ("twenty-five users", "25 users"),
        ("two hundred and fifty users", "250 users"),
        ("a dozen users", "12 users"),
        ("more than 500 customers", "500+ customers"),
        ("up to 40%", "at most 40%"),
        ("starting at $99", "from $99"),
        ("twice", "2x"),
        ("May 27, 2026", "2026-05-27"),
        ("27 May 2026", "May 27th, 2026"),
        ("05/27/2026", "27.05.2026"),
        ("in May 2026", "on 27 May 2026"),
        ("3 pm", "15:00"),
        ("on Wednesday", "Wed"),
        ("10 GB", "10GB"),
    ],
)
def test_equal_figures_in_other_notation(claim: str, source: str) -> None:
    assert equal(claim, source)


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("30%", "a third of it"),
        ("$299 per month", "$299 per year"),
        ("$299", "$299 per month"),
        ("$299 per user per month", "$299 per month"),
        ("€299", "$299"),
        ("40%", "up to 40%"),
        ("up to 40%", "40%"),
        ("at least 40%", "up to 40%"),
        ("over 500", "500"),
        ("$99", "from $99"),
        ("$1,379", "~$1,379"),
        ("2%", "2 percentage points"),
        ("3 months", "90 days"),
        ("10 days", "10 business days"),
        ("15 hours", "15-20 hours"),
        ("$1.2k", "$1.2m"),
        ("from 4 days to 12 days", "from 12 days to 4 days"),
        ("May 2025", "May 2026"),
        ("27 May", "26 May"),
        ("SOC 2", "SOC 3"),
        ("Type I", "Type II"),
        ("Series A", "Series B"),
        ("v2.1", "v2.2"),
        ("24/7", "24/5"),
        ("first quarter", "second quarter"),
        ("3x", "3%"),
        ("04/05/2026", "05/04/2026"),
    ],
)
def test_different_figures(claim: str, source: str) -> None:
    assert not equal(claim, source)


def test_a_weaker_claim_follows_from_a_stronger_source() -> None:
    assert equal("about 40%", "40%")
    assert equal("at least 500", "more than 500")


@pytest.mark.parametrize(
    "text",
    ["one question", "no one", "which one", "Two things may help:", "Which of the two is first?", "we may sit down"],
)
def test_words_that_state_no_number(text: str) -> None:
    assert [figure.kind for figure in find_figures(text) if figure.kind != "ordinal"] == []


@pytest.mark.parametrize(
    "text", ["$4,999.00/mo.", "24/7", "v2.1", "2.0.1", "OAuth2", "$0.10/1,000 events", "t1, t2", "1,2,3"]
)
def test_no_digit_is_left_out(text: str) -> None:
    covered = {place for figure in find_figures(text) for place in range(figure.start, figure.end)}
    assert all(place in covered for place, char in enumerate(text) if char.isdigit())


@given(st.text(alphabet="0123456789$€%,./- kmapril:+~x", max_size=40))
def test_every_digit_of_any_text_belongs_to_one_figure(text: str) -> None:
    figures = find_figures(text)
    covered = [place for figure in figures for place in range(figure.start, figure.end) if text[place].isdigit()]
    assert sorted(covered) == [place for place, char in enumerate(text) if char.isdigit()]


AMOUNTS = st.decimals(min_value=Decimal("0.01"), max_value=Decimal(9_999_999), places=2)


@given(AMOUNTS, st.sampled_from(["${:,}", "{:,} USD", "USD {}", "${}", "{} dollars"]))
def test_money_in_any_notation_reads_back(amount: Decimal, form: str) -> None:
    figure = only(form.format(amount))
    assert (figure.kind, figure.unit, figure.value) == ("money", "USD", amount)


@given(st.integers(1, 999), st.sampled_from(["{}%", "{} %", "{} percent", "{} per cent"]))
def test_percentages_read_back(value: int, form: str) -> None:
    figure = only(form.format(value))
    assert (figure.kind, figure.value) == ("percent", Decimal(value))


@given(st.sampled_from(["$299/month", "up to 40%", "three months", "May 27, 2026", "15-20 hours per week", "$1.2k"]))
def test_case_does_not_matter(text: str) -> None:
    assert equal(text.upper().replace("K", "k"), text)
    assert equal(text.lower(), text)
