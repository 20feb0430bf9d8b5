"""From exchanges to token rows in which only the answer counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jinja2 import TemplateError
from torch import Tensor

from app.followups.types import ChatTurn
from app.language_models.prompt_encoding import PromptEncoder
from app.training.prompting import Exchange

IGNORED = -100


@dataclass(frozen=True, slots=True)
class TokenRow:
    """Prompt and answer as tokens; the answer starts at `answer_start` and ends with the end token."""

    tokens: tuple[int, ...]
    answer_start: int


def encode(exchanges: Sequence[Exchange], encoder: PromptEncoder, max_tokens: int) -> list[TokenRow]:
    """One row for each exchange that fits into `max_tokens`; the others are left out, never cut."""
    rows = (_row(exchange, encoder) for exchange in exchanges)
    return [row for row in rows if len(row.tokens) <= max_tokens]


def as_features(rows: Sequence[TokenRow]) -> list[dict[str, list[int]]]:
    """Rows as a trainer takes them: labels of the prompt are ignored, so the loss is that of the answer alone."""
    return [
        {
            "input_ids": list(row.tokens),
            "labels": [IGNORED] * row.answer_start + list(row.tokens[row.answer_start :]),
        }
        for row in rows
    ]


def collate(features: Sequence[dict[str, list[int]]]) -> dict[str, Tensor]:
    """A batch of shape (rows, longest), padded on the right; padding is masked and its labels are ignored."""
    longest = max(len(feature["input_ids"]) for feature in features)

    def padded(name: str, filler: int) -> Tensor:
        return torch.tensor([f[name] + [filler] * (longest - len(f[name])) for f in features], dtype=torch.long)

    lengths = torch.tensor([len(feature["input_ids"]) for feature in features])
    mask = (torch.arange(longest)[None, :] < lengths[:, None]).long()
    return {"input_ids": padded("input_ids", 0), "attention_mask": mask, "labels": padded("labels", IGNORED)}


def _row(exchange: Exchange, encoder: PromptEncoder) -> TokenRow:
    start = encoder.encode(exchange.prompt)
    answer = encoder.tokenizer(_answer_text(exchange, encoder.tokenizer), add_special_tokens=False)["input_ids"]
    end = encoder.tokenizer.eos_token_id
    if end is not None and (not answer or answer[-1] != end):
        answer = [*answer, end]
    return TokenRow((*start, *answer), len(start))


def _answer_text(exchange: Exchange, tokenizer: Any) -> str:  # noqa: ANN401 - any tokenizer of transformers
    """The answer as the chat template closes it, so that its own end mark is learned; else the plain answer."""
    if not tokenizer.chat_template:
        return exchange.answer
    turns = [_message(turn) for turn in exchange.prompt.turns]
    closed = [*turns, {"role": "assistant", "content": exchange.answer}]
    try:
        opened = str(tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))
        whole = str(tokenizer.apply_chat_template(closed, tokenize=False))
    except TemplateError:
        return exchange.answer
    return whole[len(opened) :].rstrip() if whole.startswith(opened + exchange.answer) else exchange.answer


def _message(turn: ChatTurn) -> dict[str, str]:
    return {"role": turn.role, "content": turn.content}
