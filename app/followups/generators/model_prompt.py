"""Before and after a model: as much evidence as its window holds, what its text must keep to, the draft it wrote."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace

from app.config_files import ValidationConfig
from app.errors import ModelUnavailable
from app.followups.generators.base import GenerationInput, PromptSource
from app.followups.generators.cleaning import clean_message
from app.followups.prompts.masking import restore
from app.followups.types import Draft, EvidenceItem, Prompt
from app.language_models.base import Completion, DecodingRules, FusedModel, TextModel

Placeholders = tuple[tuple[str, str], ...]

_SECOND_TEMPERATURE = 0.5
_PLAN = re.compile(
    r"\b(?!(?:The|Our|Your|This|That|Each|Every|Any|All|No) )([A-Z][\w-]+(?: [A-Z][\w-]+){0,3})"
    r" (?:plan|edition|tier|package)\b"
)


def fitting_prompt(
    task: GenerationInput, source: PromptSource, fits: Callable[[Prompt], bool]
) -> tuple[GenerationInput, Prompt]:
    """The prompt with all evidence that fits, and the task reduced to that evidence.

    The least relevant passage goes first, then the end of the last one; lead and rules always stay. Raises
    `ModelUnavailable` when they alone are too long.
    """
    prompt = source.build(task)
    while not fits(prompt):
        less = _less(task.evidence.knowledge)
        if less is None:
            raise ModelUnavailable(
                "The lead's record and the rules alone are too long for the model.", [{"reason": "prompt_too_long"}]
            )
        task = replace(task, evidence=replace(task.evidence, knowledge=less))
        prompt = source.build(task)
    return task, prompt


def as_asked(task: GenerationInput, source: PromptSource) -> GenerationInput:
    """`task`; or, in the repair round of a model that no prompt helps to repair, the same task drawn anew.

    The new draw is as reproducible as the first: its seed follows from the draft that failed. What was greedy is drawn
    at a moderate temperature, since it would only be the same again.
    """
    if task.repair_of is None or source.can_repair:
        return task
    digest = hashlib.sha256(f"{task.options.seed}\0{task.repair_of}".encode()).digest()
    drawn = replace(
        task.options,
        seed=int.from_bytes(digest[:4], "big"),
        temperature=task.options.temperature or _SECOND_TEMPERATURE,
    )
    return replace(task, repair_of=None, violations=(), options=drawn)


def decoding_rules(task: GenerationInput, placeholders: Placeholders, rules: ValidationConfig) -> (
    DecodingRules
):  # fmt: skip
    """Numerals and names of the evidence and the record, and the phrases that `rules` ban."""
    knowledge = task.evidence.knowledge if task.strategy.uses_product_evidence else ()
    texts = [item.text for item in (*knowledge, *task.evidence.lead)]
    lead = task.lead
    plans = [match[1] for item in knowledge for match in _PLAN.finditer(item.text)]
    ours = [name for name in (lead.product_name, lead.company_name) if name]
    return DecodingRules(
        sources=(*texts, *(name for name, _ in placeholders)),
        numerals=tuple(map(str, rules.allowed_call_minutes)),
        phrases=(*rules.banned_phrases, *rules.pressure_phrases),
        names=tuple(dict.fromkeys([*ours, *plans])),
    )


def draft_of(
    answer: Completion, generator: str, model: TextModel | FusedModel, prompt_version: str, placeholders: Placeholders
) -> Draft:
    """The draft in a model's answer, with the lead's data put back. Raises `ModelUnavailable` if it holds none."""
    text = restore(clean_message(answer.text, truncated=answer.truncated), placeholders)
    if not text:
        raise ModelUnavailable("The model wrote no message.", [{"reason": "unusable_answer"}])
    return Draft(
        text=text,
        generator=generator,
        model=model.name,
        model_digest=model.digest,
        prompt_version=prompt_version,
        adapter_digest=answer.adapter_digest,
        prompt_tokens=answer.prompt_tokens,
        completion_tokens=answer.completion_tokens,
    )


def _less(knowledge: tuple[EvidenceItem, ...]) -> tuple[EvidenceItem, ...] | None:
    """`knowledge` without its least relevant part; None if there is none."""
    if not knowledge:
        return None
    last = knowledge[-1]
    if len(knowledge) == 1 and len(last.blocks) > 1:
        return (replace(last, blocks=last.blocks[:-1]),)
    return knowledge[:-1]
