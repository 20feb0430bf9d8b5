"""The next token of one text, from scores over the vocabulary."""

import random

import torch
from torch import Tensor


class Sampler:
    """Greedy at temperature 0, else nucleus sampling among the `top_k` best.

    Draws from a generator of its own, one number per token: the same seed and scores give the same text, whatever is
    decoded in the same batch. In float32 the scores of a text do not depend on its company, but for roundings far below
    the distance of two tokens; in bfloat16 and float16 those roundings can choose another token.
    """

    def __init__(self, temperature: float, top_p: float, top_k: int, seed: int) -> None:
        self._temperature = temperature
        self._top_p = top_p
        self._top_k = top_k
        self._random = random.Random(seed)

    def pick(self, scores: Tensor) -> int:
        """`scores`: logits or log-probabilities, shape [vocabulary]; -inf is picked only if all of them are."""
        if self._temperature == 0:
            return int(scores.argmax())
        best, ids = torch.topk(scores.float(), min(self._top_k, scores.shape[-1]))
        shares = torch.softmax(best / self._temperature, dim=-1).tolist()
        return int(ids[self._place(shares)])

    def _place(self, shares: list[float]) -> int:
        """An index into `shares` (descending, summing to 1), among the first that reach `top_p` together."""
        kept, total = 0, 0.0
        for share in shares:
            kept, total = kept + 1, total + share
            if total >= self._top_p:
                break
        drawn = self._random.random() * total
        for place in range(kept):
            drawn -= shares[place]
            if drawn < 0:
                return place
        return 0
