"""The lock against a second real process."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.errors import IndexLocked, IndexUnavailable
from app.knowledge.index_lock import IndexLock

HOLD = """
import sys
from pathlib import Path
from app.knowledge.index_lock import IndexLock
lock = IndexLock(Path(sys.argv[1]))
lock.acquire("the other process")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def owner(directory: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock of `directory`."""
    command = [sys.executable, "-c", HOLD, str(directory)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_a_second_owner_is_told_who_the_first_is(tmp_path: Path) -> None:
    lock = IndexLock(tmp_path)
    with owner(tmp_path):
        for _ in range(2):  # a failed attempt must not take the name of the owner away
            with pytest.raises(IndexLocked, match="the other process"):
                lock.acquire("us")
        assert not lock.held


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_ends_with_its_process(tmp_path: Path, end: signal.Signals) -> None:
    lock = IndexLock(tmp_path)
    with owner(tmp_path) as process:
        os.kill(process.pid, end)
        process.wait()
    lock.acquire("us")
    assert lock.held
    lock.release()


def test_is_held_until_released_and_can_be_taken_again(tmp_path: Path) -> None:
    first, second = IndexLock(tmp_path / "deep" / "folder"), IndexLock(tmp_path / "deep" / "folder")
    first.acquire("first")
    first.acquire("first")
    with pytest.raises(IndexLocked, match="first"):
        second.acquire("second")
    first.release()
    second.acquire("second")
    with pytest.raises(IndexLocked, match="second"):
        first.acquire("first")
    second.release()


def test_a_directory_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(IndexUnavailable, match="file"):
        IndexLock(tmp_path / "file" / "index").acquire("us")
