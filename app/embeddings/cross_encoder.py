"""Scores pairs of query and passage with a cross-encoder: slower than vectors, and more exact."""

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.errors import ConfigurationError, ModelUnavailable

_BATCH = 8
_MAX_TOKENS = 384
_FILES = ("*.json", "*.txt", "*.model", "*.safetensors")


class CrossEncoderReranker:
    """A sequence classifier with one output, from a local directory or the hub.

    Only safetensors weights are read and remote code is never run. Constructing is cheap; `warm_up` loads the model.
    """

    def __init__(self, model: str, cache_dir: Path, token: str | None = None) -> None:
        self._name = model
        self._cache_dir = cache_dir
        self._token = token
        self._lock = threading.Lock()
        self._loaded: tuple[Any, Any] | None = None

    def warm_up(self) -> None:
        """Load the model and run it once. Raises `ConfigurationError` naming rerank.model if that fails."""
        self.score("warm up", ["warm up"], seconds=60)

    def score(self, query: str, texts: Sequence[str], seconds: float) -> list[float]:
        """One number per text, higher is better. Raises `ModelUnavailable` when that takes longer than `seconds`."""
        end = time.monotonic() + seconds
        scores: list[float] = []
        if not self._lock.acquire(timeout=seconds):
            raise ModelUnavailable("The reranker is busy.")
        try:
            tokenizer, model = self._model()
            for begin in range(0, len(texts), _BATCH):
                if begin and time.monotonic() > end:
                    raise ModelUnavailable("The reranker took too long.")
                scores += _forward(tokenizer, model, query, list(texts[begin : begin + _BATCH]))
        finally:
            self._lock.release()
        return scores

    def _model(self) -> tuple[Any, Any]:
        if self._loaded is None:
            self._loaded = _load(self._name, self._cache_dir, self._token)
        return self._loaded


def _load(name: str, cache_dir: Path, token: str | None) -> tuple[Any, Any]:
    import torch
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
    from safetensors import SafetensorError
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    try:
        local = Path(name).expanduser()
        folder = (
            local
            if local.is_dir()
            else Path(snapshot_download(name, cache_dir=cache_dir, token=token, allow_patterns=list(_FILES)))
        )
        safe: dict[str, Any] = {"trust_remote_code": False, "local_files_only": True}
        tokenizer = AutoTokenizer.from_pretrained(folder, **safe)
        model = AutoModelForSequenceClassification.from_pretrained(
            folder, use_safetensors=True, dtype=torch.float32, **safe
        )
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError) as error:
        raise ConfigurationError(
            f"rerank.model: {name} is neither a directory nor a model that could be fetched from the hub."
        ) from error
    except (SafetensorError, OSError, ValueError, RuntimeError, LookupError, TypeError) as error:
        raise ConfigurationError(f"rerank.model: {name} cannot be loaded: {error}") from error
    if model.config.num_labels != 1:
        raise ConfigurationError(
            f"rerank.model: {name} gives {model.config.num_labels} numbers for a pair; use a cross-encoder with one."
        )
    return tokenizer, model.eval()


def _forward(tokenizer: Any, model: Any, query: str, texts: list[str]) -> list[float]:  # noqa: ANN401 - untyped
    import torch

    limit = min(_MAX_TOKENS, tokenizer.model_max_length)
    pairs = tokenizer(
        [query] * len(texts), texts, padding=True, truncation="longest_first", max_length=limit, return_tensors="pt"
    )
    with torch.inference_mode():
        return [float(score) for score in model(**pairs).logits[:, 0]]
