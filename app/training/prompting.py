"""The prompt of a training example: made by the code that makes the prompt of a request."""

from dataclasses import dataclass
from datetime import date

from app.config_files import ScoringConfig, ValidationConfig
from app.followups.generators.base import GenerationInput, PromptSource
from app.followups.lead_context import lead_facts
from app.followups.prompts.masking import PRODUCT, mask
from app.followups.strategy import choose_strategy
from app.followups.types import Evidence, GenerationOptions, Prompt
from app.training.examples import Example


@dataclass(frozen=True, slots=True)
class Exchange:
    """A prompt and the answer to learn, both with the placeholders that a model sees in use."""

    prompt: Prompt
    answer: str


class ExampleRenderer:
    """Renders examples with `source`, for a generator that sees the lead's record and no documents.

    `as_of` is the day on which records are read.
    """

    def __init__(self, source: PromptSource, scoring: ScoringConfig, rules: ValidationConfig, as_of: date) -> None:
        self._source = source
        self._scoring = scoring
        self._rules = rules
        self._as_of = as_of

    @property
    def source(self) -> PromptSource:
        return self._source

    @property
    def version(self) -> str:
        return self._source.version

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

    def exchange(self, example: Example) -> Exchange:
        task = self.task(example)
        prompt = self._source.build(task)
        # The answer hides what the prompt hides: profiles differ in whether they mask the product.
        hider = mask(task.lead, ours=PRODUCT in dict(prompt.placeholders))
        return Exchange(prompt, hider.hide(example.answer))
