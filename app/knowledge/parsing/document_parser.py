"""A small pool of confined processes that read documents."""

import queue
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from app.config_files import Parsing
from app.errors import DocumentRefused
from app.knowledge.parsing.process import ParserProcess, ProcessEnded
from app.knowledge.types import LoadedDocument


class DocumentParser:
    """Parses documents in child processes without network, without files to write to, and with little memory and time.

    Processes start when they are first needed and are reused; one that dies is replaced. Safe to call from several
    threads: at most `workers` documents are read at once, further calls wait for their turn.
    """

    def __init__(self, limits: Parsing, workers: int = 1) -> None:
        self._seats = [_Seat(limits) for _ in range(max(workers, 1))]
        # The last one used comes first: a quiet pool keeps a single process.
        self._free: queue.LifoQueue[_Seat] = queue.LifoQueue()
        for seat in self._seats:
            self._free.put(seat)

    def parse(self, path: Path) -> LoadedDocument:
        """The blocks of the file at `path`; takes `seconds` of the limits at most, from when a process is free.

        Raises `DocumentRefused` with any of its reasons, and `ConfigurationError` if no process can be started. The
        next document is not affected by what this one did.
        """
        seat = self._free.get()
        try:
            return seat.parse(path)
        finally:
            self._free.put(seat)

    def close(self) -> None:
        """End all processes; documents that other threads are waiting for end as refused."""
        for seat in self._seats:
            seat.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class _Seat:
    """Room for one process at a time. `parse` is called by one thread at a time, `close` by any."""

    def __init__(self, limits: Parsing) -> None:
        self._limits = limits
        self._process: ParserProcess | None = None
        self._in_use = threading.Lock()
        self._closed = False

    def parse(self, path: Path) -> LoadedDocument:
        began = time.monotonic()
        with self._in_use:
            try:
                return self._ask(path, self._limits.seconds)
            except ProcessEnded as end:
                if not end.by_chance or self._closed:
                    raise end.refusal from end
            try:
                # The process had retired, or was killed from outside: this says nothing about the document yet.
                return self._ask(path, self._limits.seconds - (time.monotonic() - began))
            except ProcessEnded as end:
                raise end.refusal from end

    def _ask(self, path: Path, seconds: float) -> LoadedDocument:
        self._process = self._process or ParserProcess(self._limits)
        if self._closed:  # asked last: `close` may have come while the process was starting
            raise DocumentRefused("malformed", "Reading was stopped before the file was read; ingest it again.")
        try:
            return self._process.ask(path, seconds)
        except ProcessEnded:
            self._process.close()
            self._process = None
            raise

    def close(self) -> None:
        self._closed = True
        if (process := self._process) is not None:
            process.kill()
        with self._in_use:
            if self._process is not None:
                self._process.close()
            self._process = None
