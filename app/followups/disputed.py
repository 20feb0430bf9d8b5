"""Evidence without what is in dispute: statements that are outdated, or that another document contradicts."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.followups.types import BlockKind, EvidenceItem, Span, Withdrawn
from app.knowledge.conflicts.amounts import amounts
from app.knowledge.conflicts.register import Dispute
from app.knowledge.conflicts.types import Standing
from app.language.sentences import split_sentences
from app.reading.reader import read

# Figures so particular that the document which states them for one thing means that thing wherever it repeats them.
_TELLING = frozenset({"money", "fee"})


def withdraw(item: EvidenceItem, disputes: Sequence[Dispute]) -> tuple[EvidenceItem | None, tuple[Withdrawn, ...]]:
    """`item` without its disputed statements (None if nothing is left), and those statements.

    `disputes` are those of the item's document. Blocks say what may be used: `text` itself stays whole.
    """
    kept: list[Span] = []
    withdrawn: dict[Dispute, list[Span]] = {}
    for block in item.blocks or (Span(0, len(item.text), BlockKind.PARAGRAPH),):
        for span in _statements(item.text, block):
            dispute = next((each for each in disputes if _states(item, span, each)), None)
            if dispute is None:
                kept.append(span)
            else:
                withdrawn.setdefault(dispute, []).append(span)
    if not withdrawn:
        return item, ()
    out = tuple(
        Withdrawn(replace(item, blocks=tuple(spans)), dispute.standing is Standing.CONFLICTING, dispute.reason)
        for dispute, spans in withdrawn.items()
    )
    blocks = tuple(_joined(item.text, kept))
    empty = all(block.kind is BlockKind.HEADING for block in blocks)
    return (None if empty else replace(item, blocks=blocks)), out


def _statements(text: str, block: Span) -> Iterator[Span]:
    """A row, heading or code block as a whole, running text sentence by sentence."""
    if block.kind not in {BlockKind.PARAGRAPH, BlockKind.LIST_ITEM}:
        yield block
        return
    for start, end in split_sentences(text[block.start : block.end]):
        yield Span(block.start + start, block.start + end, block.kind)


def _states(item: EvidenceItem, span: Span, dispute: Dispute) -> bool:
    side = dispute.side
    if side.chunk_id == item.id and span.start < side.end and side.start < span.end:
        return True
    kind = side.unit.split(" ")[0]
    if kind not in _TELLING:
        return False
    reading = read(item.text[span.start : span.end], span.kind is BlockKind.TABLE_ROW)
    return any(amount.kind == kind and amount.value == side.value for amount in amounts(reading))


def _joined(text: str, spans: Sequence[Span]) -> Iterator[Span]:
    """Neighbouring sentences of one paragraph as one block again."""
    last: Span | None = None
    for span in spans:
        prose = last is not None and last.kind is span.kind is BlockKind.PARAGRAPH
        if (
            last is not None
            and prose
            and "\n" not in text[last.end : span.start]
            and not text[last.end : span.start].strip()
        ):
            last = Span(last.start, span.end, span.kind)
            continue
        if last is not None:
            yield last
        last = span
    if last is not None:
        yield last
