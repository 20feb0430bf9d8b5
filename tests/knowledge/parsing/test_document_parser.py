"""Parser processes through the pool that owns them: real processes, real files."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from app.config_files import Parsing
from app.errors import ConfigurationError, DocumentRefused
from app.knowledge.parsing import process
from app.knowledge.parsing.document_parser import DocumentParser


@pytest.fixture
def parser() -> Iterator[DocumentParser]:
    with DocumentParser(Parsing(seconds=20), workers=2) as parser:
        yield parser


@pytest.fixture
def note(tmp_path: Path) -> Path:
    path = tmp_path / "note.md"
    path.write_text("# Plans\n\nThe Team plan costs $299 per month.", encoding="utf-8")
    return path


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if parses(child)]


def parses(child: psutil.Process) -> bool:
    try:
        return child.status() != psutil.STATUS_ZOMBIE and "app.knowledge.parsing.child" in child.cmdline()
    except psutil.NoSuchProcess:  # it ended meanwhile
        return False


def refusal(parser: DocumentParser, path: Path) -> DocumentRefused:
    with pytest.raises(DocumentRefused) as caught:
        parser.parse(path)
    return caught.value


def never_ending(folder: Path) -> Path:
    """A pipe that nobody writes to: opening it never returns."""
    path = folder / "endless.md"
    os.mkfifo(path)
    return path


def test_reads_a_document_with_all_it_holds(parser: DocumentParser, tmp_path: Path) -> None:
    path = tmp_path / "plan.md"
    path.write_text("---\ntitle: Our plans\ntags: [a, b]\n---\n## Team\n\n- “€ 9” 🚀", encoding="utf-8")
    document = parser.parse(path)
    assert document.title == "Our plans"
    assert dict(document.metadata)["tags"] == "a, b"
    assert [(block.kind, block.text, block.level, block.page) for block in document.blocks] == [
        ("heading", "Team", 2, None),
        ("list_item", "“€ 9” 🚀", 0, None),
    ]


def test_one_process_reads_many_documents(parser: DocumentParser, note: Path) -> None:
    parser.parse(note)
    [child] = children()
    for _ in range(20):
        parser.parse(note)
    assert [process.pid for process in children()] == [child.pid]


def test_a_large_parent_does_not_make_its_processes_retire(note: Path) -> None:
    ballast = bytearray(os.urandom(1 << 20) * 700)
    with DocumentParser(Parsing(memory_mb=1024)) as parser:
        parser.parse(note)
        [child] = children()
        parser.parse(note)
        parser.parse(note)
        assert [process.pid for process in children()] == [child.pid]
    assert ballast


def test_threads_share_the_processes(note: Path) -> None:
    with DocumentParser(Parsing(), workers=2) as parser, ThreadPoolExecutor(6) as threads:
        documents = list(threads.map(parser.parse, [note] * 30))
        assert len(children()) <= 2
    assert {document.blocks[0].text for document in documents} == {"Plans"}
    assert children() == []


def test_relative_paths_and_names_that_are_no_text(
    parser: DocumentParser, note: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(note.parent)
    odd = Path(os.fsdecode(b"caf\xe9.md"))
    odd.write_text("Coffee.", encoding="utf-8")
    assert parser.parse(odd).blocks[0].text == "Coffee."


def test_a_document_without_end_is_stopped(tmp_path: Path, note: Path) -> None:
    with DocumentParser(Parsing(seconds=0.5)) as parser:
        began = time.monotonic()
        refused = refusal(parser, never_ending(tmp_path))
        assert time.monotonic() - began < 10
        assert (refused.reason, refused.message) == (
            "too_large",
            "The file takes more than 0.5 seconds to read; split it.",
        )
        assert parser.parse(note).blocks


def test_processor_time_is_renewed_for_every_document(note: Path, tmp_path: Path) -> None:
    """Each file needs a good part of its second of processor time; together they need more than any may have."""
    path = tmp_path / "table.csv"
    path.write_text("a,b,c,d\n" + "x y,1,2,3\n" * 6000, encoding="utf-8")
    with DocumentParser(Parsing(seconds=2)) as parser:
        used = 0.0
        while used < 4:
            parser.parse(path)
            times = children()[0].cpu_times()
            used = times.user + times.system
        assert parser.parse(note).blocks


@pytest.mark.parametrize("at", ["idle", "busy"])
def test_a_process_that_is_killed_is_replaced(parser: DocumentParser, note: Path, tmp_path: Path, at: str) -> None:
    parser.parse(note)
    [child] = children()
    if at == "idle":
        child.kill()
        assert parser.parse(note).blocks
        return
    pipe = never_ending(tmp_path)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(parser.parse, pipe)
        while child.status() == psutil.STATUS_RUNNING:
            time.sleep(0.01)
        child.kill()
        until_dead(child)
        # The second process gets the text for which the first was waiting.
        pipe.write_text("Written at last.", encoding="utf-8")
        assert waiting.result(60).blocks[0].text == "Written at last."


def until_dead(child: psutil.Process) -> None:
    """Wait for the end of the process and leave its exit code to the parser."""
    with contextlib.suppress(psutil.NoSuchProcess):  # the parser may have taken the exit code already
        while child.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)


def settled(child: psutil.Process) -> bool:
    """Wait until the process has started and waits for something itself. False if it ended meanwhile."""
    used = -1.0
    while parses(child):
        with contextlib.suppress(psutil.NoSuchProcess):
            now = sum(child.cpu_times()[:2])
            if now == used and now >= 0.2 and child.status() == psutil.STATUS_SLEEPING:
                return True
            used = now
        time.sleep(0.5)
    return False


def test_a_document_that_is_there_whenever_the_process_is_killed_is_refused(
    parser: DocumentParser, note: Path, tmp_path: Path
) -> None:
    parser.parse(note)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(parser.parse, never_ending(tmp_path))
        time.sleep(0.5)
        killed: set[int] = set()
        while not waiting.done():
            for child in filter(settled, children()):
                killed.add(child.pid)
                child.kill()
                until_dead(child)
            time.sleep(0.05)
    with pytest.raises(DocumentRefused, match="memory") as caught:
        waiting.result()
    assert caught.value.reason == "too_large"
    assert len(killed) == 2
    assert parser.parse(note).blocks


def test_a_crash_is_a_damaged_document(parser: DocumentParser, note: Path, tmp_path: Path) -> None:
    pipe = never_ending(tmp_path)
    parser.parse(note)
    [child] = children()
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(parser.parse, pipe)
        time.sleep(0.2)
        child.send_signal(signal.SIGSEGV)
        with pytest.raises(DocumentRefused) as caught:
            waiting.result(60)
    assert caught.value.reason == "malformed"
    assert parser.parse(note).blocks


def test_text_beyond_the_limit_never_reaches_the_parent(tmp_path: Path, note: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("word " * 300, encoding="utf-8")
    with DocumentParser(Parsing(characters=1000)) as parser:
        assert refusal(parser, path).reason == "too_large"
        path.write_text("w\n\n" * 101, encoding="utf-8")
        assert parser.parse(note).blocks
    with DocumentParser(Parsing(blocks=100)) as parser:
        assert refusal(parser, path).reason == "too_large"


def test_a_process_that_does_not_start_is_a_matter_of_configuration(
    note: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_COMMAND", ("/bin/false",))
    with DocumentParser(Parsing()) as parser, pytest.raises(ConfigurationError, match="memory_mb"):
        parser.parse(note)


def test_closing_ends_what_is_being_read(tmp_path: Path) -> None:
    parser = DocumentParser(Parsing(), workers=1)
    pipe = never_ending(tmp_path)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(parser.parse, pipe)
        while not children():
            time.sleep(0.05)
        closing = threading.Timer(0.3, parser.close)
        closing.start()
        with pytest.raises(DocumentRefused):
            waiting.result(60)
        closing.join(60)
    assert children() == []


def test_children_see_no_secrets_of_the_environment(
    parser: DocumentParser, note: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    parser.parse(note)
    assert "sk-secret" not in str(children()[0].environ())
