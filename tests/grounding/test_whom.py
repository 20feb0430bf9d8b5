"""Whom a claim is about: no plan may be added or swapped, and an extra seat is no seat."""

import pytest

from app.grounding.gate import GroundingGate
from tests.grounding.company import CONFIG, LEAD, TODAY, evidence, passage

GATE = GroundingGate(CONFIG)
PLANS = ". The Business plan costs $199. The Team plan costs $99. The Starter plan costs $9."


def is_supported(claim: str, source: str) -> bool:
    documents = evidence(passage("p", [PLANS, f". {source}"], source_type="pricing"))
    return GATE.check(claim, LEAD, documents, TODAY).verified


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        ("The SMS add-on costs $25 and needs the Business plan.", "The SMS add-on costs $25 on the Team plan."),
        ("Setup is free on the Team plan.", "Setup is free."),
        ("Setup is free on the Team plan.", "Setup is free on Team and Business."),
        ("Setup is free on the Team plan.", "Setup is free on the Team and Business plans."),
        ("Every extra seat on the Team plan costs $4.", "Each seat on Team costs $4."),
        ("Phone support is included on the Team plan.", "Phone support is included."),
    ],
)
def test_a_plan_that_was_dropped_added_or_swapped_does_not_pass(source: str, claim: str) -> None:
    assert not is_supported(claim, source)


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        ("The SMS add-on costs $25 and needs the Business plan.", "The SMS add-on costs $25."),
        ("Setup is free on the Team plan.", "On the Team plan, setup is free."),
        ("Setup is free on every plan.", "Setup is free on the Team plan."),
        ("Setup is free on the Team and Business plans.", "Setup is free on Team and Business."),
        ("Every extra seat on the Team plan costs $4.", "Extra seats on the Team plan cost $4."),
        ("The Team plan includes SSO and phone support.", "The Team plan includes SSO."),
    ],
)
def test_the_same_plan_passes(source: str, claim: str) -> None:
    assert is_supported(claim, source)
