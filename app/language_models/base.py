"""The seam for text models."""

from dataclasses import dataclass
from typing import Protocol

from app.followups.types import GenerationOptions, Prompt


@dataclass(frozen=True, slots=True)
class Completion:
    """A model's answer. Token counts are None where the server does not report them.

    `truncated` is True when the model was stopped by its token limit: the last sentence may be unfinished.
    `adapter_digest` is that of the adapter it was written with, if any.
    """

    text: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    truncated: bool = False
    adapter_digest: str | None = None


@dataclass(frozen=True, slots=True)
class DecodingRules:
    """What a text must keep to while it is written. A model whose logits are out of reach leaves it to the checks.

    Numerals come from `sources` (evidence and lead record) and `numerals` alone; none of `phrases` is written; one of
    `names` that was begun is finished.
    """

    sources: tuple[str, ...] = ()
    numerals: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


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

    @property
    def adapter_digest(self) -> str | None:
        """Content digest of the adapter that the model speaks with, if any."""
        ...

    def fits(self, prompt: Prompt, options: GenerationOptions) -> bool:
        """Whether prompt and answer fit into the context window, as far as it is known."""
        ...

    async def complete(
        self,
        prompt: Prompt,
        options: GenerationOptions,
        timeout_seconds: float,
        rules: DecodingRules | None = None,
    ) -> Completion:
        """Answer `prompt` within `timeout_seconds`. Raises `ModelUnavailable` for every failure, slowness included."""
        ...


class FusedModel(Protocol):
    """Two prompts answered with one text: what the evidence says, in the voice of an adapter."""

    @property
    def name(self) -> str: ...

    @property
    def digest(self) -> str: ...

    @property
    def adapter_digest(self) -> str | None: ...

    def fits(self, prompt: Prompt, options: GenerationOptions) -> bool: ...

    async def fuse(
        self,
        prompts: tuple[Prompt, Prompt],
        options: GenerationOptions,
        timeout_seconds: float,
        rules: DecodingRules | None = None,
    ) -> Completion:
        """Answer the evidence prompt on the base weights and the voice prompt on the adapter, token by token together,
        with `options.fusion_weight_rag` as the share of the evidence. Raises `ModelUnavailable`."""
        ...
