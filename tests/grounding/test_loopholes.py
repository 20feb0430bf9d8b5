"""Sentences that look polite, partial or conditional, and state something false by the way."""

import pytest

from app.grounding.gate import GroundingGate
from tests.grounding.company import CONFIG, KNOWLEDGE, LEAD, TODAY, evidence, passage

GATE = GroundingGate(CONFIG)
BILLING = passage(
    "billing",
    [
        ". With annual billing, the Gold plan costs $60 per month.",
        ". The Gold plan pays for itself within 5 months for companies that ship 700 or more parcels per month.",
        ". Yearly contracts can be ended within the first 20 days for a full refund.",
        ". The Gold plan includes 1 warehouse and can be extended to 4 warehouses.",
        ". Cards are handled by a certified bank. Only 31% of parcels were late.",
        "| Plan: Gold; Monthly billing, per year: $840; Annual billing, per year: $720",
        "| Add-on: Night support; Price: $40 per month; Available for: Gold",
    ],
    source_type="pricing",
)

POLITE = (
    "No problem, Ledgerline replaces your general ledger.",
    "Of course our software is the best on the market.",
    "Happy to give you a lower price.",
    "No worries, we will match any quote for you.",
    "Just reply and your plan is activated.",
    "I appreciate that you decided to go with the Enterprise plan.",
    "Sorry for the mistake in your last invoice.",
    "Thanks for meeting me at the trade show.",
    "Welcome back after your vacation.",
)
ASKING = (
    "Shall we book a call before the price goes up?",
    "Let me know before the offer expires.",
    "Would you like to use our Sage connector?",
    "Are you still happy with the Enterprise plan you bought?",
    "Would you like to see the SSO integration of the Starter plan?",
    "Would you like your free month?",
)
PARTIAL = (
    "With the Starter plan, you get automated invoice processing and real-time analytics.",
    "The Mid-tier plan costs $299 per month, SSO included.",
    "The Mid-tier plan ($299 per month) comes with SSO.",
    "The Mid-tier plan, which includes SSO, costs $299 per month.",
    "You asked about NetSuite, which the Starter plan includes.",
    "With a dedicated manager, the Mid-tier plan costs $299 per month.",
    "You use NetSuite today.",
    "As a manufacturer, you send about 1,900 invoices per month.",
    "We already have a tool.",
)
CONDITIONAL = (
    "The Gold plan costs $60 per month.",
    "The Gold plan costs $720 per year.",
    "With annual billing, the Gold plan costs $840 per year.",
    "The Gold plan pays for itself within 5 months.",
    "Yearly contracts can be ended at any time for a full refund.",
    "The Gold plan includes 4 warehouses.",
    "The Gold plan includes night support.",
    "Ledgerline is certified.",
    "31% of parcels are now late.",
    "31% of orders were late.",
)
HARMLESS = (
    "No problem if the timing is not right.",
    "Happy to answer any questions.",
    "Thank you for your question about pricing.",
    "Thanks for your interest in NetSuite.",
    "I hope this helps.",
    "Just reply whenever it suits you.",
    "Would the Mid-tier plan fit your team?",
    "Would a 15-minute call this week help?",
    "Would you like to see our native NetSuite connector?",
)


@pytest.mark.parametrize("text", POLITE + ASKING + PARTIAL + CONDITIONAL)
def test_a_false_aside_does_not_pass(text: str) -> None:
    assert not GATE.check(text, LEAD, evidence(*KNOWLEDGE, BILLING), TODAY).verified


@pytest.mark.parametrize("text", HARMLESS)
def test_politeness_and_open_questions_pass(text: str) -> None:
    report = GATE.check(text, LEAD, evidence(*KNOWLEDGE, BILLING), TODAY)
    assert report.verified, report.failures


@pytest.mark.parametrize(
    "text",
    [
        "With annual billing, the Gold plan costs $720 per year.",
        "With annual billing the Gold plan is $60 per month.",
        "The Gold plan pays for itself within 5 months for companies that ship 700 or more parcels per month.",
        "Night support is available for the Gold plan.",
    ],
)
def test_a_kept_condition_passes(text: str) -> None:
    report = GATE.check(text, LEAD, evidence(*KNOWLEDGE, BILLING), TODAY)
    assert report.verified, report.failures
