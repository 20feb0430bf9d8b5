"""The seam for embedding models."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into unit vectors. Constructing is cheap; `warm_up` loads the model; methods are thread-safe."""

    @property
    def name(self) -> str:
        """The configured model (package name, directory or hub id)."""
        ...

    @property
    def digest(self) -> str:
        """Hex digest of the weights and tokenizer: two models with one digest give the same vectors."""
        ...

    @property
    def dimension(self) -> int: ...

    @property
    def max_tokens(self) -> int:
        """Longest input in tokens, special tokens included."""
        ...

    def warm_up(self) -> None:
        """Load the model and run it once. Raises `ConfigurationError` naming the model if it cannot be loaded."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens per text, special tokens included, without truncation."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """`(len(texts), dimension)` float32 unit vectors; longer inputs are cut at `max_tokens`."""
        ...
