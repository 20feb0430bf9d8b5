"""From a prompt's turns to tokens."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import TemplateError
from transformers import AutoTokenizer

from app.errors import ConfigurationError, ModelUnavailable
from app.followups.types import ChatTurn, Prompt

# A prompt is measured before it is sent.
_REMEMBERED_PROMPTS = 64


class PromptEncoder:
    """A tokenizer, with its own chat template where it has one. Safe between threads."""

    def __init__(self, tokenizer: Any) -> None:  # noqa: ANN401 - any tokenizer of transformers
        self.tokenizer = tokenizer
        self._encoded = lru_cache(_REMEMBERED_PROMPTS)(self._encode)

    @classmethod
    def load(cls, directory: Path) -> "PromptEncoder":
        """Raises `ConfigurationError` if the tokenizer cannot be loaded."""
        try:
            tokenizer = AutoTokenizer.from_pretrained(directory, trust_remote_code=False, local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            raise ConfigurationError(
                f"The tokenizer of {directory.name} cannot be loaded ({type(error).__name__}); check its files."
            ) from error
        return cls(tokenizer)

    def encode(self, prompt: Prompt) -> tuple[int, ...]:
        """The tokens up to where the answer starts. Without a chat template, the turns' contents stand one per line.

        Raises `ModelUnavailable` for turns that the chat template cannot hold.
        """
        return self._encoded(prompt.turns)

    def _encode(self, turns: tuple[ChatTurn, ...]) -> tuple[int, ...]:
        text = self._templated(turns) if self.tokenizer.chat_template else _plain(turns)
        specials = not self.tokenizer.chat_template
        return tuple(self.tokenizer(text, add_special_tokens=specials)["input_ids"])

    def _templated(self, turns: Sequence[ChatTurn]) -> str:
        try:
            return self._apply(turns)
        except TemplateError:
            # Some templates know no system turn: its text then opens the first user turn.
            try:
                return self._apply(_without_system(turns))
            except TemplateError as error:
                raise ModelUnavailable(
                    "The base model's chat template cannot hold this prompt.", [{"reason": "configuration"}]
                ) from error

    def _apply(self, turns: Sequence[ChatTurn]) -> str:
        messages = [{"role": turn.role, "content": turn.content} for turn in turns]
        return str(self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))


def seed_of(prompts: Sequence[Prompt]) -> int:
    """A seed for callers who give none: the same prompts always give the same text."""
    digest = hashlib.sha256("\0".join(turn.content for prompt in prompts for turn in prompt.turns).encode())
    return int.from_bytes(digest.digest()[:8], "big")


def _plain(turns: Sequence[ChatTurn]) -> str:
    return "".join(f"{turn.content}\n" for turn in turns if turn.content)


def _without_system(turns: Sequence[ChatTurn]) -> list[ChatTurn]:
    system = "\n\n".join(turn.content for turn in turns if turn.role == "system")
    rest = [turn for turn in turns if turn.role != "system"]
    return [ChatTurn(rest[0].role, f"{system}\n\n{rest[0].content}"), *rest[1:]]
