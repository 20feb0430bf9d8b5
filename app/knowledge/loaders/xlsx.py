"""Workbooks to rows, cells as they are shown: visible sheets, rows and columns, with currency and percent signs."""

import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from app.errors import DocumentRefused
from app.knowledge.loaders.archives import damaged
from app.knowledge.loaders.number_formats import shown_number
from app.knowledge.loaders.ooxml import open_package
from app.knowledge.loaders.sheet_layout import SheetLayout, sheet_layouts
from app.knowledge.loaders.sheets import MAX_ROWS, is_default_name, sheet_blocks
from app.knowledge.types import Block, LoadedDocument

Cell = int | float | str | bool | time | date | datetime | timedelta

_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"})


def load_xlsx(data: bytes) -> LoadedDocument:
    """Raises `DocumentRefused`: see `open_package`; `too_large` for a sheet that spans millions of cells."""
    package = open_package(data, ".xlsx")
    for name in package.names():
        package.part(name)  # the workbook reader below unpacks for itself: no part may be larger than it says
    layouts = sheet_layouts(package)
    try:
        blocks = tuple(_workbook_blocks(data, layouts))
    except PasswordError as error:
        raise DocumentRefused(
            "encrypted", "The workbook is protected by a password; save a copy without one."
        ) from error
    except (CalamineError, ValueError, OSError) as error:
        raise damaged() from error
    except BaseException as error:
        # A damaged file can make the Rust reader panic, which is no Exception.
        if type(error).__name__ == "PanicException":
            raise damaged() from error
        raise
    return LoadedDocument(blocks=blocks, metadata=package.properties())


def _workbook_blocks(data: bytes, layouts: dict[str, SheetLayout]) -> Iterator[Block]:
    with CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
        sheets = [
            sheet.name
            for sheet in workbook.sheets_metadata
            if sheet.visible is SheetVisibleEnum.Visible and sheet.typ is SheetTypeEnum.WorkSheet
        ]
        for name in sheets:
            titled = len(sheets) > 1 or not is_default_name(name)
            grid = _grid(workbook.get_sheet_by_name(name), layouts.get(name, SheetLayout()))
            yield from sheet_blocks(grid, name if titled else "")


def _grid(sheet: CalamineSheet, layout: SheetLayout) -> list[list[str]]:
    rows: Sequence[Sequence[Cell]] = sheet.to_python(skip_empty_area=False, nrows=MAX_ROWS)
    return [
        [
            "" if column in layout.hidden_columns else shown(cell, layout.formats.get((index, column), ""))
            for column, cell in enumerate(row)
        ]
        for index, row in enumerate(rows)
        if index not in layout.hidden_rows
    ]


def shown(cell: Cell, code: str = "") -> str:
    """A cell's value as text: ISO dates, numbers by their format, nothing for errors."""
    if isinstance(cell, bool):
        return "Yes" if cell else "No"
    if isinstance(cell, int | float):
        return shown_number(cell, code)
    if isinstance(cell, datetime):
        midnight = cell.time() == time()
        return cell.date().isoformat() if midnight else cell.isoformat(sep=" ", timespec="minutes")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return "" if str(cell) in _ERRORS else str(cell)
