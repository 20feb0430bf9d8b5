"""Whatever a caller calls a file: it is refused, or it lies inside the folder under exactly that name."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidInput
from app.knowledge.uploads.names import document_name

HOSTILE = [
    "", " ", ".", "..", "../x.md", "a/../x.md", "/etc/passwd", "a//x.md", "a/", "C:\\x.md", "C:x.md", "a\\..\\x.md",
    "x\0.md", "x\n.md", "invoice\u202egpj.md", "x\u200b.md", "\ufeffx.md", "CON", "con.md", "a/NUL.txt", "LPT1 .md",
    ".hidden.md", "~$x.docx", "x.md.", "x.md ", " x.md", "manifest.yaml", "a/Manifest.yml", "a" * 201,
    "\u65e5" * 100 + ".md", "/".join("abcdefghi"), "a*.md", "a|b.md", "x\ud800.md",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_refused_with_field_and_fix(name: str) -> None:
    with pytest.raises(InvalidInput, match=r"^file\[3\]( \(.*\))?: the file name ") as refused:
        document_name(name, "file[3]")
    assert refused.value.details[0].keys() == {"field", "problem", "fix"}
    assert refused.value.message.isprintable()


def test_a_refused_name_is_shown() -> None:
    with pytest.raises(InvalidInput, match=r"^file\[10\] \('plans\*\.md'\): the file name holds \*;"):
        document_name("plans*.md", "file[10]")


@pytest.mark.parametrize("name", ["prices.pdf", "pricing/Preise 2026 (neu).md", "com10.md"])
def test_ordinary_names_are_kept(name: str) -> None:
    assert document_name(name) == name


@given(st.one_of(st.text(max_size=40), st.text("./\\:aC\0\u202e ~", max_size=20)))
def test_an_accepted_name_stays_inside_the_folder(text: str) -> None:
    try:
        name = document_name(text)
    except InvalidInput:
        return
    folder = Path("/work")
    path = Path(folder / name)
    assert path.resolve() == path
    assert path.is_relative_to(folder)
    assert path.relative_to(folder).as_posix() == name == unicodedata.normalize("NFC", text)
    assert document_name(name) == name
