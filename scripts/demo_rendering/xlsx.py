"""Lay out a source as a workbook: one sheet per heading, holding the table below it."""

from io import BytesIO
from itertools import pairwise

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from scripts.demo_rendering.office import stable_package
from scripts.demo_rendering.source import Heading, Source, Table

_HEADER_FONT, _HEADER_FILL = Font(bold=True, color="17324D"), PatternFill("solid", fgColor="EAF2F5")
_WIDEST = 60


def render_xlsx(source: Source) -> bytes:
    """The file's bytes: the same for the same source. Cells that look like numbers are numbers."""
    workbook = Workbook()
    workbook.remove(workbook.active)
    workbook.properties.title, workbook.properties.subject = source.title, source.subtitle
    workbook.properties.creator = "TechCorp"
    for heading, table in pairwise(source.blocks):
        if isinstance(heading, Heading) and isinstance(table, Table):
            _fill(workbook.create_sheet(heading.text), table)
    buffer = BytesIO()
    workbook.save(buffer)
    return stable_package(buffer.getvalue(), source.date)


def _fill(sheet: Worksheet, table: Table) -> None:
    sheet.append(table.header)
    for row in table.rows:
        sheet.append([_value(cell) for cell in row])
    for cell in sheet[1]:
        cell.font, cell.fill, cell.alignment = _HEADER_FONT, _HEADER_FILL, Alignment(wrap_text=True, vertical="top")
    for number, column in enumerate(zip(table.header, *table.rows, strict=True), start=1):
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = min(max(len(cell) for cell in column) + 2, _WIDEST)
        for cell in sheet[letter][1:]:
            cell.number_format = "#,##0.##" if isinstance(cell.value, float) else "#,##0"
    sheet.freeze_panes = "A2"


def _value(text: str) -> str | int | float:
    plain = text.replace(",", "")
    for number in (int, float):
        try:
            return number(plain)
        except ValueError:
            continue
    return text
