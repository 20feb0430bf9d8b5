"""Chooses what runs the embedding model."""

from pathlib import Path

from app.config_files import RagModels
from app.embeddings.base import Embedder
from app.embeddings.onnx import OnnxEmbedder
from app.embeddings.resolve import locate_model, read_model_files
from app.embeddings.sentence_transformer import SentenceTransformerEmbedder
from app.errors import ConfigurationError
from app.observability import get_logger

_log = get_logger("embeddings")


def build_embedder(models: RagModels, cache_dir: Path, token: str | None = None) -> Embedder:
    """The configured embedder. The first time, ONNX exports the model, which takes about ten seconds.

    `auto` takes ONNX, or torch for models that cannot be exported. Raises `ConfigurationError` naming the setting.
    """
    model = models.embedding_model
    if models.embedding_backend != "torch":
        files = read_model_files(model, locate_model(model, cache_dir, token))
        try:
            return OnnxEmbedder(model, files, cache_dir)
        except ConfigurationError as error:
            if models.embedding_backend == "onnx":
                raise
            _log.warning("embedding_runs_on_torch", reason=error.message)
    return SentenceTransformerEmbedder(model, cache_dir, token)
