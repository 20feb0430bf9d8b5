"""Brackets of links that never close are taken out where there are hundreds; all others stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.loaders.brackets import without_torn_brackets
from app.knowledge.loaders.markdown import load_markdown

MANY = 500
LINK = "[the guide](https://depot.example/a_(b)) for (all) readers. "


@pytest.mark.parametrize("unit", ["[a](", "![a](", "[a]((", "[a](b ", "[a](<", "[a](b\n\n"])
def test_hundreds_of_targets_that_never_close_are_no_targets(unit: str) -> None:
    assert "](" not in without_torn_brackets(unit * MANY)
    assert "a" in load_markdown((unit * MANY).encode()).blocks[0].text


def test_targets_nested_without_end_are_no_targets() -> None:
    assert without_torn_brackets("[a](" * MANY + ")" * MANY).count("](") <= 20


@pytest.mark.parametrize("text", [LINK * MANY, "[a](" * 150, LINK * MANY + "[a](" * 150, "f(x " * MANY, "(" * MANY])
def test_real_links_few_torn_ones_and_other_brackets_stay(text: str) -> None:
    assert without_torn_brackets(text) == text


def test_real_links_stay_beside_torn_ones() -> None:
    text = "\n\n".join((LINK * MANY, "[a](" * MANY, LINK * MANY))
    assert without_torn_brackets(text).count(LINK) == 2 * MANY


@given(st.lists(st.sampled_from(["[", "](", "]", "(", ")", "a", "\n\n", " "]), max_size=3000))
def test_only_opening_brackets_are_ever_taken_out(parts: list[str]) -> None:
    text = "".join(parts)
    kept = without_torn_brackets(text)
    assert [char for char in kept if char not in "[("] == [char for char in text if char not in "[("]
