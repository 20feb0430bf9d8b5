import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.language_models.numerals import (
    START,
    NumeralRule,
    NumeralVocabulary,
    Pending,
    allowed_numerals,
    find_numerals,
)
from app.language_models.token_texts import TokenTexts, read_token_texts
from tests.language_models.tiny_models import train_tokenizer

PLAIN = re.compile(r"\d+(?:[.,]\d+)*")


def texts_of(raw: Sequence[bytes]) -> TokenTexts:
    return TokenTexts(tuple(raw), frozenset(), frozenset())


def rule_for(raw: Sequence[bytes], *sources: str, extra: Sequence[str] = ()) -> NumeralRule:
    return NumeralRule(NumeralVocabulary(texts_of(raw)), allowed_numerals(sources, extra))


def write(rule: NumeralRule, raw: Sequence[bytes], picks: Sequence[int]) -> str:
    """A text of the tokens that `picks` choose among those the rule leaves."""
    pending, written = START, b""
    for pick in picks:
        choice = rule.choice(pending)
        left = [t for t in range(len(raw)) if (t in choice.ids) is choice.only]
        if not left:
            break
        token = left[pick % len(left)]
        after = rule.after(pending, token)
        assert after is not None, "the choice and the step agree"
        pending, written = after, written + raw[token]
    return rule.without_part(written.decode("utf-8", "replace"), pending)


sources = st.text(alphabet="0123456789.,/:- $€%ab'_²٣", max_size=30)
pieces = st.text(alphabet="0123456789.,/:- $€%ab'_²½٣é", min_size=1, max_size=4).map(str.encode)
bytes_alone = st.sampled_from([bytes([byte]) for byte in "²½٣é€".encode()])
vocabularies = st.lists(pieces | bytes_alone, min_size=1, max_size=40)


@settings(max_examples=300, deadline=None)
@given(vocabularies, st.lists(sources, max_size=3), st.lists(st.integers(0, 10_000), max_size=40))
def test_no_numeral_outside_the_sources_is_ever_written(raw: list[bytes], texts: list[str], picks: list[int]) -> None:
    written = write(rule_for(raw, *texts, extra=["15"]), raw, picks)
    allowed = allowed_numerals(texts, ["15"])
    assert set(find_numerals(written)) <= allowed
    # A second reading that shares no code with the rule.
    known = {part for numeral in allowed for part in PLAIN.findall(numeral)}
    assert set(PLAIN.findall(written)) <= known


@pytest.mark.parametrize("numeral", ["299", "2,990", "1,200.50", "24/7", "2024-01-05", "3", "1 200", "²", "٣٤"])
def test_every_numeral_of_the_sources_can_be_written(numeral: str) -> None:
    raw = [bytes([byte]) for byte in range(256)]
    rule = rule_for(raw, f"It is {numeral} now")
    pending = START
    for byte in f"So {numeral}, then".encode():
        choice = rule.choice(pending)
        assert (byte in choice.ids) is choice.only
        after = rule.after(pending, byte)
        assert after is not None
        pending = after
    assert rule.may_end(pending)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("costs $299", "$2999"),
        ("costs $299", "$29"),
        ("costs $299", "$2.99"),
        ("1,200 users", "1 "),
        ("24/7", "7 "),
        ("in 2024 and 2025", "2024 2025"),
        ("no figure", "²"),
        ("see [EMAIL_1]", "1 "),
        ("15", "_15"),
        ("2 and 99", "2\x0099 "),
        ("2 and 99", "2\u200b99 "),
        ("2 and 99", "2\u00ad"),
        ("2 and 99", "2\u066c99 "),
        ("2 and 99", "2·99 "),
        ("2 and 99", "2，99 "),
        ("2 and 99", "2\u201199 "),
        ("2 and 99", "2\u221299 "),
        ("2 and 99", "2\n99 "),
    ],
)
def test_parts_extensions_and_joinings_are_refused(source: str, text: str) -> None:
    raw = [bytes([byte]) for byte in range(256)]
    rule = rule_for(raw, source)
    pending = START
    for byte in text.encode():
        choice = rule.choice(pending)
        if (byte in choice.ids) is not choice.only:
            return
        after = rule.after(pending, byte)
        assert after is not None, "the choice and the step agree"
        pending = after
    assert not rule.may_end(pending)


@pytest.mark.parametrize(
    ("source", "allowed"),
    [
        ("takes 2-3 weeks", {"2-3", "2", "3"}),
        ("1 200 users", {"1 200", "1", "200"}),
        ("Option 3 299 EUR", {"3 299", "3", "299"}),
        ("10 20 30", {"10 20 30", "10", "20", "30"}),
        ("Starter 49 99 199", {"49 99 199", "99 199", "49", "99", "199"}),
        ("open 2024-01-05 10:00", {"2024-01-05 10:00", "2024-01-05", "10:00"}),
    ],
)
def test_each_reading_of_a_source_is_a_numeral(source: str, allowed: set[str]) -> None:
    assert allowed_numerals([source]) == allowed


@pytest.mark.parametrize("joiner", [" ", "/", "-", ",", "\u00a0"])
def test_a_long_list_of_numbers_allows_its_members(joiner: str) -> None:
    raw = [bytes([byte]) for byte in range(256)]
    source = joiner.join(str(10 + number % 90) for number in range(2000))
    assert max(map(len, allowed_numerals([source]))) <= 40
    pending: Pending | None = START
    rule = rule_for(raw, source)
    for byte in b"We saw 71 ":
        assert pending is not None
        pending = rule.after(pending, byte)
    assert pending is not None
    assert rule.may_end(pending)


def test_a_numeral_is_not_begun_that_no_tokens_can_finish() -> None:
    raw = [b"1", b"50", b"x", b"150"]
    assert write(rule_for(raw, "150"), raw, [0]) != "1"
    only_whole = rule_for([b"1", b"0", b"x", b"150"], "150")
    assert 0 in only_whole.choice(START).ids


def test_a_numeral_cut_off_by_the_limit_is_left_out() -> None:
    raw = [b"for $", b"2", b"9"]
    rule = rule_for(raw, "$299")
    pending = START
    for token in (0, 1, 2):
        after = rule.after(pending, token)
        assert after is not None
        pending = after
    assert rule.without_part("for $29", pending) == "for $"


def test_a_real_tokenizer_with_tokens_of_several_digits() -> None:
    tokenizer = train_tokenizer()
    texts = read_token_texts(tokenizer, len(tokenizer), [])
    assert any(text and re.search(r"\d\d", text) for text in texts.whole), "a token holds two digits"
    rule = NumeralRule(NumeralVocabulary(texts), allowed_numerals(["now 2,990"]))
    for text, fits in (("costs 2,990 now.", True), ("costs 299 now.", False), ("costs $299", False)):
        pending, ok = START, True
        for token in tokenizer(text, add_special_tokens=False)["input_ids"]:
            choice = rule.choice(pending)
            ok = (token in choice.ids) is choice.only
            if not ok:
                break
            pending = rule.after(pending, token) or START
        assert ok is fits, text
