"""Queries that arrive while others are being embedded are embedded together."""

import asyncio
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from app.embeddings.base import Embedder, Vectors

# So that nobody waits long for others: about 40 ms of short queries on one core.
_MOST_TEXTS = 16


@dataclass(frozen=True, slots=True, eq=False)
class _Call:
    texts: list[str]
    answer: "Future[Vectors]" = field(default_factory=Future)


class BatchingQueue:
    """Embeds on a thread of its own, one batch after the other. Coroutines of any event loop may share it.

    Nothing waits for company: an idle queue embeds a call at once, a busy one takes what has come meanwhile. A call
    that is cancelled, or that fails, changes nothing for the others of its batch.
    """

    def __init__(self, embedder: Embedder, most_texts: int = _MOST_TEXTS) -> None:
        self._embedder = embedder
        self._most_texts = most_texts
        self._waiting: deque[_Call] = deque()
        self._lock = threading.Lock()
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="query-embedding")

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """`(len(texts), dimension)` float32 unit vectors. A batch has `most_texts` texts, or those of one call."""
        call = _Call(list(texts))
        with self._lock:
            self._waiting.append(call)
        # One run for each call: a run that finds nothing left to do ends at once.
        self._executor.submit(self._run)
        return await asyncio.wrap_future(call.answer)

    def close(self) -> None:
        """Cancel what waits and stop the thread. The object cannot be used again."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            for call in self._waiting:
                call.answer.cancel()
            self._waiting.clear()

    def _run(self) -> None:
        calls = [call for call in self._next() if call.answer.set_running_or_notify_cancel()]
        if calls:
            self._answer(calls)

    def _next(self) -> list[_Call]:
        """The calls that waited longest, as many as a batch holds."""
        taken: list[_Call] = []
        with self._lock:
            room = self._most_texts
            while self._waiting and (not taken or len(self._waiting[0].texts) <= room):
                taken.append(self._waiting.popleft())
                room -= len(taken[-1].texts)
        return taken

    def _answer(self, calls: Sequence[_Call]) -> None:
        try:
            rows = self._embedder.embed([text for call in calls for text in call.texts])
        except Exception as error:  # noqa: BLE001 - handed to whoever called
            if len(calls) == 1:
                calls[0].answer.set_exception(error)
                return
            for call in calls:
                self._answer([call])
            return
        at = 0
        for call in calls:
            call.answer.set_result(rows[at : at + len(call.texts)])
            at += len(call.texts)
