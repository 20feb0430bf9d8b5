"""From lines in reading order to headings, paragraphs and list items."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from app.followups.types import BlockKind
from app.knowledge.loaders.pdf_layout import Line
from app.knowledge.loaders.pdf_tables import TableRows
from app.knowledge.loaders.text import clean
from app.knowledge.types import Block

_MARGIN = 0.1  # share of the page height in which running headers and footers stand
_PAGE_NUMBER = re.compile(
    r"^(?:page|p\.|seite)?\s*[-–—|]?\s*\d{1,4}\s*[-–—|]?(?:\s*(?:of|/|von)\s*\d{1,4})?$", re.IGNORECASE
)
_BULLET = re.compile(r"^(?:[•◦▪‣·●○■□–—✓✔➢►*-]|\(cid:\d+\)|\(?\d{1,2}[.)]|\(?[a-z][.)])\s+(?=\S)")
_NUMBERED = re.compile(r"^\(?\d{1,2}[.)]\s")
_SENTENCE_END = re.compile(r"[.!?:;…][\"'”’)\]]*$")
_MOSTLY_FIGURE = re.compile(r"^[^A-Za-z]*(?:[A-Za-z]{1,2}[^A-Za-z]+)*$")
_HYPHEN_END = re.compile(r"(?P<stem>[^\W\d_]+)[-‐\u00ad]$")
# First parts after which a hyphen at a line end belongs to the word.
_COMPOUND = frozenset(
    """
    real self long short high low well end third cloud month year day week in on off up out user role seat usage data
    cost pre post non multi co re e one two three four five six seven eight nine ten first second follow built state
    best full half all pay cross per easy time key open single mid top large small fast custom auto line rule event
    """.split()  # noqa: SIM905 - a word list reads better as text
)


@dataclass(frozen=True, slots=True)
class PageContent:
    """Lines and tables of one page in reading order. `height` in points."""

    number: int
    height: float
    items: tuple[Line | TableRows, ...]

    @property
    def lines(self) -> list[Line]:
        return [item for item in self.items if isinstance(item, Line)]


def document_blocks(pages: Sequence[PageContent]) -> list[Block]:
    """Blocks of all pages without running headers, page numbers and repeated pages."""
    pages = _without_running_lines(_distinct(pages))
    fonts = _Fonts([line for page in pages for line in page.lines])
    blocks: list[Block] = []
    for page in pages:
        for block in _page_blocks(page, fonts):
            if not any(char.isalnum() for char in block.text):
                continue
            if blocks and _continues(blocks[-1], block):
                blocks[-1] = replace(blocks[-1], text=fonts.join(blocks[-1].text, block.text))
            else:
                blocks.append(block)
    return [_as_prose(block) if block.kind is BlockKind.HEADING else block for block in blocks]


def _as_prose(block: Block) -> Block:
    """What is set in large letters but reads as sentences is a paragraph."""
    sentences = len(block.text) > 60 and block.text.endswith(".")
    return replace(block, kind=BlockKind.PARAGRAPH, level=0) if len(block.text) > 150 or sentences else block


def _continues(last: Block, block: Block) -> bool:
    """A paragraph that runs on over a page break, or large letters that were taken for several headings."""
    if last.kind is block.kind is BlockKind.HEADING:
        return last.page == block.page and last.level == block.level and block.text[:1].islower()
    prose = last.kind in {BlockKind.PARAGRAPH, BlockKind.LIST_ITEM} and block.kind is BlockKind.PARAGRAPH
    turned = last.page != block.page and not _SENTENCE_END.search(last.text)
    return prose and turned and block.text[:1].islower()


def _page_blocks(page: PageContent, fonts: "_Fonts") -> Iterator[Block]:
    pending: list[Line] = []
    for item in page.items:
        if isinstance(item, Line) and pending and not fonts.breaks(pending, item):
            pending.append(item)
            continue
        if pending:
            yield fonts.block(pending, page.number)
        pending = [item] if isinstance(item, Line) else []
        if isinstance(item, TableRows):
            yield from (Block(BlockKind.TABLE_ROW, row, page=page.number) for row in item.rows)
    if pending:
        yield fonts.block(pending, page.number)


class _Fonts:
    """What body text looks like in this document, and the decisions that follow from it."""

    def __init__(self, lines: Sequence[Line]) -> None:
        weights: Counter[float] = Counter()
        for line in lines:
            weights[_rounded(line.size)] += len(line.text)
        self._body = weights.most_common(1)[0][0] if weights else 10.0
        sizes = _sizes_above(weights, self._body)
        self._levels = {size: level for level, size in enumerate(sizes, start=1)}
        body_lines = [line for line in lines if _rounded(line.size) == self._body]
        self._all_bold = sum(line.bold for line in body_lines) > 0.5 * max(len(body_lines), 1)
        gaps = [
            b.top - a.bottom
            for a, b in zip(body_lines, body_lines[1:], strict=False)
            if 0 <= b.top - a.bottom < 2 * self._body
        ]
        # The lower quartile: documents of short paragraphs have more gaps between them than within.
        self._gap = sorted(gaps)[len(gaps) // 4] if gaps else 0.3 * self._body
        self._words = Counter(re.findall(r"[a-z]+(?:-[a-z]+)*", " ".join(line.text for line in lines).lower()))

    def breaks(self, pending: Sequence[Line], line: Line) -> bool:
        """Whether `line` starts a new block."""
        last = pending[-1]
        size = max(last.size, line.size)
        if abs(last.size - line.size) > 0.08 * size:
            return True
        if last.left != line.left or line.top < last.top - size:
            # The next column goes on with the sentence or starts anew.
            return bool(_SENTENCE_END.search(last.text)) or not line.text[:1].islower()
        if line.top - last.bottom > max(1.5 * self._gap, self._gap + 0.25 * size) or _BULLET.match(line.text):
            return True
        if last.bold != line.bold and self.is_heading([last if last.bold else line]):
            return True
        ragged = last.x1 < last.right - 0.25 * (last.right - last.left)
        ended = bool(_SENTENCE_END.search(last.text)) and ragged and not line.text[:1].islower()
        in_list = bool(_BULLET.match(pending[0].text)) and line.x0 <= pending[0].x0 + 1 and not line.text[:1].islower()
        indented = len(pending) > 1 and line.x0 > last.x0 + 0.8 * size and abs(last.x0 - line.left) < 2 and ended
        return ended or (in_list and ragged) or indented

    def block(self, lines: Sequence[Line], page: int) -> Block:
        text = lines[0].text
        for line in lines[1:]:
            text = self.join(text, line.text)
        text = clean(text)
        if self.is_heading(lines):
            return Block(BlockKind.HEADING, text, self._level(lines[0]), page)
        if _BULLET.match(text):
            return Block(BlockKind.LIST_ITEM, _BULLET.sub("", text), page=page)
        return Block(BlockKind.PARAGRAPH, text, page=page)

    def is_heading(self, lines: Sequence[Line]) -> bool:
        text = " ".join(line.text for line in lines)
        larger = _rounded(lines[0].size) in self._levels
        bold = all(line.bold for line in lines) and not self._all_bold and _rounded(lines[0].size) >= self._body
        if not (larger or bold) or len(lines) > 3 or len(text) > (150 if larger else 90):
            return False
        if _MOSTLY_FIGURE.match(text) or (_BULLET.match(text) and not _NUMBERED.match(text)):
            return False
        return not re.search(r"\.$" if larger else r"[.:;,]$", text)

    def _level(self, line: Line) -> int:
        return min(self._levels.get(_rounded(line.size), len(self._levels) + 1), 6)

    def join(self, before: str, after: str) -> str:
        """Two lines of one paragraph; a word split by a hyphen is put together."""
        match = _HYPHEN_END.search(before)
        if match is None or not after[:1].islower():
            return f"{before} {after}"
        rest = re.match(r"[^\W\d_]+", after)
        stem = match["stem"].lower()
        second = rest[0].lower() if rest else ""
        joined, hyphenated = self._words[stem + second], self._words[f"{stem}-{second}"]
        keep = hyphenated > joined or (joined == 0 and stem in _COMPOUND)
        return before + after if keep else before[:-1] + after


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def _sizes_above(weights: Counter[float], body: float) -> list[float]:
    """Letter sizes of headings, largest first."""
    rare = 0.2 * sum(weights.values())
    return sorted((size for size in weights if size >= 1.1 * body and weights[size] <= rare), reverse=True)


def _distinct(pages: Iterable[PageContent]) -> list[PageContent]:
    seen: set[str] = set()
    kept = []
    for page in pages:
        text = "\n".join(item.text if isinstance(item, Line) else "\n".join(item.rows) for item in page.items)
        if len(text) > 40 and text in seen:
            continue
        seen.add(text)
        kept.append(page)
    return kept


def _without_running_lines(pages: Sequence[PageContent]) -> list[PageContent]:
    counts = Counter(key for page in pages for key in {_running_key(line) for line in _margin_lines(page)})
    needed = max(2, len(pages) // 2)
    kept = []
    for page in pages:
        running = {
            line
            for line in _margin_lines(page)
            if _PAGE_NUMBER.match(line.text) or counts[_running_key(line)] >= needed
        }
        running |= {line for line in page.lines[-1:] if line.text.strip("-– ") == str(page.number)}
        kept.append(replace(page, items=tuple(item for item in page.items if item not in running)))
    return kept


def _margin_lines(page: PageContent) -> list[Line]:
    return [
        line for line in page.lines if line.bottom < _MARGIN * page.height or line.top > (1 - _MARGIN) * page.height
    ]


def _running_key(line: Line) -> str:
    return re.sub(r"\d+", "#", line.text.lower())
