"""Examples as tokens, sorted by length into batches with little padding, in an order that a number can resume."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

import torch
from transformers import PreTrainedTokenizerFast

from app.training.corpus.examples import Corpus, Example
from app.training.pretraining.plan import PretrainingPlan
from app.training.pretraining.tokenizer import END, MESSAGE


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids of prompt, message label, target and end. The loss counts from `start`, the target's first token."""

    ids: tuple[int, ...]
    start: int


@dataclass(frozen=True, slots=True)
class Batch:
    """`inputs` is [rows, length], padded on the right, which causal attention never looks at.

    `positions` are the places, in the flattened inputs, whose next token is in `targets`; both are [n].
    """

    inputs: torch.Tensor
    positions: torch.Tensor
    targets: torch.Tensor

    @property
    def tokens(self) -> int:
        return self.inputs.numel()


def encode(tokenizer: PreTrainedTokenizerFast, examples: Sequence[Example]) -> list[Encoded]:
    """All examples at once."""
    prompts = tokenizer([example.prompt + MESSAGE for example in examples])["input_ids"]
    targets = tokenizer([example.target + END for example in examples])["input_ids"]
    return [Encoded((*prompt, *target), len(prompt)) for prompt, target in zip(prompts, targets, strict=True)]


def collate(rows: Sequence[Encoded], pad: int) -> Batch:
    length = max(len(row.ids) for row in rows) - 1
    inputs = torch.full((len(rows), length), pad)
    positions: list[int] = []
    targets: list[int] = []
    for number, row in enumerate(rows):
        inputs[number, : len(row.ids) - 1] = torch.tensor(row.ids[:-1])
        positions += range(number * length + row.start - 1, number * length + len(row.ids) - 1)
        targets += row.ids[row.start :]
    return Batch(inputs, torch.tensor(positions), torch.tensor(targets))


def pool_batches(corpus: Corpus, tokenizer: PreTrainedTokenizerFast, plan: PretrainingPlan, pool: int) -> list[Batch]:
    """The batches of pool number `pool`: `plan.pool` consecutive examples, in an order drawn from seed and number.

    Examples longer than `plan.longest` tokens are left out.
    """
    first = pool * plan.pool
    encoded = encode(tokenizer, [corpus.example(first + offset) for offset in range(plan.pool)])
    rows = sorted((row for row in encoded if len(row.ids) <= plan.longest), key=lambda row: len(row.ids))
    groups: list[list[Encoded]] = [[]]
    for row in rows:
        if groups[-1] and len(row.ids) * (len(groups[-1]) + 1) > plan.micro_tokens:
            groups.append([])
        groups[-1].append(row)
    Random(f"{plan.seed}:pool:{pool}").shuffle(groups)
    return [collate(group, tokenizer.pad_token_id) for group in groups if group]


def batches(
    corpus: Corpus, tokenizer: PreTrainedTokenizerFast, plan: PretrainingPlan, start: tuple[int, int] = (0, 0)
) -> Iterator[tuple[Batch, tuple[int, int]]]:
    """Batches from place `start` (pool, batch within it) on, each with the place of the batch after it."""
    pool, skipped = start
    while True:
        found = pool_batches(corpus, tokenizer, plan, pool)
        for number, batch in enumerate(found[skipped:], start=skipped + 1):
            yield batch, (pool, number)
        pool, skipped = pool + 1, 0
