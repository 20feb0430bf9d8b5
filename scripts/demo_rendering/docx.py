"""Lay out a source as a Word document with real heading, list and table styles."""

from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Inches, Pt, RGBColor

from scripts.demo_rendering.office import stable_package
from scripts.demo_rendering.source import Block, Bullets, Heading, Paragraph, Quotation, Source, Table

_NAVY, _GREY = RGBColor(0x17, 0x32, 0x4D), RGBColor(0x5B, 0x67, 0x70)


def render_docx(source: Source) -> bytes:
    """The file's bytes: the same for the same source."""
    document = Document()
    _style(document)
    _describe(document, source)
    _frame_pages(document, source)
    document.add_paragraph(source.title, style="Title")
    document.add_paragraph(source.subtitle, style="Subtitle")
    for block in source.blocks:
        _add(document, block)
    buffer = BytesIO()
    document.save(buffer)
    return stable_package(buffer.getvalue(), source.date)


def _style(document: Any) -> None:  # noqa: ANN401 - python-docx hides its document type
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(11)
    normal.paragraph_format.space_after = Pt(8)
    for name in ("Title", "Subtitle", "Heading 1", "Heading 2"):
        style = document.styles[name]
        style.font.color.rgb = _NAVY
        style.font.name = "Calibri"
    section = document.sections[0]
    section.left_margin = section.right_margin = Inches(1)


def _describe(document: Any, source: Source) -> None:  # noqa: ANN401
    properties = document.core_properties
    properties.title, properties.subject, properties.author = source.title, source.subtitle, "TechCorp"
    properties.last_modified_by, properties.comments = "TechCorp", ""


def _frame_pages(document: Any, source: Source) -> None:  # noqa: ANN401
    section = document.sections[0]
    header, footer = section.header.paragraphs[0], section.footer.paragraphs[0]
    header.text = "TechCorp | AI Billing Software"
    footer.add_run(f"{source.title} | {source.written_date} | Page ")
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    footer._p.append(field)
    for run in (*header.runs, *footer.runs):
        run.font.size, run.font.color.rgb = Pt(9), _GREY


def _add(document: Any, block: Block) -> None:  # noqa: ANN401
    match block:
        case Heading(level=level, text=text):
            document.add_heading(text, level=level - 1)
        case Paragraph(text=text):
            document.add_paragraph(text)
        case Bullets(items=items):
            for item in items:
                document.add_paragraph(item, style="List Bullet")
        case Quotation(lines=(words, *speaker)):
            document.add_paragraph(words, style="Intense Quote")
            for line in speaker:
                document.add_paragraph(line).runs[0].font.color.rgb = _GREY
        case Table():
            _add_table(document, block)


def _add_table(document: Any, table: Table) -> None:  # noqa: ANN401
    grid = document.add_table(rows=0, cols=len(table.header), style="Table Grid")
    grid.alignment = WD_TABLE_ALIGNMENT.CENTER
    for number, row in enumerate((table.header, *table.rows)):
        for cell, text in zip(grid.add_row().cells, row, strict=True):
            run = cell.paragraphs[0].add_run(text)
            run.bold, run.font.size = number == 0, Pt(10)
            cell.paragraphs[0].paragraph_format.space_after = Pt(2)
    repeat = OxmlElement("w:tblHeader")
    grid.rows[0]._tr.get_or_add_trPr().append(repeat)
    document.add_paragraph()
