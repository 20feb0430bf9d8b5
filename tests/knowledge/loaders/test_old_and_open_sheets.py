"""Workbooks of old Excel and OpenDocument: what is shown, and nothing that is hidden."""

import io
import zipfile

import pytest
import xlwt

from app.errors import DocumentRefused
from app.followups.types import BlockKind
from app.knowledge.loaders.ods import load_ods
from app.knowledge.loaders.xls import load_xls

H, ROW = BlockKind.HEADING, BlockKind.TABLE_ROW
MIME = "application/vnd.oasis.opendocument.spreadsheet"
_SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text", "style")
)


def xls() -> bytes:
    book = xlwt.Workbook()
    plans, secret = book.add_sheet("Plans"), book.add_sheet("Costs")
    secret.visibility = 1
    secret.write(0, 0, "our margin is 80%")
    rows = [("Plan", "Price", "Margin", "Off"), ("Team", 9.5, 0.8, 0.15), ("Old", 5, 0.5, 0), ("Scale", 1299, 0.9, 0.2)]
    styles = {1: xlwt.easyxf(num_format_str='"$"#,##0.00'), 3: xlwt.easyxf(num_format_str="0%")}
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if column in styles and row:
                plans.write(row, column, cell, styles[column])
            else:
                plans.write(row, column, cell)
    plans.col(2).hidden = True
    plans.row(2).hidden = True
    other = book.add_sheet("Contacts")
    other.write_merge(0, 0, 0, 1, "Sales")
    other.write(1, 0, "Phone")
    other.write(1, 1, "+1 555")
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_xls_shows_visible_sheets_rows_and_columns_with_their_formats() -> None:
    blocks = [(block.kind, block.text) for block in load_xls(xls()).blocks]
    assert blocks[:3] == [
        (H, "Plans"),
        (ROW, "Plan: Team; Price: $9.50; Off: 15%"),
        (ROW, "Plan: Scale; Price: $1,299; Off: 20%"),
    ]
    assert (H, "Contacts") in blocks
    assert not any("margin" in text or "Old" in text for _, text in blocks)


@pytest.mark.parametrize("cut", [600, 3000])
def test_a_torn_xls_is_malformed(cut: int) -> None:
    with pytest.raises(DocumentRefused) as caught:
        load_xls(xls()[:cut])
    assert caught.value.reason == "malformed"


def ods(tables: str, styles: str = "", manifest: str = "<m/>") -> bytes:
    content = (
        f"<office:document-content {_SPACES}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", MIME)
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)
    return buffer.getvalue()


def row(*cells: str, extra: str = "") -> str:
    body = "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in cells)
    return f"<table:table-row {extra}>{body}</table:table-row>"


def table(body: str, name: str = "Sheet1", extra: str = "") -> str:
    return f'<table:table table:name="{name}" {extra}>{body}</table:table>'


def test_ods_shows_what_is_visible() -> None:
    off = '<style:table-properties table:display="false"/>'
    hidden = f'<style:style style:name="off" style:family="table">{off}</style:style>'
    columns = '<table:table-column table:number-columns-repeated="2"/><table:table-column table:visibility="collapse"/>'
    body = (
        columns
        + row("Plan", "Price", "Margin")
        + row("Team", "$9.50", "80%")
        + row("Old", "$5", "50%", extra='table:visibility="collapse"')
        + "<table:table-row-group>"
        + row("Scale<office:annotation><text:p>secret</text:p></office:annotation>", "$99", "90%")
        + "</table:table-row-group>"
        + '<table:table-row table:number-rows-repeated="1048000">'
        + '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    data = ods(table(body, "Plans") + table(row("a", "b"), "Costs", 'table:style-name="off"'), hidden)
    assert [(block.kind, block.text) for block in load_ods(data).blocks] == [
        (H, "Plans"),
        (ROW, "Plan: Team; Price: $9.50"),
        (ROW, "Plan: Scale; Price: $99"),
    ]


def test_an_encrypted_ods_is_told_from_a_damaged_one() -> None:
    for data, reason in (
        (ods("", manifest="<m><encryption-data/></m>"), "encrypted"),
        (ods("<torn"), "malformed"),
        (ods('<!DOCTYPE x [<!ENTITY a "b">]>'), "hostile"),
        (ods(table(row(*["x"] * 500, extra='table:number-rows-repeated="99999999"'))), "too_large"),
    ):
        with pytest.raises(DocumentRefused) as caught:
            load_ods(data)
        assert caught.value.reason == reason
