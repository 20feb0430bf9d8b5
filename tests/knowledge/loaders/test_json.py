"""JSON files: records become rows, data of programs is refused."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import DocumentRefused
from app.followups.types import BlockKind
from app.knowledge.loaders.json_file import load_json

H, P, ITEM, ROW = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.TABLE_ROW


def read(value: object) -> list[tuple[BlockKind, str]]:
    return [(block.kind, block.text) for block in load_json(json.dumps(value).encode()).blocks]


def test_records_carry_their_keys_under_the_key_of_their_list() -> None:
    plans = [
        {"title": "Team", "priceEurope": "€9", "per_seat": True, "id": 7, "features": ["SSO", "API"], "note": None},
        {"title": "Scale", "priceEurope": "€99", "limits": {"users": 50}},
    ]
    assert read({"cloud_plans": plans}) == [
        (H, "Cloud plans"),
        (ROW, "Title: Team; Price Europe: €9; Per seat: Yes; Features: SSO, API"),
        (ROW, "Title: Scale; Price Europe: €99; Limits Users: 50"),
    ]


def test_prices_keep_their_digits() -> None:
    [block] = load_json(b'[{"plan": "Team", "price": 9.50, "seats": 1000000000000000000000}]').blocks
    assert block.text == "Plan: Team; Price: 9.50; Seats: 1000000000000000000000"


def test_long_texts_stand_under_the_name_of_their_record() -> None:
    answer = "You can cancel at any time. " * 10
    assert read([{"question": "Can I cancel?", "answer": f"<p>{answer}</p>"}]) == [
        (H, "Can I cancel?"),
        (P, answer.strip()),
    ]


def test_records_by_name_and_records_within_records() -> None:
    assert read({"team": {"price": "$9"}, "scale": {"price": "$99"}}) == [
        (ROW, "Name: Team; Price: $9"),
        (ROW, "Name: Scale; Price: $99"),
    ]
    nested = [{"name": "Team", "prices": [{"country": "DE", "price": "€9"}]}]
    assert read(nested) == [(H, "Team"), (H, "Prices"), (ROW, "Country: DE; Price: €9")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"name": "tool", "version": "1.0", "dependencies": {"a": "^1"}}', "unsupported"),
        (b"[1, 2, 3]", "unsupported"),
        (b'"text"', "unsupported"),
        (b'{"a": [{"url": "https://example.com/x"}]}', "unsupported"),
        (b"{torn", "malformed"),
    ],
)
def test_refusals(data: bytes, reason: str) -> None:
    with pytest.raises(DocumentRefused) as caught:
        load_json(data)
    assert caught.value.reason == reason


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=30,
)


@given(_VALUES)
def test_any_json_is_read_or_refused(value: object) -> None:
    with contextlib.suppress(DocumentRefused):
        blocks = load_json(json.dumps(value).encode()).blocks
        assert all(block.text == " ".join(block.text.split()) for block in blocks)
