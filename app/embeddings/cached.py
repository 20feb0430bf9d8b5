"""A bounded memory of the vectors of recent short texts, such as search queries."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from app.embeddings.base import Embedder, Vectors
from app.embeddings.wrapping import WrappingEmbedder


class CachedEmbedder(WrappingEmbedder):
    """An `Embedder` that asks `inner` only for texts it has not seen lately.

    A vector depends on nothing but its text and the model, so sharing it between callers reveals and mixes nothing.
    Meant for queries: wrap it around the embedder that searches, not around the one that ingests.
    """

    def __init__(self, inner: Embedder, capacity: int = 2048) -> None:
        super().__init__(inner)
        self._capacity = capacity
        self._vectors: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """`(len(texts), dimension)` float32 unit vectors; each unknown text is computed once per call."""
        known = self._recall(texts)
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            fresh = dict(zip(missing, self._inner.embed(missing), strict=True))
            self._remember(fresh)
            known |= fresh
        return np.stack([known[text] for text in texts]) if texts else self._inner.embed([])

    def _recall(self, texts: Sequence[str]) -> dict[str, Vectors]:
        with self._lock:
            for text in texts:
                if text in self._vectors:
                    self._vectors.move_to_end(text)
            return {text: self._vectors[text] for text in texts if text in self._vectors}

    def _remember(self, vectors: dict[str, Vectors]) -> None:
        with self._lock:
            # Copies, so that a cached row does not keep the whole batch it was computed with alive.
            self._vectors.update((text, row.copy()) for text, row in vectors.items())
            while len(self._vectors) > self._capacity:
                self._vectors.popitem(last=False)
