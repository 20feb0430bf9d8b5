"""How good a ranking is."""

import math
from collections.abc import Collection, Sequence

import numpy as np


def ndcg(ranked: Sequence[str], relevant: Collection[str], depth: int = 10) -> float:
    """Normalised discounted cumulative gain of the first `depth`, 0..1, every relevant document worth the same."""
    gains = [1 / math.log2(place + 2) for place in range(depth)]
    gained = sum(gain for gain, found in zip(gains, ranked, strict=False) if found in relevant)
    return gained / sum(gains[: min(depth, len(relevant))])


def recall(ranked: Sequence[str], relevant: Collection[str], depth: int = 100) -> float:
    """The share of the relevant documents among the first `depth`, 0..1."""
    return len(set(ranked[:depth]).intersection(relevant)) / len(relevant)


def auc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """The chance that a positive scores above a negative, ties half."""
    above = np.asarray(positive)[:, None] - np.asarray(negative)[None, :]
    return float((above > 0).mean() + (above == 0).mean() / 2)
