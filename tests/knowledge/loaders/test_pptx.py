"""Presentations: what the audience sees, slide by slide."""

import io
import zipfile

import pytest

from app.errors import DocumentRefused
from app.followups.types import BlockKind
from app.knowledge.loaders.pptx import load_pptx

H, P, ITEM, ROW = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.TABLE_ROW
_SPACES = (
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def relations(*pairs: tuple[str, str, str]) -> str:
    items = "".join(f'<Relationship Id="{i}" Type="{_OFFICE}/{kind}" Target="{to}"/>' for i, kind, to in pairs)
    return f"<Relationships>{items}</Relationships>"


def deck(*slides: str) -> bytes:
    """Slides by their shapes, shown last to first: the order is the presentation's, not that of the file names."""
    buffer = io.BytesIO()
    order = "".join(f'<p:sldId id="{256 + n}" r:id="r{n}"/>' for n in reversed(range(len(slides))))
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("_rels/.rels", relations(("a", "officeDocument", "ppt/presentation.xml")))
        archive.writestr(
            "ppt/presentation.xml", f"<p:presentation {_SPACES}><p:sldIdLst>{order}</p:sldIdLst></p:presentation>"
        )
        archive.writestr(
            "ppt/_rels/presentation.xml.rels",
            relations(*((f"r{n}", "slide", f"slides/slide{n}.xml") for n in range(len(slides)))),
        )
        for n, slide in enumerate(slides):
            archive.writestr(f"ppt/slides/slide{n}.xml", slide)
            archive.writestr(f"ppt/slides/_rels/slide{n}.xml.rels", relations(("n", "notesSlide", f"../notes{n}.xml")))
            archive.writestr(f"ppt/notes{n}.xml", slide_of(shape("Say nothing about the discount")))
    return buffer.getvalue()


def slide_of(*shapes: str, show: str = "1") -> str:
    tree = "".join(shapes)
    return f'<p:sld {_SPACES} show="{show}"><p:cSld><p:spTree>{tree}</p:spTree></p:cSld></p:sld>'


def shape(*paragraphs: str, kind: str | None = None, hidden: str = "0") -> str:
    place = "" if kind is None else f'<p:ph type="{kind}"/>'
    body = "".join(item if item.startswith("<") else f"<a:p><a:r><a:t>{item}</a:t></a:r></a:p>" for item in paragraphs)
    names = f'<p:nvSpPr><p:cNvPr id="1" name="x" hidden="{hidden}"/><p:nvPr>{place}</p:nvPr></p:nvSpPr>'
    return f"<p:sp>{names}<p:txBody>{body}</p:txBody></p:sp>"


def table(*rows: tuple[str, ...]) -> str:
    def cell(text: str) -> str:
        return f"<a:tc><a:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody></a:tc>"

    body = "".join(f"<a:tr>{''.join(map(cell, row))}</a:tr>" for row in rows)
    inner = f'<a:tbl><a:tblPr firstRow="1"/>{body}</a:tbl>'
    return f"<p:graphicFrame><a:graphic><a:graphicData>{inner}</a:graphicData></a:graphic></p:graphicFrame>"


def read(*slides: str) -> list[tuple[BlockKind, str, int | None]]:
    return [(block.kind, block.text, block.page) for block in load_pptx(deck(*slides)).blocks]


def test_slides_are_pages_in_the_order_of_the_show() -> None:
    assert read(slide_of(shape("Second")), slide_of(shape("First"))) == [(P, "First", 1), (P, "Second", 2)]


def test_titles_lead_and_bodies_are_lists() -> None:
    slide = slide_of(shape("Fast", "Safe", kind="body"), shape("Why us", kind="title"), shape("One text", kind="body"))
    assert read(slide) == [(H, "Why us", 1), (ITEM, "Fast", 1), (ITEM, "Safe", 1), (P, "One text", 1)]


def test_what_the_audience_does_not_see_is_left_out() -> None:
    struck = '<a:p><a:r><a:rPr strike="sngStrike"/><a:t>$49</a:t></a:r><a:r><a:t>$29</a:t></a:r></a:p>'
    number = '<a:p><a:fld type="slidenum"><a:t>7</a:t></a:fld></a:p>'
    shown = slide_of(shape("Hidden", hidden="1"), shape("© 2024", kind="ftr"), shape(number), shape(struck))
    assert read(shown, slide_of(shape("Not shown"), show="0")) == [(P, "$29", 2)]


def test_tables_and_groups() -> None:
    group = f"<p:grpSp><p:grpSp>{shape('Deep')}</p:grpSp></p:grpSp>"
    rows = table(("Plan", "Price"), ("Team", "$9"))
    titled = table(("Our plans", "Our plans"), ("Plan", "Price"), ("Team", "$9"))
    assert read(slide_of(group, rows)) == [(P, "Deep", 1), (ROW, "Plan: Team; Price: $9", 1)]
    assert read(slide_of(titled)) == [(P, "Our plans", 1), (ROW, "Plan: Team; Price: $9", 1)]


def test_raised_note_marks_do_not_become_digits() -> None:
    price = '<a:p><a:r><a:t>$299</a:t></a:r><a:r><a:rPr baseline="30000"/><a:t>1</a:t></a:r></a:p>'
    assert read(slide_of(shape(price))) == [(P, "$299", 1)]


@pytest.mark.parametrize("part", ["ppt/presentation.xml", "_rels/.rels"])
def test_a_deck_without_its_parts_is_malformed(part: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(part, "<torn")
    with pytest.raises(DocumentRefused) as caught:
        load_pptx(buffer.getvalue())
    assert caught.value.reason == "malformed"
