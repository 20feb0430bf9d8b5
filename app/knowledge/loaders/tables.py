"""Turn a grid of cells into rows that can be read, found and quoted on their own."""

import re
from collections.abc import Sequence

from app.knowledge.loaders.text import clean

Grid = Sequence[Sequence[str]]

_FIGURE = re.compile(r"^[~≈<>≤≥+\-−(]*\s*(?:[A-Z]{3}\s?)?[$€£¥]?\s?\d[\d\s.,:/'-]*\s?(?:%|[¢$€£¥]|[A-Za-z]{1,3}\b)?")
_LABELS = frozenset(
    """
    item items name plan plans tier tiers feature features description details detail value values price prices
    pricing cost costs amount term terms definition question questions answer answers benefit benefits metric metrics
    measure result results product products service services category type field parameter option options setting
    includes included limit limits fee fees rate rates date status notes note comment comments before after id code
    quantity qty unit units total version region country customer industry company owner role event
    """.split()  # noqa: SIM905 - a word list reads better as text
)
_HEADER_LENGTH = 80
_PERIOD = re.compile(r"(?:FY|Q[1-4]|H[12])?[ -]?(?:19|20)\d{2}(?:[/-]\d{2,4})?(?:[ -]?[QH][1-4])?|Q[1-4]|H[12]")


def row_text(headers: Sequence[str], cells: Sequence[str]) -> str:
    """`"Plan: Team; Price: $99"`: cells after their headers, empty cells skipped.

    A cell whose header is empty stands alone, so that a row label leads its row. Empty if the row has no cell.
    """
    parts = []
    for index, cell in enumerate(map(clean, cells)):
        if not any(char.isalnum() or char in "✓✔✗✘✕×" for char in cell):
            continue
        header = clean(headers[index]).rstrip(":") if index < len(headers) else ""
        header = header if any(char.isalnum() for char in header) else ""
        parts.append(f"{header}: {cell}" if header and header.lower() != cell.lower() else cell)
    return "; ".join(parts)


def table_rows(grid: Grid, header_rows: int | None = None) -> list[str]:
    """Text of every body row of `grid`, each carrying its headers.

    `header_rows` is how many leading rows are headers, None when the format does not say. A row that spans the table
    with one value is a group title: it is put before the rows it governs.
    """
    rows = [[clean(cell) for cell in row] for row in grid]
    rows = _without_empty_columns([row for row in rows if any(row)])
    if not rows:
        return []
    count = guess_header_rows(rows) if header_rows is None else min(header_rows, len(rows))
    if count == len(rows) and header_rows is None:
        count = 0
    headers = merged_headers(rows[:count], len(rows[0]))
    if count == 0 and len(rows[0]) == 2:
        pairs = (f"{row[0].rstrip(':')}: {row[1]}" if all(row) else row[0] or row[1] for row in rows)
        return [text for text in pairs if any(map(str.isalnum, text))]
    if count == len(rows):
        return [text for row in rows if (text := row_text((), row))]
    return _grouped(headers, rows[count:])


def _grouped(headers: Sequence[str], rows: list[list[str]]) -> list[str]:
    texts: list[str] = []
    group, said = "", True
    for index, row in enumerate(rows):
        if _is_group_title(row, rows[index + 1 : index + 2]):
            texts.extend([] if said else [group])
            group, said = next(cell for cell in row if cell), False
        elif text := row_text(headers, row):
            texts.append(f"{group}; {text}" if group else text)
            said = True
    return texts if said else [*texts, group]


def _is_group_title(row: Sequence[str], following: Sequence[Sequence[str]]) -> bool:
    """One distinct value in a table of three or more columns, followed by a full row."""
    values = {cell for cell in row if cell}
    if len(values) != 1 or len(row) < 3 or not following:
        return False
    filled = sum(bool(cell) for cell in row)
    return (filled == len(row) or bool(row[0]) and filled == 1) and sum(bool(cell) for cell in following[0]) >= 2


def merged_headers(rows: Grid, width: int) -> list[str]:
    """One header per column from one or more header rows: `["2024", "Price"]` above each other give `2024 Price`."""
    headers = []
    for column in range(width):
        parts: list[str] = []
        for row in rows:
            cell = clean(row[column]) if column < len(row) else ""
            if cell and cell not in parts:
                parts.append(cell)
        headers.append(" ".join(parts))
    return headers


def guess_header_rows(rows: Grid) -> int:
    """0 or 1: whether the first row of a cleaned grid names its columns."""
    if len(rows) < 2:
        return 0
    first, body = rows[0], rows[1:]
    named = [cell for cell in first if cell]
    if not named or len(named) < len(first) - 1 or len({cell.lower() for cell in named}) < len(named):
        return 0
    if len(named) > 1 and all(_PERIOD.fullmatch(cell) for cell in named[1:]):
        return 1
    if any(is_figure(cell) or len(cell) > _HEADER_LENGTH for cell in named) or named[0].endswith(":"):
        return 0
    if len(first) > 2:
        return 1
    if any(set(re.findall(r"[a-z]+", cell.lower())) & _LABELS for cell in named) or not first[0]:
        return 1 if not _reads_as_pair(first, body) else 0
    return int(sum(is_figure(row[-1]) for row in body) > len(body) / 2)


def _reads_as_pair(first: Sequence[str], body: Grid) -> bool:
    """Two columns whose first row is itself a label and a value: the labels end in colons, or the value is prose."""
    return any(row[0].endswith(":") for row in body) or len(first[-1].split()) > 6


def is_figure(cell: str) -> bool:
    """Whether a cell holds a number, price, percentage or date rather than a name."""
    match = _FIGURE.match(cell)
    return bool(match) and len(match[0]) >= 0.5 * len(cell)  # type: ignore[index]


def join_lines(lines: Sequence[str]) -> str:
    """The lines of one cell as one: separated by commas, after a sentence by a space."""
    joined = ""
    for line in filter(None, map(clean, lines)):
        joined += f"{', ' if needs_comma(joined) else ' '}{line}" if joined else line
    return joined


def needs_comma(before: str) -> bool:
    """Whether `before` breaks off without any punctuation."""
    last = before.rstrip()[-1:]
    return last.isalnum() or last in set("%)$€£¢”\"'")


def _without_empty_columns(rows: list[list[str]]) -> list[list[str]]:
    if not rows:
        return []
    width = max(len(row) for row in rows)
    padded = [row + [""] * (width - len(row)) for row in rows]
    kept = [column for column in range(width) if any(row[column] for row in padded)]
    return [[row[column] for column in kept] for row in padded]
