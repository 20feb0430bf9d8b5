import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.language.words import STOP_WORDS, content_stems, stem, words


@pytest.mark.parametrize(
    "group",
    ["price prices priced pricing", "invoice invoices invoiced", "company companies", "plan plans planned planning"],
)
def test_inflected_forms_meet(group: str) -> None:
    assert len({stem(word) for word in group.split()}) == 1


@pytest.mark.parametrize(("left", "right"), [("billing", "building"), ("user", "use"), ("plan", "plant")])
def test_other_words_do_not(left: str, right: str) -> None:
    assert stem(left) != stem(right)


def test_words_are_lower_case_without_apostrophe_endings() -> None:
    assert words("Anderson's 3 Plans, don't!") == ["anderson", "3", "plans", "don"]


@given(st.text(max_size=60))
def test_content_stems_hold_no_stop_words_of_the_text(text: str) -> None:
    assert len(content_stems(text)) == sum(1 for word in words(text) if word not in STOP_WORDS)
