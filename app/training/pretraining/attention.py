"""Causal attention for short rows on a processor.

For rows of some hundred tokens, whole score matrices in bfloat16 are three to five times as fast, forward and backward,
as the fused kernel, which is made for long rows. Rows are padded on the right, so the causal mask is all they need.
"""

import math
from functools import lru_cache
from typing import Any

import torch
from torch import nn
from transformers import AttentionInterface

SHORT_CAUSAL = "short_causal"
_HIDDEN = -1e4


def short_causal(
    module: nn.Module,  # noqa: ARG001 - part of the interface
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    *_: Any,  # noqa: ANN401
    scaling: float | None = None,
    **__: Any,  # noqa: ANN401
) -> tuple[torch.Tensor, None]:
    """Attention of `query` [rows, heads, length, size] on `key`, `value` [rows, shared heads, length, size].

    Returns [rows, length, heads, size]. Heads that share a key are stacked, so nothing is copied for them.
    """
    rows, heads, length, size = query.shape
    shared = key.shape[1]
    stacked = query.reshape(rows * shared, heads // shared * length, size)
    mask = _mask(length, heads // shared, query.dtype)
    keys = key.reshape(rows * shared, length, size).transpose(1, 2)
    scores = torch.baddbmm(mask, stacked, keys, alpha=scaling or 1 / math.sqrt(size))
    mixed = torch.bmm(torch.softmax(scores, -1), value.reshape(rows * shared, length, size))
    return mixed.reshape(rows, heads, length, size).transpose(1, 2).contiguous(), None


def register() -> str:
    """Make the attention known to the model library; returns its name there."""
    AttentionInterface.register(SHORT_CAUSAL, short_causal)
    return SHORT_CAUSAL


@lru_cache(maxsize=64)
def _mask(length: int, times: int, dtype: torch.dtype) -> torch.Tensor:
    return torch.full((length, length), _HIDDEN, dtype=dtype).triu(1).repeat(times, 1)
