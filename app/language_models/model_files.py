"""A causal language model's directory, checked before anything in it is loaded."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.errors import ConfigurationError

_CONTENT = ("*.safetensors", "*.json", "*.model", "*.jinja", "merges.txt", "vocab.txt")
_NOT_CONTENT = frozenset({"card.json", "trainer_state.json"})
_CAN_RUN_CODE = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".py", ".so")
_ADAPTER_CONFIG = "adapter_config.json"
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json")


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """`name` is the directory's, `digest` the hex SHA-256 of everything in it that decides texts."""

    directory: Path
    name: str
    digest: str


def locate_base_model(model: str, cache_dir: Path) -> Path | None:
    """The directory of `model`: as given, or a copy that was downloaded into `cache_dir`. None if there is neither.

    Never uses a network: a service must not start a download of gigabytes by itself.
    """
    local = Path(model).expanduser()
    if local.is_dir():
        return local.resolve()
    if local.is_absolute() or model.startswith((".", "~")) or model.count("/") > 1:
        return None
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(model, cache_dir=cache_dir, local_files_only=True))
    except (HFValidationError, LocalEntryNotFoundError, OSError):
        return None


def check_model_files(directory: Path) -> None:
    """Raises `ConfigurationError` naming what is missing, or what could run code that came with the model."""
    for path in sorted(directory.iterdir()):
        if path.suffix in _CAN_RUN_CODE:
            raise ConfigurationError(_refusal(directory, f"holds {path.name}, a format that can run code"))
    if (directory / _ADAPTER_CONFIG).exists():
        raise ConfigurationError(
            _refusal(directory, f"holds {_ADAPTER_CONFIG}, which would load the model that this adapter names")
        )
    config = read_config(directory)
    if "auto_map" in config:
        raise ConfigurationError(_refusal(directory, "asks for code of its own (auto_map in config.json)"))
    for index in directory.glob("*.index.json"):
        _check_index(directory, index.name)
    if not any(directory.glob("*.safetensors")):
        raise ConfigurationError(_refusal(directory, "holds no safetensors weights"))
    if not any((directory / name).is_file() for name in _TOKENIZERS):
        raise ConfigurationError(_refusal(directory, "holds no tokenizer"))


def read_config(directory: Path) -> dict[str, Any]:
    return _read_object(directory, "config.json")


def _read_object(directory: Path, name: str) -> dict[str, Any]:
    try:
        data = json.loads((directory / name).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigurationError(_refusal(directory, f"holds no readable {name}")) from error
    if not isinstance(data, dict):
        raise ConfigurationError(_refusal(directory, f"holds a {name} that is no object"))
    return data


def _check_index(directory: Path, name: str) -> None:
    """Weights elsewhere would be loaded without being part of the digest."""
    places = _read_object(directory, name).get("weight_map")
    files = places.values() if isinstance(places, dict) else ()
    if any(not isinstance(file, str) or Path(file).name != file for file in files):
        raise ConfigurationError(_refusal(directory, f"names weights outside of itself in {name}"))


def read_model_files(directory: Path) -> ModelFiles:
    """Reads every byte, which takes seconds for large models."""
    return ModelFiles(directory, directory.name, content_digest(directory))


def content_digest(directory: Path) -> str:
    """Hex SHA-256 over names and contents of weights, configuration and tokenizer; documentation does not count."""
    total = hashlib.sha256()
    paths = {path for pattern in _CONTENT for path in directory.glob(pattern) if path.name not in _NOT_CONTENT}
    for path in sorted(paths):
        with path.open("rb") as file:
            total.update(f"{path.name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()


def _refusal(directory: Path, problem: str) -> str:
    return f"The base model {directory.name} {problem}; give a directory in Hugging Face format with safetensors."
