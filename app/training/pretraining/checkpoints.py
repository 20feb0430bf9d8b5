"""Checkpoints that are whole or absent: written beside, then renamed."""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from app.errors import ConfigurationError

WEIGHTS, OPTIMIZER, PROGRESS = "model.safetensors", "optimizer.pt", "progress.json"
_KEPT = 2


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands. `pool` and `batch` are its place in the stream of batches; `seconds` is training time."""

    step: int = 0
    tokens: int = 0
    pool: int = 0
    batch: int = 0
    seconds: float = 0.0


def save_checkpoint(
    folder: Path, weights: Mapping[str, torch.Tensor], optimizer: Mapping[str, Any], progress: Progress
) -> Path:
    """Write `folder/checkpoint-<step>`; older checkpoints but the last are removed afterwards."""
    target = folder / f"checkpoint-{progress.step:07d}"
    beside = folder / f".writing-{progress.step:07d}"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, beside / WEIGHTS, {"format": "pt"})
    torch.save(dict(optimizer), beside / OPTIMIZER)
    (beside / PROGRESS).write_text(json.dumps(asdict(progress)), encoding="utf-8")
    for path in beside.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    shutil.rmtree(target, ignore_errors=True)
    beside.rename(target)
    for old in checkpoints(folder)[:-_KEPT]:
        shutil.rmtree(old)
    return target


def checkpoints(folder: Path) -> list[Path]:
    """All whole checkpoints below `folder`, oldest first."""
    return sorted(path for path in folder.glob("checkpoint-*") if (path / PROGRESS).is_file())


def load_weights(path: Path) -> dict[str, torch.Tensor]:
    """Weights of a checkpoint or model folder. Raises `ConfigurationError` where there are none."""
    file = path / WEIGHTS
    if not file.is_file():
        raise ConfigurationError(f"There are no weights at {file}.")
    weights: dict[str, torch.Tensor] = load_file(file)
    return weights


def load_checkpoint(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any], Progress]:
    """Weights, optimizer state and progress. Raises `ConfigurationError` where one is missing or broken."""
    try:
        progress = Progress(**json.loads((path / PROGRESS).read_text(encoding="utf-8")))
        optimizer: dict[str, Any] = torch.load(path / OPTIMIZER, weights_only=True)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise ConfigurationError(f"The checkpoint {path} cannot be read: {error}") from error
    return load_weights(path), optimizer, progress
