"""The phrase that a record's note is about, as it can stand inside a sentence to the lead."""

import pytest

from app.followups.subjects import phrase_from


@pytest.mark.parametrize(
    ("note", "phrase"),
    [
        ("what the fees are", "what the fees are"),
        ("which countries payouts go to", "which countries payouts go to"),
        ("what the price depends on.", "what the price depends on"),
        ("which plan is best for them", "which plan is best for you"),
        ("whether it integrates with", "whether it integrates"),
        ("pricing for", "pricing"),
    ],
)
def test_only_a_whole_question_may_end_on_a_preposition(note: str, phrase: str) -> None:
    assert phrase_from(note) == phrase
