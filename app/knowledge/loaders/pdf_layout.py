"""From positioned words to lines and unruled tables in reading order. Lengths are points, y grows downwards."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

_STEP = 2.0  # between the x positions that are tried as gutters
_GUTTER = 5.0  # least width of a gutter
_COLUMN_ROWS = 5  # fewer rows are no column
_COLUMN_WORDS = 3.2  # words per row of prose; cells of a table hold fewer
_CELL_GAP = 0.9  # of the letter size: least width of the gap between two cells
_TABLE_ROWS = 3
_MARK = re.compile(r"(?:[^\w\s]|\(?\w{1,2}[.)])?")  # a bullet or number in front of list items
_CELL_WORDS = 7  # words per cell on average; more is prose


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


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells of an unruled table, and where it begins. `bold_head`: only the first row is bold."""

    rows: tuple[tuple[str, ...], ...]
    top: float
    bold_head: bool


Row = list[Word]


def reading_order(words: Sequence[Word]) -> Iterator[Line | Grid]:
    """Lines and tables from top to bottom; where there are text columns, column after column."""
    yield from _region(rows_of(words))


def rows_of(words: Sequence[Word]) -> list[Row]:
    """Words grouped by baseline, from top to bottom, each row from left to right."""
    rows: list[Row] = []
    for word in sorted(words, key=lambda word: (word.bottom, word.x0)):
        if rows and _same_row(rows[-1][-1], word):
            rows[-1].append(word)
        else:
            rows.append([word])
    return [sorted(row, key=lambda word: word.x0) for row in rows]


def _same_row(last: Word, word: Word) -> bool:
    overlap = min(last.bottom, word.bottom) - max(last.top, word.top)
    return overlap > 0.5 * min(last.bottom - last.top, word.bottom - word.top)


def _region(rows: list[Row]) -> Iterator[Line | Grid]:
    """Cut off the largest block of text columns, and go on above it, in its columns and below it."""
    cut = _best_columns(rows)
    if cut is None:
        yield from _lines_and_grids(rows)
        return
    first, last, gutter = cut
    yield from _region(rows[:first])
    for side in (True, False):
        column = [[word for word in row if (word.x1 <= gutter) == side] for row in rows[first:last]]
        yield from _region([row for row in column if row])
    yield from _region(rows[last:])


def _best_columns(rows: Sequence[Row]) -> tuple[int, int, float] | None:
    """`(first row, row after the last, x)` of the strip that separates most words on both sides."""
    if len(rows) < _COLUMN_ROWS:
        return None
    left, right = min(row[0].x0 for row in rows), max(row[-1].x1 for row in rows)
    best: tuple[int, tuple[int, int, float]] | None = None
    x = left + 0.15 * (right - left)
    while x < right - 0.15 * (right - left):
        for first, last in _clear_runs(rows, x):
            score = _column_score(rows[first:last], x)
            if score and (best is None or score > best[0]):
                best = (score, (first, last, x))
        x += _STEP
    return best[1] if best else None


def _clear_runs(rows: Sequence[Row], x: float) -> Iterator[tuple[int, int]]:
    """Ranges of consecutive rows without a word within half a gutter of `x`."""
    start = 0
    for index, row in enumerate(rows):
        if any(word.x0 < x + _GUTTER / 2 and word.x1 > x - _GUTTER / 2 for word in row):
            if index - start >= _COLUMN_ROWS:
                yield start, index
            start = index + 1
    if len(rows) - start >= _COLUMN_ROWS:
        yield start, len(rows)


def _column_score(rows: Sequence[Row], x: float) -> int:
    """Words of the poorer side if both sides are prose and stand next to each other, else 0."""
    sides = [[[word for word in row if (word.x1 <= x) == side] for row in rows] for side in (True, False)]
    counts = []
    for side in sides:
        filled = [row for row in side if row]
        words = sum(any(map(str.isalpha, word.text)) for row in filled for word in row)
        if len(filled) < _COLUMN_ROWS or words < _COLUMN_WORDS * len(filled):
            return 0
        counts.append(words)
    spans = [
        (min(i for i, row in enumerate(side) if row), max(i for i, row in enumerate(side) if row)) for side in sides
    ]
    overlap = min(spans[0][1], spans[1][1]) - max(spans[0][0], spans[1][0])
    return min(counts) if overlap >= 0.4 * len(rows) else 0


# --------------------------------------------------------------------------- unruled tables


def _lines_and_grids(rows: list[Row]) -> Iterator[Line | Grid]:
    """Tables among the rows of one column, and the lines between them."""
    if not rows:
        return
    left, right = min(row[0].x0 for row in rows), max(row[-1].x1 for row in rows)
    index = 0
    while index < len(rows):
        end, gaps = _table_from(rows, index)
        grid = _grid(rows[index:end], gaps) if end - index >= _TABLE_ROWS else None
        if grid is not None:
            yield from _columns(rows[index:end], gaps) if _reads_downwards(grid) else (grid,)
            index = end
        else:
            yield _line(rows[index], left, right)
            index += 1


def _table_from(rows: Sequence[Row], start: int) -> tuple[int, list[tuple[float, float]]]:
    """The row after the last one that shares its gaps with row `start`, and these gaps."""
    gaps = _gaps(rows[start])
    end = start + 1
    while gaps and end < len(rows):
        distance = rows[end][0].top - rows[end - 1][0].bottom
        shared = _shared(gaps, rows[end])
        if len(shared) < len(gaps) and (len(shared) < 1 or end - start >= _TABLE_ROWS):
            break
        if not shared or distance > 2.5 * rows[end][0].size or not _fills_two(rows[end], shared):
            break
        gaps, end = shared, end + 1
    return end, gaps


def _gaps(row: Row) -> list[tuple[float, float]]:
    """Wide gaps between the words of a row."""
    pairs = zip(row, row[1:], strict=False)
    return [(a.x1, b.x0) for a, b in pairs if b.x0 - a.x1 > _CELL_GAP * max(a.size, b.size)]


def _shared(gaps: Sequence[tuple[float, float]], row: Row) -> list[tuple[float, float]]:
    """What `row` leaves of the gaps."""
    edges = [
        (float("-inf"), row[0].x0),
        *((a.x1, b.x0) for a, b in zip(row, row[1:], strict=False)),
        (row[-1].x1, float("inf")),
    ]
    left = [(max(low, a), min(high, b)) for low, high in gaps for a, b in edges]
    return [(low, high) for low, high in left if high - low > 0.7 * row[0].size]


def _fills_two(row: Row, gaps: Sequence[tuple[float, float]]) -> bool:
    return len({sum(word.x0 >= high - 0.01 for _, high in gaps) for word in row}) >= 2


def _grid(rows: Sequence[Row], gaps: Sequence[tuple[float, float]]) -> Grid | None:
    cells: list[tuple[str, ...]] = []
    for row in rows:
        texts = [" ".join(word.text for word in cell) for cell in _split(row, gaps)]
        if cells and not texts[0] and all(text[:1].islower() or text[:1] in "(&+" for text in texts if text):
            # Cells that wrap go on under themselves.
            texts = [f"{above} {text}".strip() for above, text in zip(cells.pop(), texts, strict=True)]
        cells.append(tuple(texts))
    words = sum(len(text.split()) for row in cells for text in row)
    filled = sum(bool(text) for row in cells for text in row)
    is_list = len(gaps) == 1 and all(_MARK.fullmatch(row[0]) for row in cells)
    if words > _CELL_WORDS * filled or is_list:
        return None
    bold = [all(word.bold for word in row) for row in rows]
    return Grid(tuple(cells), min(word.top for word in rows[0]), bold[0] and not any(bold[1:]))


def _split(row: Row, gaps: Sequence[tuple[float, float]]) -> list[Row]:
    cells: list[Row] = [[] for _ in range(len(gaps) + 1)]
    for word in row:
        cells[sum(word.x0 >= high - 0.01 for _, high in gaps)].append(word)
    return cells


def _reads_downwards(grid: Grid) -> bool:
    """Cards side by side: their lines go on below each other in lower case."""
    below = [text for row in grid.rows[1:] for text in row if text]
    return sum(text[:1].islower() for text in below) > 0.6 * len(below)


def _columns(rows: Sequence[Row], gaps: Sequence[tuple[float, float]]) -> Iterator[Line]:
    for column in range(len(gaps) + 1):
        cells = [cell for cell in (_split(row, gaps)[column] for row in rows) if cell]
        left, right = min(cell[0].x0 for cell in cells), max(cell[-1].x1 for cell in cells)
        yield from (_line(cell, left, right) for cell in cells)


def _line(row: Row, left: float, right: float) -> Line:
    letters = sum(len(word.text) for word in row)
    return Line(
        text=" ".join(word.text for word in row),
        x0=row[0].x0,
        x1=row[-1].x1,
        top=min(word.top for word in row),
        bottom=max(word.bottom for word in row),
        size=median(word.size for word in row for _ in word.text),
        bold=sum(len(word.text) for word in row if word.bold) > 0.9 * letters,
        left=left,
        right=right,
    )
