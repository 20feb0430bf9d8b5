"""Vectors kept on disk between runs of a benchmark."""

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from app.embeddings.base import Embedder, Vectors
from app.embeddings.wrapping import WrappingEmbedder

_BATCH = 64
Progress = Callable[[int, int, str], None]


class RememberedEmbedder(WrappingEmbedder):
    """An `Embedder` that asks `inner` only for texts it has never seen, in any run. One file per model digest."""

    def __init__(self, inner: Embedder, folder: Path) -> None:
        super().__init__(inner)
        folder.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(folder / f"embeddings-{inner.digest[:16]}.db", check_same_thread=False)
        self._file.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")

    def embed(self, texts: Sequence[str]) -> Vectors:
        """`(len(texts), dimension)` float32 unit vectors."""
        self.remember(texts)
        rows = [self._known(_key(text)) for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(texts), self.dimension)

    def remember(self, texts: Sequence[str], progress: Progress | None = None, label: str = "") -> None:
        """Embed what is new, similar lengths together, and keep it as it comes."""
        missing = sorted((text for text in set(texts) if self._known(_key(text)) is None), key=len)
        for begin in range(0, len(missing), _BATCH):
            batch = missing[begin : begin + _BATCH]
            values = zip(map(_key, batch), (row.tobytes() for row in self._inner.embed(batch)), strict=True)
            self._file.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", values)
            self._file.commit()
            if progress:
                progress(begin + len(batch), len(missing), label)

    def _known(self, key: bytes) -> Vectors | None:
        row = self._file.execute("SELECT vector FROM vectors WHERE key = ?", (key,)).fetchone()
        return None if row is None else np.frombuffer(row[0], dtype=np.float32)


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()
