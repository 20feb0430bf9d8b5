"""Files made to harm: a reason in time, nothing written, nobody called, and the next document is read."""

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from app.config_files import Parsing
from app.errors import DocumentRefused
from app.knowledge.parsing.document_parser import DocumentParser
from tests.knowledge.parsing.hostile_files import FILES, external_entity, external_page, write

_GROWTH = 50 << 20  # bytes


@pytest.fixture(scope="module")
def parser() -> Iterator[DocumentParser]:
    with DocumentParser(Parsing()) as parser:
        yield parser


def outcome(parser: DocumentParser, path: Path) -> str | None:
    """The reason of the refusal, None if the file was read."""
    try:
        parser.parse(path)
    except DocumentRefused as refusal:
        assert refusal.message.endswith(".")  # noqa: PT017 - every refusal is a sentence
        return refusal.reason
    return None


@pytest.mark.parametrize(("name", "make", "right"), FILES, ids=[name for name, _, _ in FILES])
def test_a_reason_in_time_and_no_trace(
    name: str, make: Callable[[], bytes], right: frozenset[str | None], parser: DocumentParser, tmp_path: Path
) -> None:
    folder = tmp_path / "in" / "folder"
    folder.mkdir(parents=True)
    path = write(folder, name, make())
    parent = psutil.Process()
    before, began = parent.memory_info().rss, time.monotonic()
    assert outcome(parser, path) in right
    assert time.monotonic() - began < 40
    assert parent.memory_info().rss - before < _GROWTH
    assert [item.name for item in tmp_path.rglob("*") if item.is_file()] == [name]
    assert outcome(parser, write(tmp_path, "next.md", b"# Next\n\nThe next one.")) is None


@pytest.mark.parametrize(("name", "make"), [("x.docx", external_entity), ("x.html", external_page)])
def test_nobody_is_called(name: str, make: Callable[[int], bytes], parser: DocumentParser, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        reason = outcome(parser, write(tmp_path, name, make(server.getsockname()[1])))
        with pytest.raises(TimeoutError):
            server.accept()
    assert reason == ("hostile" if name == "x.docx" else None)


def test_memory_without_end_is_refused(tmp_path: Path) -> None:
    """Valid text that blows up a thousandfold while it is read."""
    path = write(tmp_path, "cells.csv", b"a,b\n" + b"x,y\n" * 4_000_000)
    with DocumentParser(Parsing(memory_mb=256)) as parser:
        assert outcome(parser, path) == "too_large"
        assert outcome(parser, write(tmp_path, "next.md", b"# Next\n\nThe next one.")) is None
