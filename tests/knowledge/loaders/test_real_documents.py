"""Third-party documents that are not part of the repository: read where they are, else skipped."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import DocumentRefused
from app.followups.types import BlockKind
from app.knowledge.loaders.formats import SUPPORTED_SUFFIXES
from app.knowledge.loaders.registry import load

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the shared development data is not here")

_DEBRIS = re.compile(
    r" \| |\*\*[A-Za-z ]|\]\(|^:::|\\\$|&(?:amp|nbsp|lt|gt|#\d+);|\{\{|^---|~~\w|\[\^|^#{1,6} |!\["
    r"|</(?:p|div|Card|Note|Tab)>"
)
_QUOTABLE = {BlockKind.PARAGRAPH, BlockKind.LIST_ITEM}
_REFUSALS = {"no_text": {"empty"}, "encrypted": {"encrypted"}, "corrupt": {"malformed"}, "unsupported": {"unsupported"}}


def _markdown() -> Iterator[Path]:
    return (path for path in sorted((DATA / "kb").rglob("*.md*")))


def test_no_markdown_is_refused_and_no_markup_is_left() -> None:
    found = [(path.name, sign, text) for path in _markdown() for sign, text in _debris(path)]
    assert found == []


def _debris(path: Path) -> Iterator[tuple[str, str]]:
    """Signs of markup in quotable blocks that do not come from a code span of the source."""
    code = " ".join(re.findall(r"`([^`\n]+)`", path.read_text(encoding="utf-8")))
    for block in load(path, 50 << 20).blocks:
        for match in _DEBRIS.finditer(block.text) if block.kind in _QUOTABLE else ():
            if match[0] not in code:
                yield match[0], block.text


def _ordinary() -> Iterator[tuple[Path, str]]:
    with (DATA / "documents" / "manifest.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            path = DATA / "documents" / row["file"]
            # One cell of this workbook holds a picture character and no word.
            if row["set"] == "ordinary" and path.suffix in SUPPORTED_SUFFIXES and path.name != "emoji.xlsx":
                yield path, row["expected"]


def test_ordinary_documents_are_read_or_refused_as_expected() -> None:
    outcomes = [(path.name, _outcome(path), expected) for path, expected in _ordinary()]
    assert [row for row in outcomes if row[1] not in _REFUSALS.get(row[2], {"read"})] == []


def _outcome(path: Path) -> str:
    try:
        return "read" if load(path, 50 << 20).blocks else "nothing"
    except DocumentRefused as error:
        return error.reason
