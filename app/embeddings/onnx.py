"""Embeddings by onnxruntime, on the CPU, with int8 weights: no torch in the process."""

import hashlib
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app.embeddings.base import Vectors
from app.embeddings.onnx_export import exported_graph, pooling_of
from app.embeddings.resolve import ModelFiles, load_tokenizer
from app.errors import ConfigurationError

_BATCH = 8
# Tokens of padding that take as long as another pass.
_PASS = 8
_MAX_THREADS = 8
# Numbers of tokens in a batch up to which waking a second thread takes longer than what it would do.
_FEW_TOKENS = 128


class OnnxEmbedder:
    """An `Embedder` over the int8 export of a sentence-transformers model of BERT shape.

    A text's vector does not depend on the texts it is embedded with. `ConfigurationError` naming EMBEDDING_BACKEND is
    raised at construction when the model has no export and none can be made.
    """

    def __init__(self, model: str, files: ModelFiles, cache_dir: Path) -> None:
        self._name = model
        self._files = files
        self._graph, export = exported_graph(model, files, cache_dir)
        self._digest = hashlib.sha256(f"{files.digest}\0onnx\0{export.sha256}".encode()).hexdigest()
        self._tokenizer = load_tokenizer(files)
        self._session: OnnxSession | None = None
        self._loading = threading.Lock()

    @property
    def name(self) -> str:
        return self._name

    @property
    def digest(self) -> str:
        return self._digest

    @property
    def dimension(self) -> int:
        return self._files.dimension

    @property
    def max_tokens(self) -> int:
        return self._files.max_tokens

    def warm_up(self) -> None:
        """Load the model and run it once. Raises `ConfigurationError` if that fails."""
        self.embed(["warm up"])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens per text, special tokens included, without truncation."""
        return [len(encoding.ids) for encoding in self._tokenizer.encode_batch_fast(list(texts))]

    def embed(self, texts: Sequence[str]) -> Vectors:
        """`(len(texts), dimension)` float32 unit vectors; longer inputs are cut at `max_tokens`."""
        with self._loading:
            if self._session is None:
                self._session = OnnxSession(self._graph, self._files, pooling_of(self._files.directory))
        return self._session.embed(texts)


class OnnxSession:
    """A loaded graph with its tokenizer. Threads may share it.

    Queries run on the thread that asks; batches of longer texts on several, for which the graph is loaded once more
    when the first one comes. Both give the same vectors.
    """

    def __init__(self, graph: Path, files: ModelFiles, pooling: str) -> None:
        self._dimension = files.dimension
        self._pooling = pooling
        self._tokenizer = load_tokenizer(files)
        self._tokenizer.enable_truncation(files.max_tokens)
        self._graph = graph
        self._single = _open_session(graph, threads=1)
        self._parallel: Any = None
        self._opening = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Vectors:
        result = np.zeros((len(texts), self._dimension), dtype=np.float32)
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts))]
        for rows in _batches([len(ids) for ids in tokens]):
            result[rows] = self._forward([tokens[row] for row in rows])
        result /= np.maximum(np.linalg.norm(result, axis=1, keepdims=True), 1e-12)
        return result

    def _forward(self, batch: list[list[int]]) -> Vectors:
        shape = len(batch), max(len(ids) for ids in batch)
        ids, mask = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        [hidden] = self._session(ids.size).run(None, {"input_ids": ids, "attention_mask": mask})
        if self._pooling == "cls":
            first: Vectors = hidden[:, 0]
            return first
        weights = mask[:, :, None].astype(np.float32)
        mean: Vectors = (hidden * weights).sum(axis=1) / weights.sum(axis=1)
        return mean

    def _session(self, tokens: int) -> Any:  # noqa: ANN401 - untyped third-party session; it never leaves this file
        threads = _threads()
        if tokens <= _FEW_TOKENS or threads == 1:
            return self._single
        with self._opening:
            if self._parallel is None:
                self._parallel = _open_session(self._graph, threads)
        return self._parallel


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """The places of `lengths`, shortest first. A batch ends where padding it to the next length outlasts a pass."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) == _BATCH or len(batch) * (lengths[place] - lengths[batch[-1]]) > _PASS):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _open_session(graph: Path, threads: int) -> Any:  # noqa: ANN401
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Waiting threads sleep: they share the processor with everything else the service does.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except (RuntimeError, ValueError) as error:
        raise ConfigurationError(f"EMBEDDING_BACKEND: {graph} cannot be loaded: {error}") from error


def _threads() -> int:
    """As many as there are processors, within reason. OMP_NUM_THREADS limits this runtime too, as it does torch."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    limit = int(given) if given.isdigit() and int(given) else _MAX_THREADS
    return min(len(os.sched_getaffinity(0)), _MAX_THREADS, limit)
