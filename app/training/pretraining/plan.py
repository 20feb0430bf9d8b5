"""Every number of a pre-training run. A run is reproduced by this and the prose it reads."""

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

from app.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class ModelShape:
    """A Llama with tied embeddings. Lengths are tokens."""

    vocabulary: int = 6144
    hidden: int = 256
    layers: int = 6
    heads: int = 4
    key_value_heads: int = 2
    intermediate: int = 688
    context: int = 1024


@dataclass(frozen=True, slots=True)
class PretrainingPlan:
    """`tokens` is the whole run, prompts and padding included; rates follow it, not the clock.

    `batch_tokens` is one step of the optimizer, `micro_tokens` what goes through the model at once. Until
    `early_tokens` a step is a single pass: to carry words over is learned in many steps rather than in large ones.
    `optimizer` is `adamw`, or `muon` for the matrices of the layers with AdamW for the rest. `precision` is `bf16` or
    `fp32`.
    """

    shape: ModelShape = ModelShape()
    seed: int = 20_260_301
    tokens: int = 40_000_000
    batch_tokens: int = 6144
    micro_tokens: int = 2048
    early_tokens: int = 6_000_000
    longest: int = 640
    pool: int = 1024
    optimizer: str = "muon"
    learning_rate: float = 1.5e-3
    final_rate: float = 0.02
    warmup_tokens: int = 200_000
    weight_decay: float = 0.05
    gradient_norm: float = 1.0
    precision: str = "bf16"
    tokenizer_examples: int = 30_000

    def __post_init__(self) -> None:
        for name in ("tokens", "batch_tokens", "micro_tokens", "longest", "pool", "tokenizer_examples"):
            if getattr(self, name) < 1:
                raise ConfigurationError(f"{name} is {getattr(self, name)}: give a number above zero.")
        if self.optimizer not in ("adamw", "muon"):
            raise ConfigurationError(f'optimizer is "{self.optimizer}": give "adamw" or "muon".')
        if self.precision not in ("bf16", "fp32"):
            raise ConfigurationError(f'precision is "{self.precision}": give "bf16" or "fp32".')

    def step_tokens(self, tokens_done: int) -> int:
        """The least number of tokens of the next step."""
        return 1 if tokens_done < self.early_tokens else self.batch_tokens

    def rate(self, tokens_done: int) -> float:
        """The learning rate after `tokens_done`: linear warm-up, then a cosine down to `final_rate` of the peak."""
        if tokens_done < self.warmup_tokens:
            return self.learning_rate * (tokens_done + self.batch_tokens) / (self.warmup_tokens + self.batch_tokens)
        share = min(1.0, (tokens_done - self.warmup_tokens) / max(1, self.tokens - self.warmup_tokens))
        return self.learning_rate * (self.final_rate + (1 - self.final_rate) * 0.5 * (1 + math.cos(math.pi * share)))

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "PretrainingPlan":
        """Raises `ConfigurationError` for a key that is none of the plan's."""
        unknown = sorted(values.keys() - {field.name for field in fields(cls)})
        if unknown:
            raise ConfigurationError(f"The plan has an unknown key: {unknown[0]}.")
        return cls(**{**values, "shape": ModelShape(**values.get("shape", {}))})
