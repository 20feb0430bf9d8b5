"""What an embedder that wraps another one takes from it unchanged."""

from collections.abc import Sequence

from app.embeddings.base import Embedder


class WrappingEmbedder:
    """All of an `Embedder` but `embed`, asked of `inner`."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def digest(self) -> str:
        return self._inner.digest

    @property
    def dimension(self) -> int:
        return self._inner.dimension

    @property
    def max_tokens(self) -> int:
        return self._inner.max_tokens

    def warm_up(self) -> None:
        self._inner.warm_up()

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._inner.count_tokens(texts)
