"""One next-token distribution out of two: what the evidence says, and how the company speaks."""

import math
from typing import Literal

import torch
from torch import Tensor

Mixing = Literal["linear", "log_linear"]


def mix(evidence: Tensor, voice: Tensor, weight: float, mixing: Mixing) -> Tensor:
    """Log-probabilities, shape [vocabulary], of two rows of logits; `weight` (0..1) is the share of the evidence.

    `linear`: `w * p_evidence + (1 - w) * p_voice`, so either row can propose a token. `log_linear`: the normalised
    product `p_evidence^w * p_voice^(1 - w)`, so either row can veto one. Weight 1 is the evidence alone, 0 the voice.
    """
    first, second = torch.log_softmax(evidence.float(), dim=-1), torch.log_softmax(voice.float(), dim=-1)
    if weight >= 1:
        return first
    if weight <= 0:
        return second
    if mixing == "linear":
        return torch.logaddexp(first + math.log(weight), second + math.log1p(-weight))
    return torch.log_softmax(weight * first + (1 - weight) * second, dim=-1)
