"""What is searched for, where a question leans on what the lead said before."""

import pytest

from app.followups.needs import needs_for
from app.followups.signals import read_record
from app.followups.types import Need
from tests.followups.leads import TODAY, lead

EARLIER = "Thanks for your mail. Does it connect to NetSuite?"


def needs(last: str, *earlier: str, product: str = "Depot Planner") -> tuple[Need, ...]:
    thread = []
    for text in earlier:
        thread += [{"author": "lead", "text": text}, {"author": "us", "text": "Let me ask my colleagues."}]
    record = lead(product_name=product, thread=[*thread, {"author": "lead", "text": last}])
    return needs_for(record, read_record(record, TODAY))


@pytest.mark.parametrize("last", ["How long does it take?", "And for two companies?", "Which version?"])
def test_a_question_that_leans_on_the_one_before_is_also_searched_together_with_it(last: str) -> None:
    alone, together, *_ = needs(last, EARLIER)
    assert alone.query == last.strip("?")
    assert together.query == f"Does it connect to NetSuite? {last.strip('?')}"
    assert (together.asked, together.earlier) == (last.strip("?"), "Does it connect to NetSuite?")


def test_a_short_question_that_stands_alone_takes_the_one_before_for_the_search_only() -> None:
    found = needs("Do you have an API?", EARLIER)
    assert "Does it connect to NetSuite? Do you have an API" in [need.query for need in found]
    assert not any(need.earlier for need in found)


def test_a_long_question_is_searched_as_before() -> None:
    last = "Can dispatchers export the weekly route plans of several depots?"
    assert needs(last, EARLIER) == needs(last)


def test_only_the_lead_s_own_last_message_counts() -> None:
    found = needs("How long does it take?", "Is there a trial?", EARLIER)
    assert not any("trial" in need.query for need in found)
    assert not any("colleagues" in need.query for need in found)
    assert needs("How long does it take?") == needs("How long does it take?", "  ")


def test_a_question_of_the_record_has_nothing_before_it() -> None:
    record = lead(
        "Asked how long it takes", thread=[{"author": "lead", "text": EARLIER}, {"author": "us", "text": "OK"}]
    )
    assert not any("NetSuite" in need.query for need in needs_for(record, read_record(record, TODAY)))
