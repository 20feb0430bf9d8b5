"""Quotable sentences of one passage."""

from dataclasses import dataclass
from functools import lru_cache

from app.followups.generators.quotable.anchors import is_anchored, is_closed, speaks_in_general
from app.followups.generators.quotable.lead_ins import lead_in
from app.followups.generators.quotable.price_rows import verbalise_fee_row, verbalise_price_row
from app.followups.generators.quotable.rules import why_not
from app.followups.generators.quotable.sections import Placed, placed_sentences
from app.followups.types import BlockKind, EvidenceItem, Scope


@dataclass(frozen=True, slots=True)
class QuotableSentence:
    """A sentence for a message and where it comes from: `item.text[start:end]`.

    `text` is that slice with white space made single, a capital first and a full stop last, except for a price row,
    which is spoken as a sentence (`from_row`). `heading` is the title above it and `question` the question it
    answers, "" without one. What is not `anchored` is only understood behind the question that it answers.
    """

    text: str
    start: int
    end: int
    from_row: bool = False
    heading: str = ""
    question: str = ""
    anchored: bool = True


def quotable_sentences(item: EvidenceItem, own_names: tuple[str, ...] = ()) -> tuple[QuotableSentence, ...]:
    """The sentences of `item` that can stand alone in a message to a customer, in reading order.

    `own_names` are the names of the product and the company as the documents write them. Lead facts are never
    quotable.
    """
    return tuple(sentence for sentence in usable_sentences(item, own_names) if sentence.anchored)


@lru_cache(maxsize=4096)
def usable_sentences(item: EvidenceItem, own_names: tuple[str, ...] = ()) -> tuple[QuotableSentence, ...]:
    """`quotable_sentences`, and those that only a question makes understood."""
    if item.scope is not Scope.KNOWLEDGE or is_closed(item):
        return ()
    prose = (_quotable(placed, item, own_names) for placed in placed_sentences(item))
    found = [sentence for sentence in prose if sentence is not None]
    for block in item.blocks:
        if block.kind is BlockKind.TABLE_ROW:
            row = item.text[block.start : block.end]
            spoken = filter(None, (verbalise_price_row(row), verbalise_fee_row(row)))
            found += [QuotableSentence(text, block.start, block.end, from_row=True) for text in spoken]
    return tuple(sorted(found, key=lambda sentence: sentence.start))


def _quotable(placed: Placed, item: EvidenceItem, own_names: tuple[str, ...]) -> QuotableSentence | None:
    text, end = placed.text, placed.end
    if placed.kind is BlockKind.LIST_ITEM and text[-1].isalnum() and _speaks(text, own_names):
        text += "."
    if why_not(text, own_names) is not None:
        head = lead_in(text)
        if head is None or why_not(f"{head}.", own_names) is not None:
            return None
        text, end = f"{head}.", item.text.index(":", placed.start)
    anchored = is_anchored(text, item, own_names, placed.heading)
    if not anchored and not speaks_in_general(text, item):
        return None
    return QuotableSentence(
        text, placed.start, end, heading=placed.heading, question=placed.question, anchored=anchored
    )


def _speaks(text: str, own_names: tuple[str, ...]) -> bool:
    """A point of a list that begins like a sentence, though authors leave out its full stop."""
    return text.startswith(("We ", "You ", *(f"{name} " for name in own_names)))
