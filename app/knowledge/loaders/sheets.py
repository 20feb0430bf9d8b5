"""A sheet of cells to blocks: titles and notes above and below, and one or more tables."""

from collections.abc import Iterator, Sequence

from app.followups.types import BlockKind
from app.knowledge.loaders.tables import Grid, guess_header_rows, is_figure, merged_headers, table_rows
from app.knowledge.loaders.text import clean
from app.knowledge.types import Block

MAX_ROWS = 20_000  # of one sheet; a longer one is data, not a document
_TITLE_LENGTH = 90
_DEFAULT_NAMES = ("sheet", "tabelle", "feuil", "hoja", "foglio", "blad", "лист")


def is_default_name(name: str) -> bool:
    """Whether a sheet bears the name that its program gave it, which says nothing."""
    return name.lower().startswith(_DEFAULT_NAMES)


def sheet_blocks(grid: Grid, name: str = "") -> list[Block]:
    """Blocks of one sheet. Empty rows and columns separate tables; rows with one cell above a table are its title.

    `name` becomes a heading if given.
    """
    rows = [[clean(cell) for cell in row] for row in grid[:MAX_ROWS]]
    header: list[str] = []
    body: list[Block] = []
    for region in _regions(rows):
        blocks, header = _region_blocks(region, header)
        body.extend(blocks)
    return [Block(BlockKind.HEADING, name, 2), *body] if name and body else body


def _regions(rows: Sequence[Sequence[str]]) -> Iterator[list[list[str]]]:
    """Parts of the sheet between empty rows; tables that stand side by side are parted."""
    width = max(map(len, rows), default=0)
    region: list[list[str]] = []
    for row in [*rows, []]:
        if any(row):
            region.append([*row, *[""] * (width - len(row))])
        elif region:
            yield from _side_by_side(region)
            region = []


def _side_by_side(region: list[list[str]]) -> Iterator[list[list[str]]]:
    """Empty columns part tables only where each part has a header of its own; elsewhere they are mere spacing."""
    width = len(region[0])
    used = [any(row[column] for row in region) for column in range(width)]
    edges = [column for column in range(1, width) if used[column] and not used[column - 1]]
    starts = [0, *edges]
    parts = [[row[a:b] for row in region] for a, b in zip(starts, [*edges, width], strict=True)]
    if len(parts) > 1 and all(_stands_alone(part) for part in parts):
        yield from parts
    else:
        yield region


def _stands_alone(part: list[list[str]]) -> bool:
    rows = [[cell for cell in row if cell] for row in part]
    return len(rows) > 1 and len(rows[0]) > 1 and guess_header_rows([row for row in rows if row]) == 1


def _region_blocks(region: list[list[str]], above: list[str]) -> tuple[list[Block], list[str]]:
    """Blocks of the region, and its header row.

    A region without a header whose cells stand in the columns of the header `above` belongs under it.
    """
    first = next((index for index, row in enumerate(region) if sum(map(bool, row)) >= 2), len(region))
    last = len(region)
    while last > first + 2 and sum(map(bool, region[last - 1])) < 2:
        last -= 1
    table = [row for row in region[first:last] if any(row)]
    count = _header_rows(table)
    own = merged_headers(table[:count], len(table[0])) if count else []
    if table and not own and _columns([above]) == _columns(table):
        rows = table_rows([above, *table], header_rows=1)
        own = above
    else:
        rows = table_rows(table, header_rows=count or None)
    blocks = [
        *_notes(region[:first], titles=True),
        *(Block(BlockKind.TABLE_ROW, text) for text in rows),
        *_notes(region[last:], titles=False),
    ]
    return blocks, own or above


def _columns(rows: Grid) -> set[int]:
    return {column for row in rows for column, cell in enumerate(row) if cell}


def _notes(rows: Sequence[Sequence[str]], *, titles: bool) -> Iterator[Block]:
    for row in rows:
        text = next((cell for cell in row if cell), "")
        if not any(char.isalnum() for char in text):
            continue
        is_title = titles and len(text) <= _TITLE_LENGTH and text[-1] not in ".:;," and not is_figure(text)
        yield Block(BlockKind.HEADING if is_title else BlockKind.PARAGRAPH, text, 3 if is_title else 0)


def _header_rows(table: Sequence[Sequence[str]]) -> int:
    """How many rows name the columns: two for a row of group names over a row of column names."""
    used = sorted(_columns(table))
    table = [[row[column] for column in used] for row in table]
    if len(table) < 3 or guess_header_rows(table):
        return guess_header_rows(table)
    first, second = table[0], table[1]
    groups = [cell for cell in first if cell]
    names = [cell for cell in second if cell]
    sparse = 1 <= len(groups) < len(names) and not any(is_figure(cell) for cell in groups)
    return 2 if sparse and len(names) >= len(second) - 1 and not all(is_figure(cell) for cell in names[1:]) else 0
