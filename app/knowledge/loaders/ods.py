"""OpenDocument spreadsheets to rows, cells as they are shown: visible sheets, rows and columns."""

from collections.abc import Iterator

from lxml import etree

from app.errors import DocumentRefused
from app.knowledge.loaders.archives import Archive, encrypted, open_archive, too_large
from app.knowledge.loaders.front_matter import as_metadata
from app.knowledge.loaders.sheets import MAX_ROWS, is_default_name, sheet_blocks
from app.knowledge.loaders.tables import join_lines
from app.knowledge.loaders.xml_tree import attribute, child, children, local_name, parse_xml
from app.knowledge.types import Block, LoadedDocument

_GROUPS = frozenset({
    "table-row-group",
    "table-header-rows",
    "table-rows",
    "table-column-group",
    "table-header-columns",
    "table-columns",
})
_WIDEST = 1024  # columns that are read; empty ones are often said to repeat to the end of the sheet
_MAX_CELLS = 5_000_000


def load_ods(data: bytes) -> LoadedDocument:
    """Raises `DocumentRefused`: see `open_archive`; `encrypted` if the parts are."""
    archive = open_archive(data, ".ods")
    if archive.has("META-INF/manifest.xml") and b"encryption-data" in archive.part("META-INF/manifest.xml"):
        raise encrypted()
    if not archive.has("content.xml"):
        raise DocumentRefused("malformed", "The file is named .ods but holds no spreadsheet; check its name.")
    root = parse_xml(archive.part("content.xml"))
    hidden = _hidden_styles(root)
    tables = [
        table
        for table in children(child(root, "body", "spreadsheet"), "table")
        if attribute(table, "style-name") not in hidden
    ]
    blocks: list[Block] = []
    for table in tables:
        name = attribute(table, "name") or ""
        titled = len(tables) > 1 or not is_default_name(name)
        blocks.extend(sheet_blocks(_grid(table), name if titled else ""))
    return LoadedDocument(blocks=tuple(blocks), metadata=_metadata(archive))


def _metadata(archive: Archive) -> tuple[tuple[str, str], ...]:
    if not archive.has("meta.xml"):
        return ()
    meta = child(parse_xml(archive.part("meta.xml")), "meta")
    return as_metadata({local_name(item): item.text or "" for item in (meta if meta is not None else ())})


def _hidden_styles(root: etree._Element) -> set[str]:
    styles = children(child(root, "automatic-styles"), "style")
    hidden = (style for style in styles if attribute(child(style, "table-properties"), "display") == "false")
    return {attribute(style, "name") or "" for style in hidden}


def _grid(table: etree._Element) -> list[list[str]]:
    """Rows up to the last one with text. Raises `DocumentRefused` (`too_large`) for millions of cells."""
    hidden = _hidden_columns(table)
    grid: list[list[str]] = []
    cells = 0
    for row in _parts(table, "table-row"):
        texts = [] if _is_hidden(row) else [text for column, text in enumerate(_row(row)) if column not in hidden]
        times = min(_repeated(row, "number-rows-repeated"), MAX_ROWS) if any(texts) else 1
        cells += times * len(texts)
        if cells > _MAX_CELLS:
            raise too_large()
        if not _is_hidden(row):
            grid.extend([texts] * times)
        if len(grid) > MAX_ROWS:
            break
    return grid


def _row(row: etree._Element) -> list[str]:
    texts: list[str] = []
    for cell in row:
        if local_name(cell) in {"table-cell", "covered-table-cell"}:
            text = join_lines(["".join(_words(line)) for line in children(cell, "p")])
            times = min(_repeated(cell, "number-columns-repeated"), _WIDEST - len(texts))
            texts.extend([text] * times)
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _words(line: etree._Element) -> Iterator[str]:
    """Text of a cell's line without the comments that hang on it."""
    yield line.text or ""
    for item in line:
        if local_name(item) in {"s", "tab", "line-break"}:
            yield " "
        elif local_name(item) != "annotation":
            yield from _words(item)
        yield item.tail or ""


def _hidden_columns(table: etree._Element) -> set[int]:
    hidden: set[int] = set()
    place = 0
    for column in _parts(table, "table-column"):
        times = _repeated(column, "number-columns-repeated")
        if _is_hidden(column):
            hidden.update(range(place, min(place + times, _WIDEST)))
        place += times
    return hidden


def _parts(table: etree._Element, name: str) -> Iterator[etree._Element]:
    for item in table:
        if local_name(item) == name:
            yield item
        elif local_name(item) in _GROUPS and attribute(item, "display") != "false":
            yield from _parts(item, name)


def _is_hidden(element: etree._Element) -> bool:
    return attribute(element, "visibility") in {"collapse", "filter"}


def _repeated(element: etree._Element, name: str) -> int:
    value = attribute(element, name) or "1"
    return max(int(value), 1) if value.isdecimal() and len(value) < 9 else 1
