import pytest

from app.grounding.claims import embedded_facts, kind_of, split_claims
from app.grounding.types import ClaimKind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Best regards,", ClaimKind.GREETING),
        ("Thank you for your note.", ClaimKind.THANKS),
        ("Fair point on budget.", ClaimKind.THANKS),
        ("Would a 15-minute call help?", ClaimKind.QUESTION),
        ("Let me know if you have any questions!", ClaimKind.CALL_TO_ACTION),
        ("Feel free to reply here.", ClaimKind.CALL_TO_ACTION),
        ("If so, just reply to this note.", ClaimKind.CALL_TO_ACTION),
        ("The Pro plan costs $20.", ClaimKind.ASSERTION),
        ("You asked about pricing.", ClaimKind.ASSERTION),
        ("Congrats on your Series B.", ClaimKind.ASSERTION),
        ("I'll send the report on Friday.", ClaimKind.COMMITMENT),
        ("I can have the report sent.", ClaimKind.COMMITMENT),
        ("We guarantee a result.", ClaimKind.COMMITMENT),
        ("You will get a discount.", ClaimKind.COMMITMENT),
        ("Our engineer will call you.", ClaimKind.COMMITMENT),
        ("We can offer 20% off.", ClaimKind.OFFER),
    ],
)
def test_what_a_sentence_does(text: str, kind: ClaimKind) -> None:
    assert kind_of(text) is kind


def test_a_greeting_is_a_claim_of_its_own_with_true_offsets() -> None:
    message = "Hi Ana, the Pro plan costs $4,999.00/mo. with support.\n\nBest,\nTom"
    claims = split_claims(message)
    assert [message[c.start : c.end] for c in claims] == [c.text for c in claims]
    assert [c.text for c in claims] == [
        "Hi Ana,",
        "the Pro plan costs $4,999.00/mo. with support.",
        "Best,",
        "Tom",
    ]


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("Since your team doubled, shall we talk?", "your team doubled"),
        ("Did you know that it is free?", "it is free"),
        ("Shall we talk, because our tool is the best?", "our tool is the best"),
        ("Would you like the Pro plan, which includes support?", "includes support"),
        ("Our product is the cheapest on the market?", "Our product is the cheapest on the market?"),
    ],
)
def test_facts_hidden_in_questions(text: str, fact: str) -> None:
    assert [text[start:end] for start, end in embedded_facts(text)] == [fact]


def test_an_honest_question_hides_nothing() -> None:
    assert list(embedded_facts("Would it help to see a breakdown for your team size?")) == []
