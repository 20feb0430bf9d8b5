"""Caching changes no vector and computes none twice."""

import threading
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.embeddings.base import Vectors
from app.embeddings.cached import CachedEmbedder


class LetterCounts:
    """An embedder whose vectors are plain to compute; remembers what it was asked."""

    name = "letters"
    digest = "d"
    dimension = 26
    max_tokens = 10

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.warm = False

    def warm_up(self) -> None:
        self.warm = True

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        rows = [[text.count(chr(97 + at)) + 1 for at in range(26)] for text in texts]
        vectors = np.array(rows, dtype=np.float32).reshape(len(texts), 26)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


def test_asks_once_for_a_repeated_text() -> None:
    inner = LetterCounts()
    cached = CachedEmbedder(inner)
    cached.embed(["a", "b", "a"])
    cached.embed(["b", "c"])
    assert inner.asked == ["a", "b", "c"]


def test_forgets_what_was_used_longest_ago() -> None:
    inner = LetterCounts()
    cached = CachedEmbedder(inner, capacity=2)
    for text in ("a", "b", "a", "c", "a", "b"):
        cached.embed([text])
    assert inner.asked == ["a", "b", "c", "b"]


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=6), max_size=8), st.integers(0, 5))
def test_vectors_are_those_of_the_model(calls: list[list[str]], capacity: int) -> None:
    cached = CachedEmbedder(LetterCounts(), capacity)
    for texts in calls:
        assert np.array_equal(cached.embed(texts), LetterCounts().embed(texts))


def test_a_caller_cannot_change_what_is_remembered() -> None:
    cached = CachedEmbedder(LetterCounts())
    cached.embed(["a"])[:] = 0
    assert cached.embed(["a"]).any()


def test_passes_everything_else_on() -> None:
    inner = LetterCounts()
    cached = CachedEmbedder(inner)
    cached.warm_up()
    assert inner.warm
    assert (cached.name, cached.digest, cached.dimension, cached.max_tokens) == ("letters", "d", 26, 10)
    assert cached.count_tokens(["ab"]) == [2]


@pytest.mark.parametrize("workers", [6])
def test_threads_share_it(workers: int) -> None:
    cached = CachedEmbedder(LetterCounts(), capacity=3)
    failures: list[str] = []

    def ask(seed: int) -> None:
        for step in range(300):
            text = "abcdefgh"[(seed * 7 + step * 3) % 8]
            if not np.array_equal(cached.embed([text]), LetterCounts().embed([text])):
                failures.append(text)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
