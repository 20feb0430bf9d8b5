"""The bundled model: a small Llama, its loss at the places that count, and its optimizers."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from app.training.pretraining.attention import register
from app.training.pretraining.batches import Batch
from app.training.pretraining.plan import ModelShape, PretrainingPlan


def new_model(shape: ModelShape, tokenizer: PreTrainedTokenizerFast, seed: int) -> LlamaForCausalLM:
    """A model with random weights that depend on `seed` alone."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        intermediate_size=shape.intermediate,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.key_value_heads,
        max_position_embeddings=shape.context,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    return LlamaForCausalLM(config)


def for_short_rows(model: LlamaForCausalLM) -> LlamaForCausalLM:
    """`model` with the attention for training; it can then not generate."""
    model.config._attn_implementation = register()
    return model


def loss_of(model: LlamaForCausalLM, batch: Batch, precision: str) -> torch.Tensor:
    """The sum of the losses of all target tokens. The vocabulary is only looked at where a target stands."""
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        hidden = model.model(input_ids=batch.inputs, use_cache=False).last_hidden_state
        logits = model.lm_head(hidden.flatten(0, 1)[batch.positions])
    return functional.cross_entropy(logits.float(), batch.targets, reduction="sum")


class Optimizers:
    """One or two optimizers that step together."""

    def __init__(self, model: nn.Module, plan: PretrainingPlan) -> None:
        matrices, rest = _split(model.named_parameters(), plan.optimizer == "muon")
        groups = [
            {"params": [p for p in rest if p.ndim > 1], "weight_decay": plan.weight_decay},
            {"params": [p for p in rest if p.ndim < 2], "weight_decay": 0.0},
        ]
        self._all: list[torch.optim.Optimizer] = [
            torch.optim.AdamW(groups, lr=plan.learning_rate, betas=(0.9, 0.95), fused=True)
        ]
        if matrices:
            muon = torch.optim.Muon(
                matrices, lr=plan.learning_rate, weight_decay=plan.weight_decay, adjust_lr_fn="match_rms_adamw"
            )
            self._all.append(muon)

    def step(self, rate: float) -> None:
        for optimizer in self._all:
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    def state_dict(self) -> dict[str, Any]:
        return {str(number): optimizer.state_dict() for number, optimizer in enumerate(self._all)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for number, optimizer in enumerate(self._all):
            optimizer.load_state_dict(state[str(number)])


def save_model(folder: Path, model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast) -> None:
    """Standard Hugging Face files; weights in bfloat16."""
    folder.mkdir(parents=True, exist_ok=True)
    copy = LlamaForCausalLM(LlamaConfig(**{**model.config.to_dict(), "attn_implementation": "sdpa"}))
    copy.load_state_dict(model.state_dict())
    copy.bfloat16()
    copy.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _split(named: Iterable[tuple[str, nn.Parameter]], apart: bool) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """The matrices of the layers, and everything else."""
    matrices: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    for name, parameter in named:
        (matrices if apart and parameter.ndim == 2 and "layers." in name else rest).append(parameter)
    return matrices, rest
