"""Cut a loaded document into chunks that fit the embedding model, along its headings, with exact offsets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from app.embeddings.base import Embedder
from app.followups.types import BlockKind, Span
from app.knowledge.pieces import Piece, TokenCounter, document_text, fitting_pieces
from app.knowledge.types import Chunk, ChunkedDocument, LoadedDocument

_TINY = 0.14  # of the limit: sections below this say too little to be found by themselves
_HEAD = 0.4  # of the limit: the most that title and headings may take of a chunk's tokens
_SEPARATOR = " › "


@dataclass(frozen=True, slots=True)
class _Draft:
    """Neighbouring pieces that will be one chunk. `tokens` counts their text; `whole`: it holds whole sections."""

    pieces: tuple[Piece, ...]
    tokens: int
    whole: bool

    @property
    def path(self) -> tuple[str, ...]:
        """The sections that hold all of the text; a heading alone is no text of its section."""
        paths = [piece.path for piece in self.pieces if piece.kind is not BlockKind.HEADING]
        paths = paths or [piece.path for piece in self.pieces]
        shortest = min(map(len, paths))
        same = (len({path[:length] for path in paths}) == 1 for length in range(1, shortest + 1))
        return paths[0][: sum(same)]

    @property
    def only_headings(self) -> bool:
        return all(piece.kind is BlockKind.HEADING for piece in self.pieces)


def chunk_document(document: LoadedDocument, embedder: Embedder, max_tokens: int) -> ChunkedDocument:
    """Chunks of at most `min(max_tokens, embedder.max_tokens)` tokens each, special tokens and headings included.

    Every character of every block that is not white space lies in exactly one chunk; chunks are in document order.
    """
    limit = min(max_tokens, embedder.max_tokens)
    text, blocks = document_text(document.blocks)
    counter = TokenCounter(embedder, limit)
    heads = _heads(document.title, {block.path for block in blocks}, counter)
    room = {path: limit - counter.special - counter.of(head) for path, head in heads.items()}
    pieces = fitting_pieces(text, blocks, counter, room)
    drafts = _join_headings(_join_tiny(list(_sections(pieces, room)), room, _TINY * limit), room)
    return ChunkedDocument(text, tuple(_chunks(text, drafts, heads, counter)))


def _heads(title: str | None, paths: set[tuple[str, ...]], counter: TokenCounter) -> dict[tuple[str, ...], str]:
    """The line that precedes a chunk's text when it is embedded; outer headings give way when it grows too long."""
    every = {path[:length] for path in paths | {()} for length in range(len(path) + 1)}
    heads = {}
    for path in every:
        parts = [part for part in (title, *path) if part]
        parts = [part for index, part in enumerate(parts) if part not in parts[:index]]
        while parts and counter.of(_SEPARATOR.join(parts)) > _HEAD * counter.limit:
            parts = parts[1:]
        heads[path] = _SEPARATOR.join(parts)
    return heads


def _sections(pieces: Sequence[Piece], room: dict[tuple[str, ...], int]) -> Iterator[_Draft]:
    """Pack the pieces of each section into as few drafts as its room allows."""
    for _, group in groupby(pieces, key=lambda piece: piece.section):
        section = list(group)
        space = room[section[0].path]
        packed: list[list[Piece]] = [[]]
        used = 0
        for piece in section:
            if packed[-1] and used + piece.tokens > space:
                packed.append([])
                used = 0
            packed[-1].append(piece)
            used += piece.tokens
        for part in packed:
            yield _Draft(tuple(part), sum(piece.tokens for piece in part), whole=len(packed) == 1)


def _join_tiny(drafts: Sequence[_Draft], room: dict[tuple[str, ...], int], tiny: float) -> list[_Draft]:
    """Put a tiny section together with the section before it when both stand under the same heading."""
    joined: list[_Draft] = []
    for draft in drafts:
        last = joined[-1] if joined else None
        if last and last.whole and draft.whole and min(last.tokens, draft.tokens) < tiny and _related(last, draft):
            both = _both(last, draft)
            if both.tokens <= room[both.path]:
                joined[-1] = both
                continue
        joined.append(draft)
    return joined


def _related(last: _Draft, draft: _Draft) -> bool:
    """Siblings under one heading, or a short introduction and its first subsection."""
    before, after = last.pieces[-1].path, draft.pieces[0].path
    siblings = len(before) == len(after) and before[:-1] == after[:-1] and len(after) > 1
    return siblings or after[:-1] == last.path or (len(last.path) == 0 and last.only_headings)


def _join_headings(drafts: Sequence[_Draft], room: dict[tuple[str, ...], int]) -> list[_Draft]:
    """A heading without text goes to the chunk after it, the last one to the chunk before it, where they fit."""
    joined: list[_Draft] = []
    for draft in reversed(drafts):
        if draft.only_headings and joined:
            both = _both(draft, joined[-1])
            if both.tokens <= room[both.path]:
                joined[-1] = both
                continue
        joined.append(draft)
    joined.reverse()
    if len(joined) > 1 and joined[-1].only_headings:
        both = _both(joined[-2], joined[-1])
        if both.tokens <= room[both.path]:
            joined[-2:] = [both]
    return joined


def _both(first: _Draft, second: _Draft) -> _Draft:
    return _Draft(first.pieces + second.pieces, first.tokens + second.tokens, first.whole and second.whole)


def _chunks(
    text: str, drafts: Sequence[_Draft], heads: dict[tuple[str, ...], str], counter: TokenCounter
) -> Iterator[Chunk]:
    """Number the drafts; one that a tokenizer counts longer than the sum of its pieces is cut in two."""
    pending = list(drafts)
    while True:
        texts = [_embedding_text(text, draft, heads) for draft in pending]
        counts = counter.with_special(texts)
        if all(count <= counter.limit for count in counts):
            break
        pending = [
            part
            for draft, count in zip(pending, counts, strict=True)
            for part in ((draft,) if count <= counter.limit else _halves(text, draft))
        ]
    for ordinal, (draft, embedded, count) in enumerate(zip(pending, texts, counts, strict=True)):
        yield _chunk(ordinal, text, draft, embedded, count)


def _halves(text: str, draft: _Draft) -> tuple[_Draft, ...]:
    middle = len(draft.pieces) // 2
    if middle:
        parts: Sequence[tuple[Piece, ...]] = (draft.pieces[:middle], draft.pieces[middle:])
    else:
        parts = [(half,) for half in draft.pieces[0].halves(text)]
    return tuple(_Draft(part, 0, whole=False) for part in parts)


def _embedding_text(text: str, draft: _Draft, heads: dict[tuple[str, ...], str]) -> str:
    body = text[draft.pieces[0].start : draft.pieces[-1].end]
    # Headings with which the text itself opens are not said twice.
    first = draft.pieces[0]
    path = draft.path[: len(first.path) - 1] if first.kind is BlockKind.HEADING else draft.path
    return f"{heads[path]}\n{body}" if heads[path] else body


def _chunk(ordinal: int, text: str, draft: _Draft, embedded: str, tokens: int) -> Chunk:
    start, end = draft.pieces[0].start, draft.pieces[-1].end
    spans: list[Span] = []
    previous: Piece | None = None
    for piece in draft.pieces:
        if previous is not None and previous.block == piece.block:
            spans[-1] = replace(spans[-1], end=piece.end - start)
        else:
            spans.append(Span(piece.start - start, piece.end - start, piece.kind))
        previous = piece
    pages = [piece.page for piece in draft.pieces if piece.kind is not BlockKind.HEADING] or [draft.pieces[0].page]
    return Chunk(
        ordinal=ordinal,
        text=text[start:end],
        start=start,
        end=end,
        heading_path=draft.path,
        page=pages[0],
        tokens=tokens,
        blocks=tuple(spans),
        embedding_text=embedded,
    )
