from pathlib import Path

import pytest

from app.errors import InvalidInput
from app.training.conversations import COLUMNS, MAX_FIELD_CHARS, RowProblem, read_conversations
from tests.training.csv_files import row, write_csv

GOOD = row("Hi Ana, you asked about pricing.")


def problems(path: Path) -> list[tuple[int, str]]:
    return [(problem.line, problem.column) for problem in read_conversations(path).problems]


def test_a_row_is_read_with_its_line(tmp_path: Path) -> None:
    found = read_conversations(write_csv(tmp_path / "a.csv", [GOOD, row("Hi\nAna", score="")])).rows
    assert [(r.line, r.lead_name, r.lead_score, r.response) for r in found] == [
        (2, "Ana Weber", 55.0, "Hi Ana, you asked about pricing."),
        (3, "Ana Weber", None, "Hi\nAna"),
    ]


def test_columns_may_stand_in_any_order_beside_others(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [["x", *GOOD[::-1]]], header=["id", *COLUMNS[::-1]])
    assert read_conversations(path).rows[0].product == "RouteDesk"


@pytest.mark.parametrize(
    ("cells", "column", "problem"),
    [
        (row(""), "successful_response", "empty"),
        (row("Hello", score="101"), "lead_score", "out of range; expected 0 to 100"),
        (row("Hello", score="nan"), "lead_score", "out of range; expected 0 to 100"),
        (row("Hello", score="high"), "lead_score", "not a number; expected 0 to 100"),
        (row("Hello", name=" "), "lead_name", "empty"),
        (row("Hello", history="x" * (MAX_FIELD_CHARS + 1)), "interaction_history", "10001 characters"),
        (GOOD[:5], "", "5 fields where the header has 6"),
        ([*GOOD, "more"], "", "7 fields where the header has 6"),
    ],
)
def test_a_bad_row_is_named_and_the_others_are_read(
    tmp_path: Path, cells: list[str], column: str, problem: str
) -> None:
    read = read_conversations(write_csv(tmp_path / "a.csv", [GOOD, cells, GOOD]))
    [found] = read.problems
    assert (found.line, found.column, [r.line for r in read.rows]) == (3, column, [2, 4])
    assert found.problem.startswith(problem)


def test_lines_are_those_of_the_file_also_after_fields_of_several_lines(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [row("one\ntwo\nthree"), row("")])
    assert problems(path) == [(5, "successful_response")]


def test_a_byte_that_is_no_utf8_costs_one_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes((",".join(COLUMNS) + "\n").encode() + b"Jos\xe9,P,i,5,h,Hello\n" + "José,P,i,5,h,Hello\n".encode())
    read = read_conversations(path)
    assert [r.lead_name for r in read.rows] == ["José"]
    assert read.problems == (RowProblem(2, "lead_name", "not UTF-8; save the file as UTF-8"),)


def test_a_broken_quote_costs_its_row_only(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(",".join(COLUMNS) + '\nAna,P,i,5,h,"Hello" there\nBo,P,i,5,h,Hello\n', encoding="utf-8")
    read = read_conversations(path)
    assert [r.lead_name for r in read.rows] == ["Bo"]
    assert [problem.line for problem in read.problems] == [2]


def test_a_quote_left_open_is_reported_with_the_lines_it_swallowed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(",".join(COLUMNS) + '\nAna,P,i,5,h,"Hello\nBo,P,i,5,h,Hello\n', encoding="utf-8")
    [problem] = read_conversations(path).problems
    assert "lines 2 to 3 are lost" in problem.sentence


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (";".join(COLUMNS).encode() + b"\na;b;c;5;d;e\n", "separated by semicolons"),
        ("\t".join(COLUMNS).encode(), "separated by tabs"),
        (",".join(COLUMNS).encode("utf-16"), "UTF-16"),
        (b"lead_name,product,industry,lead_score,interaction_history\n", "missing column successful_response"),
        (b"", "the file is empty"),
    ],
)
def test_a_file_of_another_kind_is_refused_with_the_fix(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with pytest.raises(InvalidInput, match=says):
        read_conversations(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="nothing.csv"):
        read_conversations(tmp_path / "nothing.csv")
