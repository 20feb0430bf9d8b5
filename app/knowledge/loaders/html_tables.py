"""Tables of a page as rows that carry their headers."""

from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from app.followups.types import BlockKind
from app.knowledge.loaders.html_prices import close_up
from app.knowledge.loaders.html_visibility import is_hidden
from app.knowledge.loaders.tables import needs_comma, table_rows
from app.knowledge.loaders.text import clean, raised

_BREAKING = frozenset({"br", "li", "p", "div", "tr", "dd", "dt"})
_WIDEST = 200  # columns a cell may be said to span
_MOST_COLUMNS = 1000
_LAYOUT_CELL = 600  # characters; longer cells are a page layout


def is_data_table(table: LexborNode) -> bool:
    """False for tables that lay out the page: nested, one column, or with whole articles in their cells."""
    if table.attributes.get("role") in {"presentation", "none"} or len(table.css("table")) > 1:
        return False
    rows = table.css("tr")
    if not rows or max(len(_cells(row)) for row in rows) < 2:
        return False
    cells = [cell for row in rows for cell in _cells(row)]
    return sum(len(cell.text()) for cell in cells) <= _LAYOUT_CELL * len(cells)


def table_texts(table: LexborNode) -> Iterator[tuple[BlockKind, str]]:
    """The caption as a paragraph, then one row after another."""
    caption = table.css_first("caption")
    if caption is not None and not is_hidden(caption):
        yield BlockKind.PARAGRAPH, clean(cell_text(caption))
    rows = [row for row in table.css("tr") if not is_hidden(row)]
    headers = 0
    for row in rows:
        in_head = row.parent is not None and row.parent.tag == "thead"
        if not in_head and not (_cells(row) and all(cell.tag == "th" for cell in _cells(row))):
            break
        headers += 1
    for text in table_rows(_grid(rows), header_rows=headers or None):
        yield BlockKind.TABLE_ROW, text


def _grid(rows: list[LexborNode]) -> list[list[str]]:
    """Cell texts with spanning cells repeated in every place they cover."""
    grid: list[list[str]] = []
    hanging: dict[int, tuple[int, str]] = {}  # column -> (rows it still covers, text)
    for row in rows:
        texts: list[str] = []
        reaching: dict[int, tuple[int, str]] = {}
        for cell in _cells(row):
            if len(texts) > _MOST_COLUMNS:
                break
            if is_hidden(cell):
                continue
            _fill(texts, hanging, reaching)
            text, down = cell_text(cell, " " if cell.tag == "th" else ", "), _span(cell, "rowspan") - 1
            for _ in range(_span(cell, "colspan")):
                if down:
                    reaching[len(texts)] = (down, text)
                texts.append(text)
        _fill(texts, hanging, reaching)
        hanging = reaching
        grid.append(texts)
    return grid


def _fill(texts: list[str], hanging: dict[int, tuple[int, str]], reaching: dict[int, tuple[int, str]]) -> None:
    """Put the cells that hang down from earlier rows into the next places."""
    while len(texts) in hanging:
        left, text = hanging.pop(len(texts))
        if left > 1:
            reaching[len(texts)] = (left - 1, text)
        texts.append(text)


def _cells(row: LexborNode) -> list[LexborNode]:
    return [cell for cell in row.iter() if cell.tag in {"td", "th"}]


def _span(cell: LexborNode, name: str) -> int:
    value = (cell.attributes.get(name) or "1").strip()
    return min(max(int(value), 1), _WIDEST) if value.isdecimal() else 1


def cell_text(node: LexborNode, separator: str = ", ") -> str:
    """Visible text of a small subtree; lines and items in it are separated."""
    parts: list[str] = []
    pending = list(reversed(list(node.iter(include_text=True))))
    while pending:
        item = pending.pop()
        if item.is_text_node:
            parts.append(item.text(deep=False))
        elif item.is_comment_node or is_hidden(item):
            continue
        elif item.tag == "sup":
            parts.append(raised("".join(parts[-2:]), item.text()))
        else:
            if item.tag in _BREAKING:
                parts.append(separator if needs_comma("".join(parts[-3:])) else " ")
            pending.extend(reversed(list(item.iter(include_text=True))))
    return close_up("".join(parts))
