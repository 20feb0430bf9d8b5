"""The seam for text models."""

from dataclasses import dataclass
from typing import Protocol

from app.followups.types import GenerationOptions, Prompt


@dataclass(frozen=True, slots=True)
class Completion:
    """A model's answer. Token counts are None where the server does not report them.

    `truncated` is True when the model was stopped by its token limit: the last sentence may be unfinished.
    """

    text: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    truncated: bool = False


class TextModel(Protocol):
    """A chat model, local or remote. Constructing is cheap; `warm_up` and `close` belong to the lifespan."""

    @property
    def name(self) -> str: ...

    @property
    def digest(self) -> str:
        """Identifies the weights as far as they can be known: content digest locally, hash of the address remotely."""
        ...

    async def warm_up(self) -> None: ...

    async def close(self) -> None: ...

    async def complete(self, prompt: Prompt, options: GenerationOptions, timeout_seconds: float) -> Completion:
        """Answer `prompt` within `timeout_seconds`. Raises `ModelUnavailable` for every failure, slowness included."""
        ...
