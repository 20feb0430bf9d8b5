"""Texts of different lengths decoded together, with rows that come and go."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.nn.functional import pad
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from app.language_models.weights import Weights

# Prompts of more different lengths are not read together: the shorter ones would mostly be padding.
_LENGTH_RATIO = 1.5
_PREFILL_TOKENS = 8192


class KvBatch:
    """The keys and values of all texts in progress, padded on the left so that they end together.

    Not thread-safe. Row numbers are places: `keep` closes the gaps that finished texts leave.
    """

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._cache: DynamicCache | None = None
        self._mask = torch.zeros((0, 0), dtype=torch.long, device=weights.device)
        self._positions = torch.zeros((0, 1), dtype=torch.long, device=weights.device)
        self._adapters: list[str] = []

    def __len__(self) -> int:
        return len(self._adapters)

    @torch.inference_mode()
    def admit(self, prompts: Sequence[Sequence[int]], adapters: Sequence[str]) -> Tensor:
        """Read `prompts` (token ids, none empty) as new last rows. Logits of their next tokens: [rows, vocabulary]."""
        lengths = [len(prompt) for prompt in prompts]
        logits: dict[int, Tensor] = {}
        order: list[int] = []
        read: list[tuple[DynamicCache, Tensor, Tensor]] = []
        for group in similar_lengths(lengths):
            ids, mask = _left_padded([prompts[place] for place in group], self._weights.device)
            positions = (mask.cumsum(-1) - 1).clamp_(min=0)
            cache = DynamicCache()
            rows = self._weights.forward(ids, mask, positions, cache, [adapters[place] for place in group])
            logits.update(zip(group, rows, strict=True))
            read.append((cache, mask, positions[:, -1:] + 1))
            order += group
        before = len(self)
        for part in read:
            self._join(*part)
        self._adapters.extend(adapters[place] for place in order)
        places = sorted(range(len(order)), key=order.__getitem__)
        self._select([*range(before), *(before + place for place in places)])
        return torch.stack([logits[place] for place in range(len(prompts))])

    @torch.inference_mode()
    def step(self, tokens: Sequence[int]) -> Tensor:
        """Add one token to every row. Logits of the tokens after them: [rows, vocabulary]."""
        if self._cache is None:
            raise ValueError("there are no rows to decode")
        ids = torch.tensor(tokens, dtype=torch.long, device=self._weights.device).unsqueeze(1)
        self._mask = torch.cat([self._mask, self._mask.new_ones((len(tokens), 1))], dim=1)
        logits = self._weights.forward(ids, self._mask, self._positions, self._cache, self._adapters)
        self._positions = self._positions + 1
        return logits

    @torch.inference_mode()
    def keep(self, rows: Sequence[int]) -> None:
        """Forget every row but `rows`, and the columns that only the others used."""
        if not rows:
            self._adapters, self._cache = [], None
            self._mask, self._positions = self._mask[:0, :0], self._positions[:0]
            return
        self._select(rows)

    def _select(self, rows: Sequence[int]) -> None:
        """Put the rows that are kept in this order."""
        if self._cache is None or list(rows) == list(range(len(self))):
            return
        self._adapters = [self._adapters[row] for row in rows]
        index = torch.tensor(rows, dtype=torch.long, device=self._weights.device)
        self._mask, self._positions = self._mask[index], self._positions[index]
        unused = int(self._mask.any(0).int().argmax())
        self._mask = self._mask[:, unused:]
        for layer in _layers(self._cache):
            keys, values = _states(layer)
            layer.keys, layer.values = keys[index, :, unused:].contiguous(), values[index, :, unused:].contiguous()

    def _join(self, cache: DynamicCache, mask: Tensor, positions: Tensor) -> None:
        if self._cache is None:
            self._cache, self._mask, self._positions = cache, mask, positions
            return
        width = max(self._mask.shape[1], mask.shape[1])
        self._mask = torch.cat([pad(part, (width - part.shape[1], 0)) for part in (self._mask, mask)])
        self._positions = torch.cat([self._positions, positions])
        for old, new in zip(_layers(self._cache), _layers(cache), strict=True):
            (keys, values), (new_keys, new_values) = _states(old), _states(new)
            old.keys, old.values = _stacked(keys, new_keys, width), _stacked(values, new_values, width)


def similar_lengths(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of prompts to read together: little padding, and a bounded number of tokens. The shortest come first."""
    group: list[int] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        length = lengths[place]
        if group and (length > _LENGTH_RATIO * lengths[group[0]] or (len(group) + 1) * length > _PREFILL_TOKENS):
            yield group
            group = []
        group.append(place)
    if group:
        yield group


def _layers(cache: DynamicCache) -> list[DynamicLayer]:
    layers = [layer for layer in cache.layers if isinstance(layer, DynamicLayer)]
    if len(layers) < len(cache.layers):
        raise TypeError("only models whose layers keep keys and values of every token can be decoded in a batch")
    return layers


def _states(layer: DynamicLayer) -> tuple[Tensor, Tensor]:
    """Keys and values of one layer, each [rows, heads, length, size]."""
    if layer.keys is None or layer.values is None:
        raise ValueError("the layer has read nothing yet")
    return layer.keys, layer.values


def _stacked(old: Tensor, new: Tensor, width: int) -> Tensor:
    """Two caches of shape [rows, heads, length, size] as one of length `width`."""
    return torch.cat([pad(part, (0, 0, width - part.shape[2], 0)) for part in (old, new)])


def _left_padded(prompts: Sequence[Sequence[int]], device: torch.device) -> tuple[Tensor, Tensor]:
    """Token ids and attention mask, each [prompts, longest]."""
    width = max(map(len, prompts))
    ids = [[0] * (width - len(prompt)) + list(prompt) for prompt in prompts]
    mask = [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts]
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)
