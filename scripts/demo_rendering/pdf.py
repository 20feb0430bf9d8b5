"""Lay out a source as a PDF: letter size, page header, footer with page numbers, ruled tables."""

from collections.abc import Callable
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable, ListFlowable, ListItem, SimpleDocTemplate, Spacer
from reportlab.platypus import Paragraph as Text
from reportlab.platypus import Table as Grid

from scripts.demo_rendering.source import Block, Bullets, Heading, Paragraph, Quotation, Source, Table

_NAVY, _TEAL, _GREY, _PALE = HexColor("#17324D"), HexColor("#1F7A8C"), HexColor("#5B6770"), HexColor("#EAF2F5")
_MARGIN = inch
_FRAME_PADDING = _CELL_PADDING = 6.0
_WIDTH = letter[0] - 2 * _MARGIN - 2 * _FRAME_PADDING

_BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=10.5, leading=15, spaceAfter=8, alignment=TA_LEFT)
_TITLE = ParagraphStyle("title", _BODY, fontName="Helvetica-Bold", fontSize=21, leading=26, textColor=_NAVY)
_SUBTITLE = ParagraphStyle("subtitle", _BODY, fontSize=12, leading=16, textColor=_TEAL, spaceAfter=16)
_HEADING = ParagraphStyle("heading", _TITLE, fontSize=13.5, leading=17, spaceBefore=10, spaceAfter=5, keepWithNext=True)
_QUOTE = ParagraphStyle(
    "quote", _BODY, fontName="Helvetica-Oblique", leftIndent=18, rightIndent=18, textColor=_NAVY, spaceAfter=2
)
_SPEAKER = ParagraphStyle("speaker", _QUOTE, fontName="Helvetica", fontSize=9.5, textColor=_GREY, spaceAfter=12)
_CELL = ParagraphStyle("cell", _BODY, fontSize=9, leading=12, spaceAfter=0)
_HEAD_CELL = ParagraphStyle("head_cell", _CELL, fontName="Helvetica-Bold", textColor=_NAVY)

_GRID = [
    ("GRID", (0, 0), (-1, -1), 0.6, _GREY),
    ("BACKGROUND", (0, 0), (-1, 0), _PALE),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), _CELL_PADDING),
    ("RIGHTPADDING", (0, 0), (-1, -1), _CELL_PADDING),
    ("TOPPADDING", (0, 0), (-1, -1), 4),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
]


def render_pdf(source: Source) -> bytes:
    """The file's bytes: the same for the same source, on every machine (streams are left uncompressed)."""
    _, pages = _build(source, pages=0)
    data, _ = _build(source, pages)
    return data


def _build(source: Source, pages: int) -> tuple[bytes, int]:
    """Lay out once. `pages` is the total that the footer names."""
    buffer = BytesIO()
    document = SimpleDocTemplate(
        buffer,
        pagesize=letter,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=1.1 * inch,
        bottomMargin=inch,
        title=source.title,
        author="TechCorp",
        subject=source.subtitle,
        lang="en-US",
        invariant=1,
        pageCompression=0,
    )
    frame = _page_frame(source, pages)
    document.build(_story(source), onFirstPage=frame, onLaterPages=frame)
    return buffer.getvalue(), int(document.page)


def _page_frame(source: Source, pages: int) -> Callable[[Any, Any], None]:
    def draw(canvas: Any, document: Any) -> None:  # noqa: ANN401 - reportlab has no types
        top, bottom, right = letter[1] - 0.6 * inch, 0.6 * inch, letter[0] - _MARGIN - _FRAME_PADDING
        left = _MARGIN + _FRAME_PADDING
        canvas.saveState()
        canvas.setStrokeColor(_TEAL)
        canvas.line(left, top - 7, right, top - 7)
        canvas.setFillColor(_NAVY)
        canvas.setFont("Helvetica-Bold", 10)
        canvas.drawString(left, top, "TechCorp")
        canvas.setFillColor(_GREY)
        canvas.setFont("Helvetica", 8.5)
        canvas.drawRightString(right, top, "AI Billing Software")
        canvas.drawString(left, bottom, f"{source.title} | {source.written_date}")
        canvas.drawRightString(right, bottom, f"Page {document.page} of {pages}")
        canvas.restoreState()

    return draw


def _story(source: Source) -> list[Flowable]:
    story: list[Flowable] = [Text(escape(source.title), _TITLE), Text(escape(source.subtitle), _SUBTITLE)]
    for block in source.blocks:
        story.extend(_flowables(block))
    return story


def _flowables(block: Block) -> list[Flowable]:
    match block:
        case Heading(text=text):
            return [Text(escape(text), _HEADING)]
        case Paragraph(text=text):
            return [Text(escape(text), _BODY)]
        case Bullets(items=items):
            entries = [ListItem(Text(escape(item), _BODY), leftIndent=16, bulletColor=_TEAL) for item in items]
            return [ListFlowable(entries, bulletType="bullet", start="\u2022", bulletFontSize=9), Spacer(1, 4)]
        case Quotation(lines=(words, *speaker)):
            return [Text(escape(words), _QUOTE), *(Text(escape(line), _SPEAKER) for line in speaker)]
        case Table():
            return [_grid(block), Spacer(1, 12)]
    raise TypeError(f"no layout for {block!r}")


def _grid(table: Table) -> Flowable:
    cells = [[Text(escape(name), _HEAD_CELL) for name in table.header]]
    cells += [[Text(escape(cell), _CELL) for cell in row] for row in table.rows]
    return Grid(cells, colWidths=_column_widths(table), style=_GRID, repeatRows=1)


def _column_widths(table: Table) -> list[float]:
    """Points per column: every word fits, and the rest of the width goes to columns with longer texts."""
    columns = list(zip(table.header, *table.rows, strict=True))
    least = [max(_word_width(cell) for cell in column) + 2 * _CELL_PADDING for column in columns]
    weights = [max(len(cell) for cell in column) for column in columns]
    spare = _WIDTH - sum(least)
    return [width + spare * weight / sum(weights) for width, weight in zip(least, weights, strict=True)]


def _word_width(cell: str) -> float:
    return max((stringWidth(word, _HEAD_CELL.fontName, _HEAD_CELL.fontSize) for word in cell.split()), default=0.0)
