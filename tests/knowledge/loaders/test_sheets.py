"""CSV and workbooks: tables wherever they stand, cells as a reader sees them."""

import io
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from app.errors import DocumentRefused
from app.followups.types import BlockKind
from app.knowledge.loaders.csv_file import load_csv
from app.knowledge.loaders.number_formats import shown_number
from app.knowledge.loaders.xlsx import load_xlsx

H, P, ROW = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.TABLE_ROW


def csv(text: str, encoding: str = "utf-8") -> list[tuple[BlockKind, str]]:
    return [(block.kind, block.text) for block in load_csv(text.encode(encoding)).blocks]


def saved(book: Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_delimiters_and_encodings(delimiter: str, encoding: str) -> None:
    lines = [["Plan", "Preis"], ["Größe S", "5 €"], ["Größe M", "9 €"]]
    text = "\r\n".join(delimiter.join(line) for line in lines)
    assert csv(text, encoding) == [(ROW, "Plan: Größe S; Preis: 5 €"), (ROW, "Plan: Größe M; Preis: 9 €")]


def test_quotes_hide_delimiters() -> None:
    assert csv('Plan,Has\nPro,"a, b; c"\n') == [(ROW, "Plan: Pro; Has: a, b; c")]


def test_title_lines_above_and_notes_below() -> None:
    text = (
        "Price list 2024,,\nValid from May.,,\n,,\nPlan,Fee,Users\nPro,$20,3\nScale,$400,9\nAll prices without tax.,,\n"
    )
    assert csv(text) == [
        (H, "Price list 2024"),
        (P, "Valid from May."),
        (ROW, "Plan: Pro; Fee: $20; Users: 3"),
        (ROW, "Plan: Scale; Fee: $400; Users: 9"),
        (P, "All prices without tax."),
    ]


def test_header_holds_after_an_empty_row() -> None:
    assert csv("Plan,Fee,Users\nPro,$20,3\n,,\nScale,$400,9\n")[-1] == (ROW, "Plan: Scale; Fee: $400; Users: 9")


def test_tables_side_by_side() -> None:
    text = "Plan,Fee,,Country,Tax\nPro,$20,,France,20 %\nScale,$400,,Spain,21 %\n"
    assert csv(text) == [
        (ROW, "Plan: Pro; Fee: $20"),
        (ROW, "Plan: Scale; Fee: $400"),
        (ROW, "Country: France; Tax: 20 %"),
        (ROW, "Country: Spain; Tax: 21 %"),
    ]


def test_an_unclosed_quote_loses_nothing() -> None:
    assert [text for _, text in csv('Plan,Fee\n"Pro,$20\n')] == ["Plan: Pro,$20"]


def test_workbook_cells_are_read_as_shown() -> None:
    book = Workbook()
    sheet = book.active
    sheet.title = "Prices"
    sheet.append(["Plan", "Fee", "Discount", "Since", "Seen", "Active", "Factor"])
    sheet.append(["Pro", 299, 0.15, date(2024, 5, 1), datetime(2024, 5, 1, 9, 30), True, 1.5])
    sheet["B2"].number_format = '"$"#,##0.00'
    sheet["C2"].number_format = "0%"
    blocks = load_xlsx(saved(book)).blocks
    assert [(block.kind, block.text) for block in blocks] == [
        (H, "Prices"),
        (
            ROW,
            "Plan: Pro; Fee: $299; Discount: 15%; Since: 2024-05-01; Seen: 2024-05-01 09:30; Active: Yes; Factor: 1.5",
        ),
    ]


def test_hidden_sheets_rows_and_columns_are_not_read() -> None:
    book = Workbook()
    sheet = book.active
    for row in (["Plan", "Cost", "Fee"], ["Pro", "7", "$20"], ["Secret", "1", "$1"], ["Scale", "9", "$400"]):
        sheet.append(row)
    sheet.column_dimensions["B"].hidden = True
    sheet.row_dimensions[3].hidden = True
    book.create_sheet("Margins").append(["internal", "figures"])
    book["Margins"].sheet_state = "hidden"
    assert [block.text for block in load_xlsx(saved(book)).blocks] == ["Plan: Pro; Fee: $20", "Plan: Scale; Fee: $400"]


def test_a_sheet_that_spans_millions_of_cells_is_refused() -> None:
    book = Workbook()
    book.active["A1"] = "x"
    book.active["XFD1048576"] = "y"
    with pytest.raises(DocumentRefused) as caught:
        load_xlsx(saved(book))
    assert caught.value.reason == "too_large"


@pytest.mark.parametrize(
    ("value", "code", "expected"),
    [
        (0.155, "0.0%", "15.5%"),
        (1234.5, "#,##0.00 [$€-407]", "1,234.50 €"),
        (-5, "$#,##0;($#,##0)", "-$5"),
        (3, '0" users"', "3 users"),
        (1_500_000, '0.0,,"M"', "1.5M"),
        (1499, "[$USD] #,##0", "USD 1,499"),
        (0.1 + 0.2, "General", "0.3"),
    ],
)
def test_shown_number(value: float, code: str, expected: str) -> None:
    assert shown_number(value, code) == expected


@given(st.floats(allow_nan=False, allow_infinity=False, width=32), st.text('0#,.%$;"() -', max_size=8))
def test_any_format_gives_some_text(value: float, code: str) -> None:
    assert shown_number(value, code).strip()


@given(st.lists(st.lists(st.text('ab,"; \t\n1', max_size=5), max_size=5), max_size=6))
def test_any_csv_is_read_or_refused(rows: list[list[str]]) -> None:
    text = "\n".join(",".join(row) for row in rows)
    try:
        blocks = load_csv(text.encode()).blocks
    except DocumentRefused:
        return
    assert all(block.text.strip() for block in blocks)
