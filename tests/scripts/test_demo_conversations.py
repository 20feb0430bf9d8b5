"""The demo conversations are what their pieces give, and what a training set needs."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from app.training.conversations import read_conversations
from scripts.demo_conversations.rows import as_csv, conversations
from scripts.write_demo_conversations import FILES

_FIRST = 40


@pytest.mark.parametrize(("path", "voice", "count", "seed"), FILES, ids=[voice for _, voice, _, _ in FILES])
def test_the_files_are_what_the_pieces_give(path: Path, voice: str, count: int, seed: int) -> None:
    written = as_csv(conversations(voice, _FIRST, seed))
    assert path.read_text(encoding="utf-8").startswith(written)
    assert len(read_conversations(path).rows) == count


def test_they_are_varied() -> None:
    with FILES[0][0].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["successful_response"] for row in rows}) == len(rows) >= 1_200
    assert len({row["interaction_history"] for row in rows}) > 1_000
    assert len(Counter(row["industry"] for row in rows)) >= 20
    assert len({row["lead_name"] for row in rows}) > 800
