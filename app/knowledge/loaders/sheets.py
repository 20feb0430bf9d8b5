"""A sheet of cells to blocks: titles and notes above and below, and one or more tables."""

from collections.abc import Iterator, Sequence

from app.followups.types import BlockKind
from app.knowledge.loaders.tables import Grid, guess_header_rows, is_figure, table_rows
from app.knowledge.loaders.text import clean
from app.knowledge.types import Block

_MAX_ROWS = 20_000  # of one sheet; a longer one is data, not a document
_TITLE_LENGTH = 90


def sheet_blocks(grid: Grid, name: str = "") -> list[Block]:
    """Blocks of one sheet. Empty rows and columns separate tables; rows with one cell above a table are its title.

    `name` becomes a heading if given.
    """
    rows = [[clean(cell) for cell in row] for row in grid[:_MAX_ROWS]]
    body = [block for region in _regions(rows) for block in _region_blocks(region)]
    return [Block(BlockKind.HEADING, name, 2), *body] if name and body else body


def _regions(rows: Sequence[Sequence[str]]) -> Iterator[list[list[str]]]:
    """Parts of the sheet between empty rows, each split again at empty columns."""
    region: list[list[str]] = []
    for row in [*rows, []]:
        if any(row):
            region.append(list(row))
        elif region:
            yield from _side_by_side(region)
            region = []


def _side_by_side(region: list[list[str]]) -> Iterator[list[list[str]]]:
    width = max(map(len, region))
    padded = [row + [""] * (width - len(row)) for row in region]
    used = [any(row[column] for row in padded) for column in range(width)]
    start = 0
    while start < width:
        if not used[start]:
            start += 1
            continue
        end = start
        while end < width and used[end]:
            end += 1
        yield [row[start:end] for row in padded]
        start = end


def _region_blocks(region: list[list[str]]) -> Iterator[Block]:
    first = next((index for index, row in enumerate(region) if sum(map(bool, row)) >= 2), len(region))
    last = len(region)
    while last > first and sum(map(bool, region[last - 1])) < 2:
        last -= 1
    yield from _notes(region[:first], titles=True)
    table = [row for row in region[first:last] if any(row)]
    yield from (Block(BlockKind.TABLE_ROW, text) for text in table_rows(table, header_rows=_header_rows(table)))
    yield from _notes(region[last:], titles=False)


def _notes(rows: Sequence[Sequence[str]], *, titles: bool) -> Iterator[Block]:
    for row in rows:
        text = next((cell for cell in row if cell), "")
        if not any(char.isalnum() for char in text):
            continue
        is_title = titles and len(text) <= _TITLE_LENGTH and text[-1] not in ".:;," and not is_figure(text)
        yield Block(BlockKind.HEADING if is_title else BlockKind.PARAGRAPH, text, 3 if is_title else 0)


def _header_rows(table: Sequence[Sequence[str]]) -> int | None:
    """Two for a row of group names over a row of column names, None where one row decides."""
    if len(table) < 3 or guess_header_rows(table):
        return None
    first, second = table[0], table[1]
    groups = [cell for cell in first if cell]
    names = [cell for cell in second if cell]
    sparse = 1 <= len(groups) < len(names) and not any(is_figure(cell) for cell in groups)
    return 2 if sparse and len(names) >= len(second) - 1 and not all(is_figure(cell) for cell in names[1:]) else None
