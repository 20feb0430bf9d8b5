"""The registry: names, contents and refusals."""

from pathlib import Path

import pytest
from openpyxl import Workbook

from app.errors import DocumentRefused
from app.knowledge.loaders.formats import SUPPORTED_SUFFIXES
from app.knowledge.loaders.registry import LOADERS, load

MOST = 1_000_000
PAGE = b"<html><table><tr><th>Plan</th><th>Price</th></tr><tr><td>Team</td><td>$9</td></tr></table>"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def test_formats() -> None:
    assert set(LOADERS) == SUPPORTED_SUFFIXES
    assert {".pdf", ".docx", ".xlsx", ".csv", ".tsv", ".html", ".md", ".mdx", ".txt"} <= SUPPORTED_SUFFIXES


def test_suffix_in_any_case(tmp_path: Path) -> None:
    path = tmp_path / "NOTES.MD"
    path.write_text("# Hello\n", encoding="utf-8")
    assert load(path, MOST).blocks[0].text == "Hello"


@pytest.mark.parametrize(
    ("name", "data", "reason", "part"),
    [
        ("a.odt", b"x", "unsupported", ".odt"),
        ("noext", b"x", "unsupported", "rename it to end in .txt"),
        ("noext", b"%PDF-1.4", "unsupported", "rename it to end in .pdf"),
        ("noext", bytes(range(1, 32)) * 9, "unsupported", "not read"),
        ("a.pdf", b"hello", "malformed", "not a PDF"),
        ("a.pdf", b"<!DOCTYPE html><p>Not found</p>", "malformed", "is an HTML page; rename it to end in .html"),
        ("a.docx", b"just text", "malformed", "is not a Word document"),
        ("a.csv", b"PK\x03\x04 xl/workbook.xml", "malformed", "is an Excel workbook; rename it to end in .xlsx"),
        ("a.txt", b"{\\rtf1 hello}", "unsupported", "rich text"),
        ("a.docx", b"PK\x03\x04 archive", "unsupported", "an archive"),
        ("a.docx", OLE + "WordDocument".encode("utf-16-le"), "unsupported", "save it as .docx"),
        ("a.xls", OLE + b"torn", "unsupported", "old Office"),
        ("a.json", b"<html>", "malformed", "HTML"),
        ("a.docx", b"%PDF-1.4", "malformed", "is a PDF"),
        ("a.txt", bytes(range(32)) * 9, "malformed", "does not hold text"),
        ("a.txt", b"", "empty", "no text"),
        ("a.md", b"---\n---\n<!-- x -->", "empty", "no text"),
        ("a.html", b"<script>x</script>", "empty", "no text"),
        ("a.csv", b",,\n,,\n", "empty", "no text"),
        (
            "a.xlsx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "encrypted",
            "password",
        ),
    ],
)
def test_refusals_name_problem_and_not_the_path(tmp_path: Path, name: str, data: bytes, reason: str, part: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(DocumentRefused) as caught:
        load(path, MOST)
    assert caught.value.reason == reason
    assert part in caught.value.message
    assert str(tmp_path) not in caught.value.message


def test_large_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("four", encoding="utf-8")
    with pytest.raises(DocumentRefused) as caught:
        load(path, 3)
    assert caught.value.reason == "too_large"


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DocumentRefused) as caught:
        load(tmp_path / "gone.txt", MOST)
    assert caught.value.reason == "malformed"


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        (
            "a.xls",
            PAGE,
            "Plan: Team; Price: $9",
        ),
        ("a.xls", b"Plan\tPrice\nTeam\t$9\n", "Plan: Team; Price: $9"),
        ("a.txt", b"<!doctype html><title>x</title><p>Hello <b>you</b></p>", "Hello you"),
        ("a.md", b"\xef\xbb\xbf<?xml version='1.0'?><html><p>Hello</p></html>", "Hello"),
    ],
)
def test_content_decides_where_it_speaks_for_itself(tmp_path: Path, name: str, data: bytes, text: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert load(path, MOST).blocks[0].text == text


def test_office_files_under_each_others_names(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["Plan", "Price"])
    book.active.append(["Team", 9])
    path = tmp_path / "book.xls"
    book.save(path)
    assert load(path, MOST).blocks[0].text == "Plan: Team; Price: 9"
