"""What a model writes to held-out leads, and how these drafts do under the checks of the service."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from app.config_files import ValidationConfig
from app.errors import ModelUnavailable
from app.followups.generators.base import GenerationInput
from app.followups.generators.finetuned import FinetunedGenerator
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


class _AnyVoice:
    """With an adapter or without: whatever the model speaks with is to be measured."""

    problem = None


async def write_drafts(
    model: TextModel,
    renderer: ExampleRenderer,
    examples: Sequence[Example],
    rules: ValidationConfig,
    options: GenerationOptions,
) -> list[str]:
    """One text of the `finetuned` generator for each example, "" where it failed.

    Repeatable: the seed of a text is its place.
    """
    generator = FinetunedGenerator(model, renderer.source, _AnyVoice(), rules, allow_fallback=True)
    room = asyncio.Semaphore(_TOGETHER)

    async def write(number: int, example: Example) -> str:
        seeded = replace(options, seed=number)
        task = replace(renderer.task(example), options=seeded, timeout_seconds=_TIMEOUT_SECONDS)
        async with room:
            try:
                return (await generator.generate(task)).text
            except ModelUnavailable:
                return ""

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
