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


@pytest.mark.parametrize(
    ("note", "phrase"),
    [
        ("if customers can manage their own subscription", "whether customers can manage their own subscription"),
        ("whether users lose access when they cancel", "whether users lose access when they cancel"),
        ("whether they can manage their own subscription", "whether you can manage your own subscription"),
        ("whether their data is encrypted", "whether your data is encrypted"),
    ],
)
def test_what_belongs_to_others_is_not_told_as_the_leads(note: str, phrase: str) -> None:
    assert phrase_from(note) == phrase
