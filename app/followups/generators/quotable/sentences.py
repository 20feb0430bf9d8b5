"""Quotable sentences of one passage."""

from dataclasses import dataclass
from functools import lru_cache

from app.followups.generators.quotable.anchors import is_anchored, is_closed
from app.followups.generators.quotable.price_rows import verbalise_price_row
from app.followups.generators.quotable.rules import why_not
from app.followups.types import BlockKind, EvidenceItem, Scope, Span
from app.language.sentences import split_sentences


@dataclass(frozen=True, slots=True)
class QuotableSentence:
    """A sentence for a message and where it comes from: `item.text[start:end]`.

    `text` is that slice with white space made single, except for a price row, which is spoken as a sentence
    (`from_row`).
    """

    text: str
    start: int
    end: int
    from_row: bool = False


@lru_cache(maxsize=4096)
def quotable_sentences(item: EvidenceItem, own_names: tuple[str, ...] = ()) -> tuple[QuotableSentence, ...]:
    """The sentences of `item` that can stand alone in a message to a customer, in reading order.

    `own_names` are the names of the product and the company as the documents write them. Lead facts are never
    quotable.
    """
    if item.scope is not Scope.KNOWLEDGE or is_closed(item):
        return ()
    found: list[QuotableSentence] = []
    for block in item.blocks:
        if block.kind in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM):
            found.extend(_prose(item, block, own_names))
        elif block.kind is BlockKind.TABLE_ROW:
            spoken = verbalise_price_row(item.text[block.start : block.end])
            if spoken is not None:
                found.append(QuotableSentence(spoken, block.start, block.end, from_row=True))
    return tuple(found)


def _prose(item: EvidenceItem, block: Span, own_names: tuple[str, ...]) -> list[QuotableSentence]:
    text = item.text[block.start : block.end]
    found = []
    for start, end in split_sentences(text):
        sentence = " ".join(text[start:end].split())
        if why_not(sentence, own_names) is None and is_anchored(sentence, item, own_names):
            found.append(QuotableSentence(sentence, block.start + start, block.start + end))
    return found
