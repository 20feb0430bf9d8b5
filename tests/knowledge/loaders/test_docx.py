"""Word documents, built with python-docx and broken by hand."""

import io
import zipfile

import docx
import pytest
from docx.oxml import OxmlElement

from app.errors import DocumentRefused
from app.followups.types import BlockKind
from app.knowledge.loaders.docx import load_docx
from app.knowledge.types import Block

H, P, L, ROW = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.TABLE_ROW


def saved(document: "docx.document.Document") -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def test_body_in_order() -> None:
    document = docx.Document()
    document.core_properties.title = "Left over"
    document.add_heading("Contract", 0)
    document.add_paragraph("Plain words here.", style="Subtitle")
    document.add_heading("Length", 1)
    document.add_paragraph("first", style="List Bullet")
    document.add_paragraph("second", style="List Number")
    table = document.add_table(3, 2)
    for row, cells in zip(table.rows, [("Plan", "Fee"), ("Pro", "$20"), ("Scale", "$400\nper month")], strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    document.add_paragraph("After the table.")
    document.sections[0].header.paragraphs[0].text = "Running header"
    loaded = load_docx(saved(document))
    assert loaded.blocks == (
        Block(H, "Contract", 1),
        Block(P, "Plain words here."),
        Block(H, "Length", 2),
        Block(L, "first"),
        Block(L, "second"),
        Block(ROW, "Plan: Pro; Fee: $20"),
        Block(ROW, "Plan: Scale; Fee: $400 per month"),
        Block(P, "After the table."),
    )
    assert (loaded.title, dict(loaded.metadata)["title"]) == (None, "Left over")


def test_hidden_struck_and_deleted_text_is_not_read() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("Now ")
    paragraph.add_run("$49 ").font.strike = True
    paragraph.add_run("secret ").font.hidden = True
    deleted = OxmlElement("w:del")
    deleted.append(paragraph.add_run("gone ")._r)
    paragraph._p.append(deleted)
    inserted = OxmlElement("w:ins")
    inserted.append(paragraph.add_run("$29")._r)
    paragraph._p.append(inserted)
    paragraph.add_run("1").font.superscript = True
    assert [block.text for block in load_docx(saved(document)).blocks] == ["Now $29"]


def test_bold_lines_are_headings_only_without_heading_styles() -> None:
    document = docx.Document()
    document.add_paragraph().add_run("Payment").bold = True
    document.add_paragraph("In advance.")
    assert load_docx(saved(document)).blocks[0] == Block(H, "Payment", 2)
    document.add_heading("Contract", 1)
    assert load_docx(saved(document)).blocks[0] == Block(P, "Payment")


def test_merged_cells_repeat_their_text() -> None:
    document = docx.Document()
    table = document.add_table(3, 3)
    for cell, text in zip(table.rows[0].cells, ("Plan", "Fee", "Support"), strict=True):
        cell.text = text
    table.cell(1, 0).text, table.cell(2, 0).text = "Pro", "Scale"
    table.cell(1, 1).text, table.cell(2, 1).text = "$20", "$400"
    table.cell(1, 2).merge(table.cell(2, 2)).text = "Mail"
    assert [block.text for block in load_docx(saved(document)).blocks] == [
        "Plan: Pro; Fee: $20; Support: Mail",
        "Plan: Scale; Fee: $400; Support: Mail",
    ]


def test_entities_are_refused() -> None:
    body = (
        '<!DOCTYPE w:document [<!ENTITY x SYSTEM "file:///etc/hostname"><!ENTITY y "resolved">]>'
        '<w:document xmlns:w="urn:w"><w:body><w:p><w:r><w:t>Seen &x;&y;</w:t></w:r></w:p></w:body></w:document>'
    )
    for encoding in ("utf-8", "utf-16"):
        with pytest.raises(DocumentRefused, match="entities") as caught:
            load_docx(_zip("word/document.xml", body.encode(encoding)))
        assert caught.value.reason == "hostile"


def _zip(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"WordDocument", "unsupported"),
        (b"PK\x03\x04 torn", "malformed"),
        (_zip("other.txt", b"x"), "malformed"),
        (_zip("word/document.xml", b"<not-closed"), "malformed"),
        (_zip("word/document.xml", b"0" * (4 << 20)), "hostile"),
    ],
)
def test_refusals(data: bytes, reason: str) -> None:
    with pytest.raises(DocumentRefused) as caught:
        load_docx(data)
    assert caught.value.reason == reason
