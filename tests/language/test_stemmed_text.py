"""Looking for stems in a text, against stemming all of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.language.stemmed_text import StemmedText
from app.language.words import content_stems, stem

# Words with every kind of ending the stemmer knows, and what may stand between and inside words.
ENDINGS = ("", "s", "es", "ies", "y", "ing", "ed", "ly", "ingly", "sses", "e", "pping", "i")
PARTS = st.sampled_from([
    *"abfly '’-_.,“—\n\t",
    " the ",
    "compan",
    "appl",
    "FL",
    "é",
    "İ",
    "Σ",
    "9",
    "don't",
    "ß",
    "中",
])
TEXTS = st.lists(st.tuples(PARTS, st.sampled_from(ENDINGS)), max_size=20).map(
    lambda pairs: "".join(part + ending for part, ending in pairs)
)


@given(TEXTS | st.text(max_size=80))
def test_holds_exactly_the_content_stems(text: str) -> None:
    expected = set(content_stems(text))
    found = StemmedText(text)
    assert set(found) == expected
    assert len(found) == len(expected)
    assert all(wanted in found for wanted in expected)


@given(TEXTS, TEXTS)
def test_does_not_hold_other_stems(text: str, other: str) -> None:
    expected = set(content_stems(text))
    found = StemmedText(text)
    for wanted in {*content_stems(other), *(stem(word) for word in other.split())}:
        assert (wanted in found) == (wanted in expected)


@pytest.mark.parametrize(
    ("word", "text"),
    [("company", "Two companies."), ("fly", "It flies"), ("price", "PRICES_2024"), ("anderson", "Anderson’s")],
)
def test_finds_other_forms(word: str, text: str) -> None:
    assert stem(word) in StemmedText(text)


@pytest.mark.parametrize("wanted", ["the", "pri", "", "compan", None, "s"])
def test_finds_no_parts_stop_words_or_endings(wanted: object) -> None:
    assert wanted not in StemmedText("The company's prices' list")
