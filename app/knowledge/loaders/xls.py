"""Old Excel workbooks to rows, cells as they are shown: visible sheets, rows and columns."""

import io
import struct
from datetime import datetime

import xlrd
from xlrd.book import Book
from xlrd.compdoc import CompDocError
from xlrd.sheet import Sheet

from app.knowledge.loaders.archives import damaged, encrypted
from app.knowledge.loaders.front_matter import as_metadata
from app.knowledge.loaders.sheets import MAX_ROWS, is_default_name, sheet_blocks
from app.knowledge.loaders.xlsx import shown
from app.knowledge.types import Block, LoadedDocument

_DAMAGE = (
    xlrd.XLRDError,
    CompDocError,
    struct.error,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    AssertionError,
    OverflowError,
    UnicodeError,
)


def load_xls(data: bytes) -> LoadedDocument:
    """Raises `DocumentRefused`: `encrypted`, or `malformed` for anything that is no workbook."""
    try:
        with xlrd.open_workbook(file_contents=data, formatting_info=True, logfile=io.StringIO()) as book:
            blocks = tuple(_workbook_blocks(book))
            metadata = as_metadata({"author": book.user_name})
    except _DAMAGE as error:
        if "encrypted" in str(error).lower():
            raise encrypted() from error
        raise damaged() from error
    return LoadedDocument(blocks=blocks, metadata=metadata)


def _workbook_blocks(book: Book) -> list[Block]:
    sheets = [sheet for sheet in book.sheets() if sheet.visibility == 0]
    blocks: list[Block] = []
    for sheet in sheets:
        titled = len(sheets) > 1 or not is_default_name(sheet.name)
        blocks.extend(sheet_blocks(_grid(book, sheet), sheet.name if titled else ""))
    return blocks


def _grid(book: Book, sheet: Sheet) -> list[list[str]]:
    hidden = {column for column, info in sheet.colinfo_map.items() if info.hidden}
    merged = {
        (row, column): (first_row, first_column)
        for first_row, last_row, first_column, last_column in sheet.merged_cells
        for row in range(first_row, min(last_row, sheet.nrows))
        for column in range(first_column, min(last_column, sheet.ncols))
    }
    return [
        [
            _text(book, sheet, *merged.get((row, column), (row, column)))
            for column in range(sheet.row_len(row))
            if column not in hidden
        ]
        for row in range(min(sheet.nrows, MAX_ROWS))
        if not (row in sheet.rowinfo_map and sheet.rowinfo_map[row].hidden)
    ]


def _text(book: Book, sheet: Sheet, row: int, column: int) -> str:
    cell = sheet.cell(row, column)
    if cell.ctype in {xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK, xlrd.XL_CELL_ERROR}:
        return ""
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return shown(bool(cell.value))
    if cell.ctype == xlrd.XL_CELL_DATE:
        return _date(cell.value, book.datemode)
    if cell.ctype == xlrd.XL_CELL_NUMBER:
        style = book.format_map.get(book.xf_list[cell.xf_index].format_key)
        return shown(cell.value, "" if style is None else style.format_str)
    return str(cell.value)


def _date(value: float, mode: int) -> str:
    moment: datetime = xlrd.xldate_as_datetime(value, mode)
    return shown(moment.time() if value < 1 else moment)
