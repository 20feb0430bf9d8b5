"""From positioned words to lines in reading order. Lengths are points, y grows downwards."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

_GAP_IN_SIZES = 1.8  # a wider gap between words than this separates columns or cells
_COLUMN_LINES = 4  # fewer lines on a side are no column


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    size: float
    bold: bool


@dataclass(frozen=True, slots=True)
class Line:
    """Words on one baseline of one column. `left` and `right` are the column's margins, `size` the letters' height."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    size: float
    bold: bool
    left: float
    right: float


@dataclass(slots=True)
class Segment:
    """Neighbouring words of one row without a wide gap."""

    words: list[Word]

    @property
    def x0(self) -> float:
        return self.words[0].x0

    @property
    def x1(self) -> float:
        return self.words[-1].x1

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


Row = list[Segment]


def reading_order(words: Sequence[Word]) -> list[Line]:
    """Lines from top to bottom; where the page has two or more text columns, column after column."""
    rows = rows_of(words)
    lines: list[Line] = []
    for band, gutters in _bands(rows):
        edges = [float("-inf"), *gutters, float("inf")]
        for low, high in zip(edges, edges[1:], strict=False):
            column = [[seg for seg in row if low <= (seg.x0 + seg.x1) / 2 < high] for row in band]
            lines.extend(_lines([row for row in column if row]))
    return lines


def rows_of(words: Sequence[Word]) -> list[Row]:
    """Words grouped by baseline, each row split into segments at wide gaps."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda word: (word.bottom, word.x0)):
        row = rows[-1] if rows else None
        if row and _same_row(row, word):
            row.append(word)
        else:
            rows.append([word])
    rows.sort(key=lambda row: min(word.top for word in row))
    return [_segments(sorted(row, key=lambda word: word.x0)) for row in rows]


def _same_row(row: list[Word], word: Word) -> bool:
    last = row[-1]
    overlap = min(last.bottom, word.bottom) - max(last.top, word.top)
    return overlap > 0.5 * min(last.bottom - last.top, word.bottom - word.top)


def _segments(words: list[Word]) -> Row:
    segments = [Segment([words[0]])]
    for previous, word in zip(words, words[1:], strict=False):
        if word.x0 - previous.x1 > _GAP_IN_SIZES * max(previous.size, word.size, 4):
            segments.append(Segment([word]))
        else:
            segments[-1].words.append(word)
    return segments


def _bands(rows: list[Row]) -> Iterator[tuple[list[Row], list[float]]]:
    """Consecutive rows with the gutters that hold for all of them; rows that cross a gutter stand by themselves."""
    gutters = _gutters(rows)
    if not gutters:
        yield rows, []
        return
    band: list[Row] = []
    in_columns = True
    for row in rows:
        crosses = any(seg.x0 < gutter < seg.x1 for seg in row for gutter in gutters)
        if band and crosses == in_columns:
            yield band, gutters if in_columns else []
            band = []
        in_columns = not crosses
        band.append(row)
    if band:
        yield band, gutters if in_columns else []


def _gutters(rows: list[Row]) -> list[float]:
    """x positions that no prose crosses on most rows, with several prose lines on both sides."""
    segments = [seg for row in rows for seg in row]
    prose = [seg for seg in segments if len(seg.words) >= 4]
    if len(prose) < 2 * _COLUMN_LINES:
        return []
    starts = sorted({round(seg.x0) for seg in prose})
    found: list[float] = []
    for start in starts:
        gutter = start - 3.0
        left = [seg for seg in prose if seg.x1 <= gutter]
        right = [seg for seg in prose if seg.x0 >= gutter]
        crossing = len(prose) - len(left) - len(right)
        beside = sum(abs(seg.x0 - start) < 3 for seg in right)
        if min(len(left), beside) < _COLUMN_LINES or crossing > 0.5 * len(prose):
            continue
        if _side_by_side(left, right) and (not found or gutter - found[-1] > 60):
            found.append(gutter)
    return found


def _side_by_side(left: Sequence[Segment], right: Sequence[Segment]) -> bool:
    """Whether both columns run next to each other down the page instead of one after the other."""
    top = max(left[0].words[0].top, right[0].words[0].top)
    bottom = min(left[-1].words[0].bottom, right[-1].words[0].bottom)
    both = [seg for side in (left, right) for seg in side if top - 2 <= seg.words[0].top <= bottom + 2]
    return len(both) >= 0.5 * (len(left) + len(right))


def _lines(rows: list[Row]) -> Iterator[Line]:
    if not rows:
        return
    left = min(row[0].x0 for row in rows)
    right = max(row[-1].x1 for row in rows)
    for row in rows:
        words = [word for segment in row for word in segment.words]
        letters = sum(len(word.text) for word in words)
        yield Line(
            text=" ".join(word.text for word in words),
            x0=row[0].x0,
            x1=row[-1].x1,
            top=min(word.top for word in words),
            bottom=max(word.bottom for word in words),
            size=median(word.size for word in words for _ in word.text),
            bold=sum(len(word.text) for word in words if word.bold) > 0.9 * letters,
            left=left,
            right=right,
        )
