"""Adapters of PEFT applied row by row: each text of a batch is written with its own, or with none.

The same sums as PEFT's `adapter_names`; but which rows use which adapter is found once for each token instead of once
in every layer, which is most of what an adapter costs a small model.
"""

from collections.abc import Sequence
from typing import Any

import torch
from peft.tuners.lora import LoraLayer
from torch import Tensor
from torch.nn.functional import linear

BASE = "__base__"
"""The name of no adapter, as PEFT has it."""


class RowAdapters:
    """The adapters of the rows that are being read. Shared by all layers of one model, used by one thread."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._rows: tuple[str, ...] = ()
        self.groups: list[tuple[str, Tensor | None]] = []
        """Each adapter in use and its rows; None for all rows."""

    def assign(self, rows: Sequence[str]) -> None:
        """From here on, row `i` is read with adapter `rows[i]`."""
        if tuple(rows) == self._rows:
            return
        self._rows = tuple(rows)
        self.groups = [(name, self._index(name)) for name in dict.fromkeys(rows) if name != BASE]

    def attach(self, model: torch.nn.Module) -> None:
        """Make every LoRA layer of `model` follow these rows. Attaching again changes nothing."""
        for module in model.modules():
            if isinstance(module, LoraLayer) and not isinstance(module.forward, _RowForward):
                module.forward = _RowForward(module, self)

    def _index(self, name: str) -> Tensor | None:
        rows = [row for row, used in enumerate(self._rows) if used == name]
        return None if len(rows) == len(self._rows) else torch.tensor(rows, device=self._device)


class _RowForward:
    """What a LoRA layer computes: `base(x)`, plus `scaling * B(A(x))` in the rows of each adapter."""

    def __init__(self, layer: Any, rows: RowAdapters) -> None:  # noqa: ANN401 - PEFT builds its layer types on the fly
        self._layer = layer
        self._rows = rows

    def __call__(self, x: Tensor) -> Tensor:
        layer = self._layer
        result: Tensor = layer.base_layer(x)
        for name, rows in self._rows.groups:
            if name not in layer.lora_A:
                continue
            first, second = layer.lora_A[name].weight, layer.lora_B[name].weight
            part = (x if rows is None else x.index_select(0, rows)).to(first.dtype)
            change = linear(linear(part, first), second).mul_(layer.scaling[name]).to(result.dtype)
            result = result.add_(change) if rows is None else result.index_add_(0, rows, change)
        return result
