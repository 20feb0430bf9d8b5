"""Tables of any format become rows that stand on their own."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.knowledge.loaders.tables import guess_header_rows, join_lines, row_text, table_rows


def test_row_text_skips_empty_cells_and_headers() -> None:
    assert row_text(["", "Pro", "Scale", "#"], ["Fee", "", "$400", "7"]) == "Fee; Scale: $400; 7"


def test_key_and_value_without_header() -> None:
    assert table_rows([["Employees:", "650"], ["Industry:", "Pumps"]]) == ["Employees: 650", "Industry: Pumps"]


def test_header_is_found() -> None:
    assert table_rows([["Plan", "Price"], ["Pro", "$20"]]) == ["Plan: Pro; Price: $20"]


def test_years_head_columns() -> None:
    grid = [["", "2022", "2023"], ["Revenue", "10", "12"]]
    assert table_rows(grid) == ["Revenue; 2022: 10; 2023: 12"]


def test_group_titles_are_put_before_their_rows() -> None:
    grid = [["Feature", "Pro", "Scale"], ["Security", "", ""], ["SSO", "No", "Yes"]]
    assert table_rows(grid, 1) == ["Security; Feature: SSO; Pro: No; Scale: Yes"]


def test_two_header_rows_are_merged() -> None:
    grid = [["", "Monthly", "Monthly"], ["Plan", "USD", "EUR"], ["Pro", "20", "19"]]
    assert table_rows(grid, 2) == ["Plan: Pro; Monthly USD: 20; Monthly EUR: 19"]


@pytest.mark.parametrize(
    ("grid", "expected"),
    [
        ([["1", "2", "3"], ["4", "5", "6"]], 0),
        ([["Name", "Role", "Mail"], ["Ann", "CEO", "a@b"]], 1),
        ([["Only one row", "x"]], 0),
        ([["Note:", "x"], ["Other:", "y"]], 0),
    ],
)
def test_guess_header_rows(grid: list[list[str]], expected: int) -> None:
    assert guess_header_rows(grid) == expected


def test_lines_of_a_cell() -> None:
    assert join_lines(["One", "two", "Done.", "Next"]) == "One, two, Done. Next"


@settings(max_examples=500, deadline=None)
@given(st.lists(st.lists(st.text("ab1 $", max_size=4), max_size=4), max_size=5), st.none() | st.integers(0, 3))
def test_every_body_cell_is_kept(grid: list[list[str]], header_rows: int | None) -> None:
    joined = " ".join(table_rows(grid, header_rows))
    filled = [row for row in grid if any(map(str.strip, row))]
    for row in filled[1 if header_rows is None else header_rows :]:
        for cell in row:
            words = [word for word in cell.split() if any(map(str.isalnum, word))]
            assert all(word in joined for word in words)
