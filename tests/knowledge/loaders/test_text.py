"""Decoding and cleaning, shared by all loaders."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.loaders.text import clean, decode, is_binary, raised

SAMPLE = "Prices rise: 40 % für Müller, “quoted”, 5 €.\nSecond line of plain prose with enough letters.\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_decode_finds_the_encoding(encoding: str) -> None:
    data = SAMPLE.encode(encoding)
    assert decode(data) == SAMPLE
    assert not is_binary(data)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark(encoding: str) -> None:
    assert decode("Plain words only".encode(encoding)) == "Plain words only"


def test_decode_cyrillic() -> None:
    text = "Стоимость тарифа составляет двести рублей в месяц за одного пользователя системы."
    assert decode(text.encode("cp1251")) == text


def test_line_ends() -> None:
    assert decode(b"a\r\nb\rc\n") == "a\nb\nc\n"


def test_binary_is_not_text() -> None:
    assert is_binary(bytes(range(256)) * 4)


@given(st.text())
def test_clean_is_idempotent_and_single_spaced(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert once == " ".join(once.split())


def test_clean_joins_ligatures_and_drops_nameless_glyphs() -> None:
    assert clean("e\ufb03cient\u00a0o(cid:3)ffice \u202eabc") == "efficient office abc"


@pytest.mark.parametrize(
    ("before", "mark", "expected"),
    [
        ("$299", "1", ""),
        ("$29", "99", ".99"),
        ("10", "6", "⁶"),
        ("40 m", "2", "²"),
        ("21", "st", "st"),
        ("claim", "[12]", ""),
        ("name", "*", ""),
    ],
)
def test_raised_text_never_joins_a_figure(before: str, mark: str, expected: str) -> None:
    assert raised(before, mark) == expected
