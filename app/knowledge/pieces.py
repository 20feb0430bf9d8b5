"""Blocks laid out as one text, and cut into pieces that each fit a chunk."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.embeddings.base import Embedder
from app.followups.types import BlockKind
from app.knowledge.types import Block
from app.language.sentences import split_sentences

_RUNS = frozenset({BlockKind.TABLE_ROW, BlockKind.LIST_ITEM})


@dataclass(frozen=True, slots=True)
class Piece:
    """A block or a part of one: `text[start:end]` of the version text, without surrounding white space.

    `block` is the block's index, `section` grows with every heading, `path` holds the headings above and, for a
    heading, itself. `tokens` excludes special tokens.
    """

    start: int
    end: int
    kind: BlockKind
    block: int
    section: int
    path: tuple[str, ...]
    page: int | None
    tokens: int = 0

    def part(self, text: str, start: int, end: int) -> "Piece":
        """The part `text[start:end]`, trimmed."""
        inner = text[start:end]
        start += len(inner) - len(inner.lstrip())
        return replace(self, start=start, end=start + len(inner.strip()))

    def halves(self, text: str) -> "tuple[Piece, ...]":
        """Two parts, cut at the line end, else the space, nearest to the middle, else in the middle."""
        middle = (self.start + self.end) // 2
        cuts = [_nearest(text, mark, self.start, self.end, middle) for mark in ("\n", " ")]
        cut = next((cut for cut in cuts if cut is not None), middle)
        return tuple(
            part for part in (self.part(text, self.start, cut), self.part(text, cut, self.end)) if part.end > part.start
        )


def _nearest(text: str, mark: str, start: int, end: int, middle: int) -> int | None:
    """Offset of the `mark` nearest to `middle`, if the smaller half keeps at least a fifth."""
    fifth = (end - start) // 5
    found = [offset for offset in (text.rfind(mark, start, middle), text.find(mark, middle, end)) if offset >= 0]
    nearest = min(found, key=lambda offset: abs(offset - middle), default=-1)
    return nearest if start + fifth <= nearest <= end - fifth else None


class TokenCounter:
    """Counts tokens in batches and remembers them. `special` is how many tokens the model adds to every input."""

    def __init__(self, embedder: Embedder, limit: int) -> None:
        self.limit = limit
        self._embedder = embedder
        self._known: dict[str, int] = {}
        self.special = embedder.count_tokens([""])[0]

    def of(self, text: str) -> int:
        """Tokens of `text` without special tokens."""
        if text not in self._known:
            self.learn([text])
        return self._known[text]

    def learn(self, texts: Iterable[str]) -> None:
        """Count `texts` in one call, so that `of` answers from memory."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            counts = self._embedder.count_tokens(new)
            self._known.update((text, count - self.special) for text, count in zip(new, counts, strict=True))

    def with_special(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each complete model input."""
        return self._embedder.count_tokens(texts)


def document_text(blocks: Sequence[Block]) -> tuple[str, list[Piece]]:
    """The text of a document version, and one uncounted piece per block.

    Blocks are joined by an empty line, rows of one table and items of one list by a line break.
    """
    parts: list[str] = []
    pieces: list[Piece] = []
    headings: list[tuple[int, str]] = []
    offset = section = 0
    previous: BlockKind | None = None
    for index, block in enumerate(blocks):
        if previous is not None:
            separator = "\n" if block.kind is previous and block.kind in _RUNS else "\n\n"
            parts.append(separator)
            offset += len(separator)
        section += _enter(headings, block)
        path = tuple(text for _, text in headings)
        pieces.append(Piece(offset, offset + len(block.text), block.kind, index, section, path, block.page))
        parts.append(block.text)
        offset += len(block.text)
        previous = block.kind
    return "".join(parts), pieces


def _enter(headings: list[tuple[int, str]], block: Block) -> bool:
    """Update the open headings for `block`; True if a new section starts with it."""
    is_heading = block.kind is BlockKind.HEADING
    level = block.level or (1 if is_heading else 0)
    before = len(headings)
    if level:
        while headings and headings[-1][0] > level - is_heading:
            headings.pop()
    if is_heading:
        headings.append((level, block.text))
    return is_heading or len(headings) < before


def fitting_pieces(
    text: str, blocks: Sequence[Piece], counter: TokenCounter, room: Mapping[tuple[str, ...], int]
) -> list[Piece]:
    """Pieces that each fit the room of their path: whole blocks, else sentences, else ever smaller halves."""
    pieces = _counted(text, [piece for piece in blocks if piece.end > piece.start], counter)
    cut: Callable[[str, Piece], Sequence[Piece]] = _sentences
    while any(_too_long(piece, room) for piece in pieces):
        parts = [part for piece in pieces for part in (cut(text, piece) if _too_long(piece, room) else (piece,))]
        pieces = _counted(text, parts, counter)
        cut = _halves
    return pieces


def _too_long(piece: Piece, room: Mapping[tuple[str, ...], int]) -> bool:
    # One character is the end of all cutting, however many tokens it makes.
    return piece.tokens > room[piece.path] and piece.end - piece.start > 1


def _counted(text: str, pieces: Sequence[Piece], counter: TokenCounter) -> list[Piece]:
    counter.learn(text[piece.start : piece.end] for piece in pieces)
    return [replace(piece, tokens=counter.of(text[piece.start : piece.end])) for piece in pieces]


def _sentences(text: str, piece: Piece) -> list[Piece]:
    """Parts that tile the piece: each sentence reaches to the start of the next."""
    starts = [piece.start + start for start, _ in split_sentences(text[piece.start : piece.end])][1:]
    edges = [piece.start, *starts, piece.end]
    return [piece.part(text, start, end) for start, end in zip(edges, edges[1:], strict=False)]


def _halves(text: str, piece: Piece) -> tuple[Piece, ...]:
    return piece.halves(text)
