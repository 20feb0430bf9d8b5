"""Embeddings by sentence-transformers, on the CPU in float32."""

import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.embeddings.base import Vectors
from app.embeddings.resolve import ModelFiles, load_tokenizer, locate_model, read_model_files
from app.errors import ConfigurationError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_BATCH = 16
_MAX_THREADS = 8


class SentenceTransformerEmbedder:
    """An `Embedder` over a local sentence-transformers model.

    Counting tokens and reading the digest need neither torch nor the weights in memory, so a process that embeds
    nothing starts in milliseconds. `model` is a directory, a hub id, or a name ending in `all-MiniLM-L6-v2` (served by
    an installed package). Remote code is never run and only safetensors weights are read.
    """

    def __init__(self, model: str, cache_dir: Path, token: str | None = None) -> None:
        self._name = model
        self._cache_dir = cache_dir
        self._token = token
        # One forward pass at a time: it already uses every core, and the model's own tokenizer is not thread-safe.
        self._lock = threading.Lock()
        self._model: Any = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def digest(self) -> str:
        return self._files.digest

    @property
    def dimension(self) -> int:
        return self._files.dimension

    @property
    def max_tokens(self) -> int:
        return self._files.max_tokens

    def warm_up(self) -> None:
        """Load the model and run it once. Raises `ConfigurationError` naming EMBEDDING_MODEL if that fails."""
        vectors = self.embed(["warm up"])
        if vectors.shape != (1, self.dimension):
            raise ConfigurationError(
                f"EMBEDDING_MODEL: {self._name} gives vectors of {vectors.shape[1]} numbers, but its configuration "
                f"says {self.dimension}."
            )

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens per text, special tokens included, without truncation."""
        return [len(encoding.ids) for encoding in self._tokenizer.encode_batch_fast(list(texts))]

    def embed(self, texts: Sequence[str]) -> Vectors:
        """`(len(texts), dimension)` float32 unit vectors; longer inputs are cut at `max_tokens`."""
        result = np.zeros((len(texts), self.dimension), dtype=np.float32)
        if not texts:
            return result
        # Similar lengths share a batch, so little is spent on padding.
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        with self._lock:
            model = self._loaded_model()
            for begin in range(0, len(order), _BATCH):
                rows = order[begin : begin + _BATCH]
                result[rows] = _forward(model, [texts[row] for row in rows])
        result /= np.maximum(np.linalg.norm(result, axis=1, keepdims=True), 1e-12)
        return result

    @cached_property
    def _files(self) -> ModelFiles:
        return read_model_files(self._name, locate_model(self._name, self._cache_dir, self._token))

    @cached_property
    def _tokenizer(self) -> "Tokenizer":
        return load_tokenizer(self._files)

    def _loaded_model(self) -> Any:  # noqa: ANN401 - untyped third-party model; it never leaves this file
        if self._model is None:
            self._model = _load(self._name, self._files)
        return self._model


def _load(name: str, files: ModelFiles) -> Any:  # noqa: ANN401 - untyped third-party model
    import torch
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.set_num_threads(min(torch.get_num_threads(), _MAX_THREADS))
    try:
        model = SentenceTransformer(
            str(files.directory),
            device="cpu",
            trust_remote_code=False,
            local_files_only=True,
            # Half precision is far slower than single on CPUs, so a checkpoint's stored type does not decide.
            model_kwargs={"use_safetensors": True, "dtype": torch.float32},
        )
    except (SafetensorError, OSError, ValueError, RuntimeError, LookupError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"EMBEDDING_MODEL: {name} cannot be loaded: {error}") from error
    model.max_seq_length = files.max_tokens
    return model.eval()


def _forward(model: Any, texts: list[str]) -> Vectors:  # noqa: ANN401 - untyped third-party model
    """The module called directly: same vectors as its `encode`, without the per-call overhead."""
    import torch

    with torch.inference_mode():
        output: Vectors = model(model.preprocess(texts))["sentence_embedding"].numpy()
    return output
