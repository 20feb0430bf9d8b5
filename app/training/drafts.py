"""What a model writes to held-out leads, and how these drafts do under the checks of the service."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from app.config_files import ValidationConfig
from app.errors import ModelUnavailable
from app.followups.generators.base import GenerationInput
from app.followups.generators.cleaning import clean_message
from app.followups.prompts.masking import restore
from app.followups.scoring import score_followup
from app.followups.types import GenerationOptions
from app.followups.validation import validate
from app.grounding.gate import GroundingGate
from app.language_models.base import TextModel
from app.training.examples import Example
from app.training.prompting import ExampleRenderer

_TOGETHER = 16
_TIMEOUT_SECONDS = 600


@dataclass(frozen=True, slots=True)
class DraftScores:
    """Shares, 0..1, over all drafts; a draft that failed counts as one that passes nothing.

    `rules_passed` and `grounded`: drafts without a violation, and without an unsupported claim, before any repair.
    `claims_supported`: claims that are supported or exempt. `personalization`: the mean of the response field.
    """

    rules_passed: float
    grounded: float
    claims_supported: float
    personalization: float


async def write_drafts(
    model: TextModel, renderer: ExampleRenderer, examples: Sequence[Example], options: GenerationOptions
) -> list[str]:
    """One text for each example, "" where the model failed. Repeatable: the seed of each is its place."""
    room = asyncio.Semaphore(_TOGETHER)

    async def write(number: int, example: Example) -> str:
        prompt = renderer.prompt(example)
        async with room:
            try:
                answer = await model.complete(prompt, replace(options, seed=number), _TIMEOUT_SECONDS)
            except ModelUnavailable:
                return ""
        return restore(clean_message(answer.text, truncated=answer.truncated), prompt.placeholders)

    return list(await asyncio.gather(*(write(number, example) for number, example in enumerate(examples))))


def score_drafts(
    texts: Sequence[str], tasks: Sequence[GenerationInput], rules: ValidationConfig, as_of: date
) -> DraftScores:
    """Judge `texts`, written for `tasks` one by one, by the gate and the message rules."""
    gate = GroundingGate(rules)
    passed = grounded = supported = claims = 0
    personalization = 0.0
    for text, task in zip(texts, tasks, strict=True):
        report = gate.check(text, task.lead, task.evidence, as_of)
        passed += validate(text, task.lead, task.strategy, rules).passed
        grounded += report.verified and bool(text)
        claims += max(1, len(report.claims))
        supported += len(report.claims) - len(report.failures)
        scores = score_followup(text, task.lead, task.strategy, task.evidence, report, weight_rag=0.0)
        personalization += scores.personalization
    count = len(texts)
    return DraftScores(passed / count, grounded / count, supported / claims, personalization / count)
