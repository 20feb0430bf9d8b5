"""What is embedded together, with the real model, and what calls do to each other."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence

import numpy as np
import pytest

from app.config_files import RagModels
from app.embeddings.backends import build_embedder
from app.embeddings.base import Embedder, Vectors
from app.embeddings.batches import BatchingQueue
from tests.embeddings.models import MODELS

QUERIES = [f"what does plan {number} cost {'per month ' * (number % 5)}" for number in range(40)]


class Watched:
    """The packaged model; remembers its batches, and stops at the first one until `go` is set."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self.name, self.digest, self.dimension = inner.name, inner.digest, inner.dimension
        self.max_tokens = inner.max_tokens
        self.batches: list[list[str]] = []
        self.begun, self.go = threading.Event(), threading.Event()

    def warm_up(self) -> None:
        self._inner.warm_up()

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._inner.count_tokens(texts)

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.batches.append(list(texts))
        self.begun.set()
        assert self.go.wait(10)
        if "broken" in texts:
            raise ValueError("broken")
        return self._inner.embed(texts)


@pytest.fixture(scope="module")
def model() -> Embedder:
    return build_embedder(RagModels(), MODELS)


@pytest.fixture
def watched(model: Embedder) -> Watched:
    return Watched(model)


@pytest.fixture
async def queue(watched: Watched) -> AsyncIterator[BatchingQueue]:
    queue = BatchingQueue(watched)
    yield queue
    watched.go.set()
    queue.close()


async def begin(queue: BatchingQueue, watched: Watched, *calls: list[str]) -> list["asyncio.Task[Vectors]"]:
    """A first call that is being embedded, and `calls` that wait for it."""
    first = asyncio.create_task(queue.embed(["first"]))
    assert await asyncio.to_thread(watched.begun.wait, 10)
    tasks = [asyncio.create_task(queue.embed(call)) for call in calls]
    await asyncio.sleep(0)
    return [first, *tasks]


async def test_what_comes_meanwhile_is_embedded_together(
    queue: BatchingQueue, watched: Watched, model: Embedder
) -> None:
    tasks = await begin(queue, watched, *([query] for query in QUERIES))
    watched.go.set()
    _, *rows = await asyncio.gather(*tasks)
    assert [len(batch) for batch in watched.batches] == [1, 16, 16, 8]
    for query, row in zip(QUERIES, rows, strict=True):
        np.testing.assert_allclose(row, model.embed([query]), atol=1e-6)


async def test_an_idle_queue_embeds_at_once(queue: BatchingQueue, watched: Watched) -> None:
    watched.go.set()
    for query in QUERIES[:3]:
        assert (await queue.embed([query])).shape == (1, watched.dimension)
    assert watched.batches == [[query] for query in QUERIES[:3]]


async def test_calls_of_several_texts_stay_whole(queue: BatchingQueue, watched: Watched, model: Embedder) -> None:
    calls = [QUERIES[:10], QUERIES[10:20], QUERIES, [], QUERIES[:2]]
    tasks = await begin(queue, watched, *calls)
    watched.go.set()
    _, *rows = await asyncio.gather(*tasks)
    assert [len(batch) for batch in watched.batches] == [1, 10, 10, 40, 2]
    for call, found in zip(calls, rows, strict=True):
        np.testing.assert_allclose(found, model.embed(call), atol=1e-6)


async def test_a_cancelled_call_harms_no_other(queue: BatchingQueue, watched: Watched) -> None:
    tasks = await begin(queue, watched, ["a"], ["b"], ["c"])
    tasks[0].cancel()
    tasks[2].cancel()
    await asyncio.sleep(0)
    watched.go.set()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(result, asyncio.CancelledError) for result in done] == [True, False, True, False]
    assert watched.batches == [["first"], ["a", "c"]]


async def test_a_failing_call_fails_alone(queue: BatchingQueue, watched: Watched) -> None:
    tasks = await begin(queue, watched, ["a"], ["broken"], ["c"])
    watched.go.set()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(result, ValueError) for result in done] == [False, False, True, False]


async def test_closing_cancels_what_waits(queue: BatchingQueue, watched: Watched) -> None:
    tasks = await begin(queue, watched, ["a"])
    queue.close()
    with pytest.raises(asyncio.CancelledError):
        await tasks[1]
    watched.go.set()
    assert (await tasks[0]).shape == (1, watched.dimension)
    with pytest.raises(RuntimeError):
        await queue.embed(["late"])
