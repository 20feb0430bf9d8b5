"""From a prompt to a draft."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChatTurn:
    """`role` is `system`, `user` or `assistant`."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """Rendered turns plus what is needed to undo masking. `placeholders` maps placeholder -> original value."""

    turns: tuple[ChatTurn, ...]
    version: str
    placeholders: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A generator's text and everything needed to reproduce it. `text` has placeholders restored."""

    text: str
    generator: str
    model: str
    model_digest: str
    prompt_version: str
    adapter_digest: str | None = None
    fallback: str | None = None
    warnings: tuple[str, ...] = ()
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
