"""Ruled tables of a PDF page, also where they go on over a page break."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pdfplumber.page import Page
from pdfplumber.table import Table

from app.knowledge.loaders.pdf_layout import Line, Word, reading_order, rows_of
from app.knowledge.loaders.tables import guess_header_rows, table_rows
from app.knowledge.loaders.text import clean

_TOO_MANY_RULES = 6000  # a drawing, not a table; searching it for cells would take minutes


@dataclass(frozen=True, slots=True)
class TableRows:
    """The rows of one table as text, and where it stands on its page (points)."""

    rows: tuple[str, ...]
    x0: float
    top: float
    x1: float
    bottom: float

    def covers(self, word: Word) -> bool:
        return _inside(word, (self.x0, self.top, self.x1, self.bottom))


def in_reading_order(words: Sequence[Word]) -> Iterator[Line | TableRows]:
    """Lines and unruled tables of a page that has only words."""
    for item in reading_order(words):
        if isinstance(item, Line):
            yield item
        else:
            rows = table_rows(item.rows, header_rows=1 if item.bold_head else None)
            yield TableRows(tuple(rows), 0, item.top, 0, item.top)


class TableReader:
    """Reads the tables of consecutive pages; remembers the last header for a table that continues."""

    def __init__(self) -> None:
        self._header: list[str] = []
        self._edges: tuple[float, float] = (0, 0)
        self._reaches_end = False

    def read(self, page: Page, words: Sequence[Word]) -> list[TableRows]:
        if len(page.rects) + len(page.lines) + len(page.curves) > _TOO_MANY_RULES:
            return []
        found = []
        tables = sorted(page.find_tables(), key=lambda table: (table.bbox[1], table.bbox[0]))
        for index, table in enumerate(tables):
            grid, bold_head = _grid(table, words)
            if not _is_table(grid):
                continue
            x0, top, x1, bottom = (float(value) for value in table.bbox)
            starts_page = index == 0 and top < 0.25 * float(page.height)
            rows = self._rows(grid, (x0, x1), starts_page=starts_page, bold_head=bold_head)
            found.append(TableRows(tuple(rows), x0, top, x1, bottom))
        self._reaches_end = bool(found) and found[-1].bottom > 0.75 * float(page.height)
        return found

    def _rows(
        self, grid: list[list[str]], edges: tuple[float, float], *, starts_page: bool, bold_head: bool
    ) -> list[str]:
        continues = (
            starts_page
            and self._reaches_end
            and len(self._header) == len(grid[0])
            and max(abs(a - b) for a, b in zip(edges, self._edges, strict=True)) < 3
        )
        if continues and grid[0] != self._header:
            return table_rows([self._header, *grid], header_rows=1)
        headed = bold_head or guess_header_rows(grid)
        self._header = grid[0] if headed else []
        self._edges = edges
        return table_rows(grid, header_rows=1 if headed else None)


def _grid(table: Table, words: Sequence[Word]) -> tuple[list[list[str]], bool]:
    """`(non-empty rows, whether only the first is bold)`; words go to the cell that holds their centre."""
    near = [word for word in words if _inside(word, table.bbox)]
    grid: list[list[str]] = []
    bold: list[bool] = []
    for row in table.rows:
        held = [[word for word in near if cell and _inside(word, cell)] for cell in row.cells]
        cells = [clean(" ".join(word.text for line in rows_of(cell) for word in line)) for cell in held]
        if any(cells):
            grid.append(cells)
            bold.append(all(word.bold for cell in held for word in cell))
    return grid, len(bold) > 1 and bold[0] and not all(bold)


def _inside(word: Word, box: Sequence[float]) -> bool:
    x, y = (word.x0 + word.x1) / 2, (word.top + word.bottom) / 2
    return bool(box[0] <= x <= box[2] and box[1] <= y <= box[3])


def _is_table(grid: Sequence[Sequence[str]]) -> bool:
    """Two rows and two columns that hold text; a frame around text or a page layout is none."""
    if len(grid) < 2 or len(grid[0]) < 2:
        return False
    columns = sum(any(row[index] for row in grid) for index in range(len(grid[0])))
    return columns >= 2 and sum(sum(map(bool, row)) >= 2 for row in grid) >= 2
