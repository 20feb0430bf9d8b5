"""One text to be written by the local model, and the bounded queue in which it waits."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from app.errors import ModelUnavailable
from app.language_models.base import Completion, DecodingRules


@dataclass(frozen=True, slots=True)
class PromptRow:
    """One prompt in tokens, and the adapter (`row_adapters.BASE` for none) that reads it."""

    tokens: tuple[int, ...]
    adapter: str


@dataclass(frozen=True, eq=False)
class Job:
    """One text. Two rows are fused: the first is the evidence's with the share `weight`, the second the voice's.

    Cancelling `done` stops the text at the next token.
    """

    rows: tuple[PromptRow, ...]
    temperature: float
    max_tokens: int
    seed: int
    weight: float = 1.0
    rules: DecodingRules | None = None
    done: Future[Completion] = field(default_factory=Future)

    @property
    def width(self) -> int:
        """Tokens of the longest prompt."""
        return max(len(row.tokens) for row in self.rows)


class JobQueue:
    """First come, first served; full at `limit` waiting jobs. Safe between threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: deque[Job] = deque()
        self._tasks: list[Callable[[], None]] = []
        self._changed = threading.Condition()
        self._closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, job: Job) -> None:
        """Raises `ModelUnavailable` when the queue is full or closed."""
        with self._changed:
            if self._closed:
                raise ModelUnavailable("The local model is shutting down.", [{"reason": "closed"}])
            if len(self._waiting) >= self._limit:
                self._waiting = deque(waiting for waiting in self._waiting if not waiting.done.cancelled())
            if len(self._waiting) >= self._limit:
                raise ModelUnavailable(
                    f"The local model already has {self._limit} messages waiting; try again in a moment.",
                    [{"reason": "queue_full"}],
                )
            self._waiting.append(job)
            self._changed.notify()

    def put_task(self, task: Callable[[], None]) -> None:
        """Have `task` run by the thread that takes the jobs, before the next ones. Raises `ModelUnavailable`."""
        with self._changed:
            if self._closed:
                raise ModelUnavailable("The local model is shutting down.", [{"reason": "closed"}])
            self._tasks.append(task)
            self._changed.notify()

    def tasks(self) -> list[Callable[[], None]]:
        """The tasks that were put since the last call."""
        with self._changed:
            taken, self._tasks = self._tasks, []
            return taken

    def take(self, rows: int, wait: bool, window_seconds: float) -> list[Job]:
        """Jobs for up to `rows` rows, oldest first, without those that nobody waits for any more.

        With `wait`, blocks until there is one, a task or the end, and then up to `window_seconds` for more jobs.
        """
        with self._changed:
            if wait:
                self._changed.wait_for(lambda: self._waiting or self._tasks or self._closed)
                self._changed.wait_for(
                    lambda: self._rows_waiting() >= rows or self._tasks or self._closed, window_seconds
                )
            return self._pop(rows)

    def close(self) -> None:
        """Take no more jobs and fail those that wait."""
        with self._changed:
            self._closed = True
            waiting, self._waiting = list(self._waiting), deque()
            self._changed.notify_all()
        for job in waiting:
            if job.done.set_running_or_notify_cancel():
                job.done.set_exception(ModelUnavailable("The local model was shut down.", [{"reason": "closed"}]))

    @property
    def closed(self) -> bool:
        return self._closed

    def _rows_waiting(self) -> int:
        return sum(len(job.rows) for job in self._waiting)

    def _pop(self, rows: int) -> list[Job]:
        taken: list[Job] = []
        while self._waiting and (self._waiting[0].done.cancelled() or len(self._waiting[0].rows) <= rows):
            job = self._waiting.popleft()
            if not job.done.cancelled():
                taken.append(job)
                rows -= len(job.rows)
        return taken
