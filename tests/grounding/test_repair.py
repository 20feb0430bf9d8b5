import pytest

from app.grounding.gate import GroundingGate
from tests.grounding.company import CONFIG, LEAD, TODAY, evidence

GATE = GroundingGate(CONFIG)


def repaired(message: str) -> str:
    return GATE.drop_failures(message, GATE.check(message, LEAD, evidence(), TODAY))


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "Hi Ramesh, the Starter plan is $5 per month. The Mid-tier plan is $299 per month. Does it fit?",
            "Hi Ramesh, the Mid-tier plan is $299 per month. Does it fit?",
        ),
        (
            "Hi Ramesh,\n\nYou asked about pricing. Globex loves us.\n\nAlso, the Starter plan is $99 per month.",
            "Hi Ramesh,\n\nYou asked about pricing.\n\nThe Starter plan is $99 per month.",
        ),
        (
            "Hi Ramesh, you asked about pricing. We can offer 20% off. That is why Ledgerline has a sandbox.",
            "Hi Ramesh, you asked about pricing.",
        ),
        (
            "The Mid-tier plan is $299 per month. Dana Lee would agree.\n\nBest,\nDana Lee",
            "The Mid-tier plan is $299 per month.",
        ),
        ("Hi Ramesh, Globex loves us. Would a call help?", ""),
        ("Globex loves us.", ""),
    ],
)
def test_the_rest_still_reads(message: str, expected: str) -> None:
    assert repaired(message) == expected


def test_a_good_message_is_left_alone() -> None:
    message = "Hi Ramesh,\n\nyou asked about  pricing.\n\nThe Mid-tier plan is $299 per month."
    assert repaired(message) == message


def test_what_is_left_passes_the_gate() -> None:
    message = (
        "Hi Ramesh, you asked about pricing. The Starter plan is $99 per month. Boreas Foods cut costs by 90%. "
        "It also includes telepathy. However, the Mid-tier plan is $299 per month. Shall I show you?"
    )
    assert GATE.check(repaired(message), LEAD, evidence(), TODAY).verified
