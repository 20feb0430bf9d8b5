"""The registry: names, contents and refusals."""

from pathlib import Path

import pytest

from app.errors import DocumentRefused
from app.knowledge.loaders import registry
from app.knowledge.loaders.registry import LOADERS, SUPPORTED_SUFFIXES, load

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def test_formats() -> None:
    assert set(LOADERS) == SUPPORTED_SUFFIXES
    assert {".pdf", ".docx", ".xlsx", ".csv", ".tsv", ".html", ".md", ".mdx", ".txt"} <= SUPPORTED_SUFFIXES


def test_suffix_in_any_case(tmp_path: Path) -> None:
    path = tmp_path / "NOTES.MD"
    path.write_text("# Hello\n", encoding="utf-8")
    assert load(path).blocks[0].text == "Hello"


@pytest.mark.parametrize(
    ("name", "data", "reason", "part"),
    [
        ("a.pptx", b"x", "unsupported", ".pptx"),
        ("noext", b"x", "unsupported", "without a suffix"),
        ("a.pdf", b"hello", "malformed", "not a PDF"),
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
        load(path)
    assert caught.value.reason == reason
    assert part in caught.value.message
    assert str(tmp_path) not in caught.value.message


def test_large_files_are_not_even_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "MAX_BYTES", 3)
    path = tmp_path / "a.txt"
    path.write_text("four", encoding="utf-8")
    with pytest.raises(DocumentRefused) as caught:
        load(path)
    assert caught.value.reason == "too_large"


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DocumentRefused) as caught:
        load(tmp_path / "gone.txt")
    assert caught.value.reason == "malformed"
