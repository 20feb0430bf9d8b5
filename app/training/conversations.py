"""Reads a CSV file of past conversations. Every row is judged; a bad one is reported by line and column."""

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.errors import InvalidInput

COLUMNS = ("lead_name", "product", "industry", "lead_score", "interaction_history", "successful_response")
# Longer fields are no message or note but a swallowed file: an open quote, a pasted thread.
MAX_FIELD_CHARS = 10_000
_NEEDED = ("lead_name", "product", "successful_response")
_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")
# What `surrogateescape` makes of a byte that is no UTF-8.
_ESCAPED_BYTES = range(0xDC80, 0xDD00)


@dataclass(frozen=True, slots=True)
class Conversation:
    """One row. `line` is where it starts in the file, from 1; `lead_score` is 0..100, or None if the cell is empty."""

    line: int
    lead_name: str
    product: str
    industry: str
    lead_score: float | None
    interaction_history: str
    response: str


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row was left out. `column` is "" if it is about the row as a whole. Holds no text of the row."""

    line: int
    column: str
    problem: str

    @property
    def sentence(self) -> str:
        place = f"line {self.line}" + (f", column {self.column}" if self.column else "")
        return f"{place}: {self.problem}"


@dataclass(frozen=True, slots=True)
class ReadConversations:
    """The usable rows and what was wrong with the others, both in the order of the file."""

    rows: tuple[Conversation, ...]
    problems: tuple[RowProblem, ...]


def read_conversations(path: Path) -> ReadConversations:
    """Read a UTF-8 CSV file with a header of `COLUMNS`, in any order; other columns are ignored.

    Raises `InvalidInput` when no row could be read: no such file, another delimiter or encoding, a missing column.
    """
    header, records, problems = _records(_decoded(path), path)
    places = {name: header.index(name) for name in COLUMNS}
    rows: list[Conversation] = []
    for line, cells in records:
        problem = _width_problem(line, cells, header) or _bad_cell(line, cells, places)
        if problem is not None:
            problems.append(problem)
        else:
            rows.append(_conversation(line, {name: cells[place].strip() for name, place in places.items()}))
    return ReadConversations(tuple(rows), tuple(sorted(problems, key=lambda problem: problem.line)))


def _decoded(path: Path) -> str:
    """The text of the file; single bytes that are no UTF-8 stay recognisable, so that they cost one row only."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path}: the file cannot be read: {error.strerror}.") from error
    if data.startswith(_BYTE_ORDER_MARKS) or b"\0" in data[:4096]:
        raise InvalidInput(f"{path}: this is not a UTF-8 text file (it looks like UTF-16); save it as CSV in UTF-8.")
    return data.decode("utf-8-sig", errors="surrogateescape")


def _records(text: str, path: Path) -> tuple[list[str], list[tuple[int, list[str]]], list[RowProblem]]:
    """The header, the records with the line each starts on, and what could not be split into fields."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = _header(reader, path)
    _check_header(header, text, path)
    records: list[tuple[int, list[str]]] = []
    problems: list[RowProblem] = []
    while True:
        start = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return header, records, problems
        except csv.Error as error:
            problems.append(
                RowProblem(start, "", f"not valid CSV: {error} (lines {start} to {reader.line_num} are lost)")
            )
            continue
        if any(cell.strip() for cell in cells):
            records.append((start, cells))


def _header(reader: Iterator[list[str]], path: Path) -> list[str]:
    try:
        return [name.strip().casefold() for name in next(reader)]
    except StopIteration:
        raise InvalidInput(f"{path}: the file is empty; expected a header with {', '.join(COLUMNS)}.") from None
    except csv.Error as error:
        raise InvalidInput(f"{path}: the header is not valid CSV: {error}.") from error


def _check_header(header: list[str], text: str, path: Path) -> None:
    missing = [name for name in COLUMNS if name not in header]
    if not missing:
        return
    first_line = text.splitlines()[0]
    for delimiter, name in _DELIMITERS.items():
        if len(missing) == len(COLUMNS) and first_line.count(delimiter) >= len(COLUMNS) - 1:
            raise InvalidInput(f"{path}: the columns are separated by {name}; save the file with commas.")
    raise InvalidInput(f"{path}: missing column {', '.join(missing)}; expected {', '.join(COLUMNS)}.")


def _width_problem(line: int, cells: list[str], header: list[str]) -> RowProblem | None:
    if len(cells) == len(header):
        return None
    fix = "quote fields that hold commas" if len(cells) > len(header) else "is the delimiter a comma?"
    return RowProblem(line, "", f"{len(cells)} fields where the header has {len(header)}; {fix}")


def _bad_cell(line: int, cells: list[str], places: dict[str, int]) -> RowProblem | None:
    found = ((name, _problem(name, cells[place])) for name, place in places.items())
    return next((RowProblem(line, name, problem) for name, problem in found if problem), None)


def _problem(name: str, value: str) -> str | None:
    if len(value) > MAX_FIELD_CHARS:
        return f"{len(value)} characters; at most {MAX_FIELD_CHARS} (is a quote left open?)"
    if any(ord(char) in _ESCAPED_BYTES for char in value):
        return "not UTF-8; save the file as UTF-8"
    if name in _NEEDED and not value.strip():
        return "empty"
    if name == "lead_score" and value.strip():
        return _score_problem(value)
    return None


def _score_problem(value: str) -> str | None:
    try:
        score = float(value)
    except ValueError:
        return "not a number; expected 0 to 100"
    return None if math.isfinite(score) and 0 <= score <= 100 else "out of range; expected 0 to 100"


def _conversation(line: int, cells: dict[str, str]) -> Conversation:
    return Conversation(
        line=line,
        lead_name=cells["lead_name"],
        product=cells["product"],
        industry=cells["industry"],
        lead_score=float(cells["lead_score"]) if cells["lead_score"] else None,
        interaction_history=cells["interaction_history"],
        response=cells["successful_response"],
    )


def lead_fields(row: Conversation) -> Iterator[tuple[str, object]]:
    """The row as fields of a request."""
    yield "lead_name", row.lead_name
    yield "product_name", row.product
    yield "lead_industry", row.industry
    yield "lead_score", row.lead_score
    yield "interaction_history", row.interaction_history
