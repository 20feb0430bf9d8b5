"""The prompt of a training example: made by the code that makes the prompt of a request."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from app.config_files import ScoringConfig, ValidationConfig
from app.followups.generators.base import GenerationInput
from app.followups.lead_context import lead_facts
from app.followups.prompts.builder import PromptBuilder
from app.followups.prompts.compact import CompactPromptBuilder
from app.followups.prompts.masking import PRODUCT, mask
from app.followups.strategy import choose_strategy
from app.followups.types import Evidence, GenerationOptions, GeneratorName, Prompt
from app.training.examples import Example


class Builder(Protocol):
    @property
    def version(self) -> str: ...

    def build(self, task: GenerationInput) -> Prompt: ...


@dataclass(frozen=True, slots=True)
class Exchange:
    """A prompt and the answer to learn, both with the placeholders that a model sees in use."""

    prompt: Prompt
    answer: str


class ExampleRenderer:
    """Renders examples with `builder`, for a generator that sees the lead's record and no documents.

    `as_of` is the day on which records are read.
    """

    def __init__(self, builder: Builder, scoring: ScoringConfig, rules: ValidationConfig, as_of: date) -> None:
        self._builder = builder
        self._scoring = scoring
        self._rules = rules
        self._as_of = as_of

    @property
    def version(self) -> str:
        return self._builder.version

    def task(self, example: Example) -> GenerationInput:
        """The example as a generator gets it, with stand-ins for personal data."""
        lead = example.context()
        return GenerationInput(
            lead=lead,
            strategy=choose_strategy(lead, self._scoring, self._as_of),
            evidence=Evidence(knowledge=(), lead=lead_facts(lead), knowledge_version=0),
            options=GenerationOptions(),
            word_limit=self._rules.word_limit,
            timeout_seconds=60,
        )

    def prompt(self, example: Example) -> Prompt:
        return self._builder.build(self.task(example))

    def exchange(self, example: Example) -> Exchange:
        task = self.task(example)
        prompt = self._builder.build(task)
        # The answer hides what the prompt hides: profiles differ in whether they mask the product.
        hider = mask(task.lead, ours=PRODUCT in dict(prompt.placeholders))
        return Exchange(prompt, hider.hide(example.answer))


def voice_builder(profile: str, rules: ValidationConfig) -> Builder:
    """The builder that a local model's `finetuned` generator uses under `profile`."""
    if profile == "compact":
        return CompactPromptBuilder(rules, GeneratorName.FINETUNED)
    return PromptBuilder(rules, profile=profile)
