"""Questions as clauses that can follow "You asked"."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.followups.question_clauses import as_clause


@pytest.mark.parametrize(
    ("question", "clause"),
    [
        ("Do you ship to Norway?", "whether we ship to Norway"),
        ("does it read barcodes", "whether it reads barcodes"),
        ("Can we keep our own labels?", "whether you can keep your own labels"),
        ("can pallets be split by aisle", "whether pallets can be split by aisle"),
        ("is there a setup fee", "whether there is a setup fee"),
        ("Is same-day delivery included?", "whether same-day delivery is included"),
        ("How do I verify a delivery?", "how to verify a delivery"),
        ("how long does the rollout take", "how long the rollout takes"),
        ("How much does the Harbor plan cost?", "how much the Harbor plan costs"),
        ("where is data kept?", "where data is kept"),
        ("which scanners do you support", "which scanners we support"),
        ("What is the notice period?", "what the notice period is"),
        ("what happens to our data after cancellation", "what happens to your data after cancellation"),
        ("how many users are included", "how many users are included"),
        ("who pays if there is a delay", "who pays if there is a delay"),
        ("How much is a payroll export?", "how much a payroll export is"),
        ("How much is payroll export?", "how much payroll export is"),
        ("When is the next release?", "when the next release is"),
        ("How long is the trial?", "how long the trial is"),
        ("How much is the Team plan per month?", "how much the Team plan is per month"),
        ("Why is the Team plan so expensive?", "why the Team plan is so expensive"),
        ("Is the free plan available?", "whether the free plan is available"),
        ("Is the Team plan worth it?", "whether the Team plan is worth it"),
        ("Does the Team plan include SSO?", "whether the Team plan includes SSO"),
        ("does the payroll export include taxes", "whether the payroll export includes taxes"),
        ("How does the SMS add-on work?", "how the SMS add-on works"),
        ("Can the Team plan export invoices?", "whether the Team plan can export invoices"),
    ],
)
def test_plain_questions_become_clauses(question: str, clause: str) -> None:
    assert as_clause(question) == clause


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "Could you send me the price list?",
        "Can you call me tomorrow?",
        "Does it do this?",
        "Do they ship those here?",
        "what is it",
        "The planner is slow",
        "When is the next live demo?",
        "When is the office in Oslo open?",
        "Does the payroll export cost extra?",
        "can we try it " + "with more scanners " * 5,
    ],
)
def test_requests_and_questions_that_point_elsewhere_do_not(text: str) -> None:
    assert as_clause(text) is None


@given(st.text(max_size=200))
def test_any_text_is_judged_and_clauses_stay_short(text: str) -> None:
    clause = as_clause(text)
    assert clause is None or (len(clause.split()) <= 10 and clause == " ".join(clause.split()))
