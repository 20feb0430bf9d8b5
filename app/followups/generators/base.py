"""The seam for generators."""

from dataclasses import dataclass
from typing import Protocol

from app.followups.types import Draft, Evidence, GenerationOptions, LeadContext, Prompt, Strategy, Violation


@dataclass(frozen=True, slots=True)
class GenerationInput:
    """All that a generator may read. `repair_of` and `violations` are set for the one repair round."""

    lead: LeadContext
    strategy: Strategy
    evidence: Evidence
    options: GenerationOptions
    word_limit: int
    timeout_seconds: float
    repair_of: str | None = None
    violations: tuple[Violation, ...] = ()


class PromptSource(Protocol):
    """Writes the prompt of one generator, in the profile of its model."""

    @property
    def version(self) -> str: ...

    @property
    def can_repair(self) -> bool:
        """True if it has a prompt that shows a model its draft and what is wrong with it."""
        ...

    def build(self, task: GenerationInput) -> Prompt:
        """Raises `LeadOptedOut` for a lead who must not be written to."""
        ...


class Generator(Protocol):
    """Writes one draft. Drafts are untrusted: grounding and validation judge them afterwards."""

    @property
    def name(self) -> str: ...

    @property
    def can_repair(self) -> bool:
        """True if a second call with `violations` can give another text."""
        ...

    @property
    def fingerprint(self) -> str:
        """Model, adapter and prompt digests in one string; part of the response cache key."""
        ...

    async def generate(self, task: GenerationInput) -> Draft:
        """Raises `ModelUnavailable` when the model fails, `AdapterUnavailable` when there is none."""
        ...


class AdaptedGenerator(Generator, Protocol):
    """A generator that needs an adapter, which may be missing."""

    @property
    def available(self) -> bool: ...
