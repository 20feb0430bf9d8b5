"""What a sentence stands under: its heading, and the question that it answers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.followups.types import BlockKind, EvidenceItem, Span
from app.language.sentences import split_sentences

# An answer is given in the first sentences after its question; what follows tells more about it.
_ANSWERING = 2
_YES_OR_NO = re.compile(r"(?:Yes|No|Sure|Absolutely|Of course|Certainly)(?:, | [—–-] |\. )(?=\w)")


@dataclass(frozen=True, slots=True)
class Placed:
    """A sentence as `item.text[start:end]` without a leading "Yes,", and where it stands.

    White space is single, and what a lead-in preceded has a capital. `question` is the question it answers, "" if
    none; `heading` the title right above it.
    """

    text: str
    start: int
    end: int
    kind: BlockKind
    heading: str
    question: str


def placed_sentences(item: EvidenceItem) -> Iterator[Placed]:
    """Sentences of running text and lists in `item`, in reading order."""
    heading = item.heading_path[-1] if item.heading_path else ""
    question, since = (heading, 0) if heading.endswith("?") else ("", 0)
    for block in item.blocks:
        piece = item.text[block.start : block.end]
        if block.kind is BlockKind.HEADING:
            heading = " ".join(piece.split())
            question, since = (heading, 0) if heading.endswith("?") else ("", 0)
        elif block.kind in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM):
            for start, end in split_sentences(piece):
                placed = _placed(item, block, start, end, heading, question if since < _ANSWERING else "")
                if placed.text.endswith("?"):
                    question, since = placed.text, 0
                elif len(placed.text.split()) > 1:
                    yield placed
                    since += 1


def _placed(item: EvidenceItem, block: Span, start: int, end: int, heading: str, question: str) -> Placed:
    first, last = block.start + start, block.start + end
    lead_in = _YES_OR_NO.match(item.text, first, last)
    first = lead_in.end() if lead_in is not None else first
    text = " ".join(item.text[first:last].split())
    if first > block.start + start:
        text = text[:1].upper() + text[1:]
    return Placed(text, first, last, block.kind, heading, question)
