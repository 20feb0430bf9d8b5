"""CSV files of conversations to prepare, made from the demo conversations."""

import csv
from collections.abc import Sequence
from pathlib import Path

from app.training.conversations import COLUMNS

DEMO = Path(__file__).resolve().parents[2] / "data" / "historical_conversations.csv"


def demo_rows(count: int) -> list[list[str]]:
    """The first `count` rows of the demo conversations, in the order of `COLUMNS`."""
    with DEMO.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        return [next(reader) for _ in range(count)]


def write_csv(path: Path, rows: Sequence[Sequence[str]], header: Sequence[str] = COLUMNS, delimiter: str = ",") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([header, *rows])
    return path


def row(response: str, history: str = "Asked about pricing.", name: str = "Ana Weber", score: str = "55") -> list[str]:
    return [name, "RouteDesk", "logistics", score, history, response]
