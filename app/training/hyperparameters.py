"""What a training run is asked to do."""

import math
from dataclasses import asdict, dataclass
from typing import Any

from app.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """`batch_size` is the number of examples a weight update is made from, whatever fits into memory at once.

    `rank` and `alpha` are LoRA's (Hu et al. 2021); the update is scaled by alpha / rank. `warmup` is a share of all
    steps, `validation_share` the share of leads whose examples only decide when to stop. Training stops early when
    `patience` evaluations in a row did not lower the validation loss (0: never).
    """

    epochs: float = 3
    batch_size: int = 16
    learning_rate: float = 2e-4
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.05
    warmup: float = 0.05
    weight_decay: float = 0.01
    patience: int = 3
    evaluations_per_epoch: int = 2
    validation_share: float = 0.1
    seed: int = 0
    max_tokens: int = 0

    def __post_init__(self) -> None:
        """Raises `InvalidInput` naming the value that is out of range."""
        limits: dict[str, tuple[float, float]] = {
            "epochs": (0.01, 1000),
            "batch_size": (1, 4096),
            "learning_rate": (1e-8, 1),
            "rank": (1, 512),
            "alpha": (1, 4096),
            "dropout": (0, 0.9),
            "warmup": (0, 0.5),
            "weight_decay": (0, 1),
            "patience": (0, 1000),
            "evaluations_per_epoch": (1, 100),
            "validation_share": (0.01, 0.5),
            "seed": (0, 2**32 - 1),
            "max_tokens": (0, 10**7),
        }
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if not (math.isfinite(value) and low <= value <= high):
                raise InvalidInput(f"--{name}: {value} is out of range; use {low:g} to {high:g}.")

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
