"""Sources that speak of another time, a place or a group support only claims that say so."""

import pytest

from app.grounding.gate import GroundingGate
from tests.grounding.company import CONFIG, LEAD, TODAY, evidence, passage

GATE = GroundingGate(CONFIG)


def is_supported(claim: str, source: str) -> bool:
    return GATE.check(claim, LEAD, evidence(passage("p", [f". {source}"], source_type="pricing")), TODAY).verified


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        ("In 2021 the Team plan cost $99.", "The Team plan costs $99."),
        ("The Team plan cost $99 in 2021.", "The Team plan costs $99."),
        ("The Team plan cost $99.", "The Team plan costs $99."),
        ("In 2021 the Team plan cost $99 and the Pro plan cost $199.", "The Pro plan costs $199."),
        ("Previously, the Business plan cost $299.", "The Business plan costs $299."),
        ("The Business plan used to cost $18.", "The Business plan costs $18."),
        ("Until 2024 the Team plan included phone support.", "The Team plan includes phone support."),
        ("Before the merger support answered within 3 days.", "Support answers within 3 days."),
        ("Before the merger, support answered within 3 days.", "Support answers within 3 days."),
        ("From January 2027 the Team plan will cost $199.", "The Team plan costs $199."),
        ("From January 2027 the Team plan costs $199.", "The Team plan costs $199."),
        ("For schools the Team plan costs $75.", "The Team plan costs $75."),
        ("The Team plan costs $75 for schools.", "The Team plan costs $75."),
        ("The Team plan costs $99; for schools it costs $75.", "The Team plan costs $75."),
        ("Students pay $9 for the Team plan.", "The Team plan costs $9."),
        ("In Switzerland the Team plan costs 160 CHF.", "The Team plan costs 160 CHF."),
        ("The Team plan costs 160 CHF in Switzerland.", "The Team plan costs 160 CHF."),
    ],
)
def test_a_limited_statement_does_not_hold_for_everyone_today(source: str, claim: str) -> None:
    assert not is_supported(claim, source)


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        ("In 2021 the Team plan cost $99.", "The Team plan cost $99 in 2021."),
        ("From January 2027 the Team plan will cost $199.", "The Team plan will cost $199 from January 2027."),
        ("For schools the Team plan costs $75.", "The Team plan costs $75 for schools."),
        ("In Switzerland the Team plan costs 160 CHF.", "The Team plan costs 160 CHF in Switzerland."),
        ("The Team plan previously cost $79; it now costs $99.", "The Team plan costs $99."),
        ("Previously, the Pro plan cost $9, but the Pro plan now costs $12.", "The Pro plan costs $12."),
        ("In 2024 Halden Mills cut its errors by 30%.", "Halden Mills cut errors by 30%."),
        ("We have been audited for SOC 2 since 2023.", "We have been audited for SOC 2."),
        ("With the Team plan support answers within 3 days.", "On the Team plan, support answers within 3 days."),
        ("The Team plan is used to send invoices to 40 countries.", "The Team plan sends invoices to 40 countries."),
    ],
)
def test_a_claim_that_repeats_the_limit_passes(source: str, claim: str) -> None:
    assert is_supported(claim, source)
