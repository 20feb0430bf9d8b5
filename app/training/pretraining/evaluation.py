"""How well a base model writes: loss on text it never saw, and what it does with evidence of companies it never saw."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from app.config_files import ValidationConfig
from app.followups.prompts.compact import OTHER
from app.followups.prompts.masking import LEAD_NAME
from app.followups.types import GeneratorName
from app.training.corpus.examples import Corpus, Example
from app.training.corpus.judging import TargetJudge
from app.training.pretraining.batches import collate, encode
from app.training.pretraining.model import loss_of
from app.training.pretraining.tokenizer import MESSAGE

_NUMERAL = re.compile(r"\d+(?:[.,]\d+)*")
_PLACEHOLDER = re.compile(r"\[[A-Z_]+\]")
_MOST_NEW_TOKENS = 220
_ROWS = 16
_LOOP_WORDS = 6


@dataclass(frozen=True, slots=True)
class Quality:
    """Shares 0..1 over messages, but `sentences_exact` over evidence sentences and `words_carried` over their words.

    `both_exact` counts messages with two evidence sentences only. `numerals_outside` counts messages with a numeral
    that stands neither in the evidence nor anywhere else in the prompt. `loss` is nats per target token.
    """

    messages: int
    loss: float
    sentences_exact: float
    words_carried: float
    one_exact: float
    both_exact: float
    name_right: float
    names_copied: float
    numerals_outside: float
    loops: float
    passed: float


def grounded(corpus: Corpus, count: int) -> list[Example]:
    """The first `count` examples of `corpus` that have evidence to carry over and a lead."""
    found = (
        example
        for example in corpus.examples()
        if example.kind == GeneratorName.RAG and any(line.role != OTHER for line in example.evidence)
    )
    return list(islice(found, count))


def held_out_loss(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, examples: Sequence[Example]) -> float:
    """Mean loss of the target tokens, in nats."""
    rows = sorted(encode(tokenizer, examples), key=lambda row: len(row.ids))
    total, count = 0.0, 0
    with torch.inference_mode():
        for first in range(0, len(rows), _ROWS):
            batch = collate(rows[first : first + _ROWS], tokenizer.pad_token_id)
            total += loss_of(model, batch, "fp32").item()
            count += batch.targets.numel()
    return total / max(count, 1)


def write_messages(
    model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, examples: Sequence[Example]
) -> list[str]:
    """The most probable message for each prompt."""
    texts: list[str] = []
    generate: Callable[..., torch.Tensor] = cast(Any, model).generate
    with torch.inference_mode():
        for first in range(0, len(examples), _ROWS):
            prompts = [example.prompt + MESSAGE for example in examples[first : first + _ROWS]]
            given = tokenizer(prompts, return_tensors="pt", padding=True)
            out = generate(
                input_ids=given["input_ids"],
                attention_mask=given["attention_mask"],
                max_new_tokens=_MOST_NEW_TOKENS,
                do_sample=False,
            )
            written = out[:, given["input_ids"].shape[1] :]
            texts += tokenizer.batch_decode(written, skip_special_tokens=True)
    return texts


def evaluate(
    model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, examples: Sequence[Example], rules: ValidationConfig
) -> tuple[Quality, list[str]]:
    """Quality on `examples` (see `grounded`), and the messages. Leaves the model in evaluation mode."""
    model.train(False)
    texts = write_messages(model, tokenizer, examples)
    return quality_of(examples, texts, rules, held_out_loss(model, tokenizer, examples)), texts


def quality_of(examples: Sequence[Example], texts: Sequence[str], rules: ValidationConfig, loss: float) -> Quality:
    """Quality of `texts` as answers to `examples`."""
    pairs = list(zip(examples, texts, strict=True))
    judge = TargetJudge(rules)
    exact = [[line in text for line in _wanted(example)] for example, text in pairs]
    return Quality(
        messages=len(pairs),
        loss=loss,
        sentences_exact=_share(found for row in exact for found in row),
        words_carried=_share(found for example, text in pairs for found in _words_found(example, text)),
        one_exact=_share(any(row) for row in exact),
        both_exact=_share(all(row) for row in exact if len(row) > 1),
        name_right=_share(text.count(LEAD_NAME) == example.target.count(LEAD_NAME) for example, text in pairs),
        names_copied=_share(_names_in(example, text) for example, text in pairs),
        numerals_outside=_share(not set(_NUMERAL.findall(text)) <= _numerals(example) for example, text in pairs),
        loops=_share(_loops(text) for _, text in pairs),
        passed=_share(not judge.judge(example, text).problems for example, text in pairs),
    )


def _wanted(example: Example) -> list[str]:
    return [line.text for line in example.evidence if line.role != OTHER]


def _words_found(example: Example, text: str) -> Iterator[bool]:
    held = set(text.split())
    return (word in held for line in _wanted(example) for word in line.split())


def _names_in(example: Example, text: str) -> bool:
    """Every placeholder of the evidence stands in the message."""
    return set(_PLACEHOLDER.findall(" ".join(_wanted(example)))) <= set(_PLACEHOLDER.findall(text))


def _numerals(example: Example) -> set[str]:
    """The numerals of the prompt, and the call lengths of the target's question."""
    return set(_NUMERAL.findall(example.prompt)) | {"10", "15", "20", "30"}


def _loops(text: str) -> bool:
    words = text.split()
    runs = [tuple(words[i : i + _LOOP_WORDS]) for i in range(len(words) - _LOOP_WORDS + 1)]
    return len(runs) != len(set(runs))


def _share(values: Iterable[bool]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else 1.0
