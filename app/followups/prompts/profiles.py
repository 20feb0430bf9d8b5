"""The prompts of each generator, in the profile of the model that reads them."""

from dataclasses import replace
from typing import Literal

from app.config_files import ValidationConfig
from app.followups.generators.base import GenerationInput, PromptSource
from app.followups.prompts.builder import PromptBuilder
from app.followups.prompts.compact import CompactPromptBuilder
from app.followups.types import GeneratorName, Prompt

Profile = Literal["instruct", "compact"]


class RecordOnly:
    """The prompts of `source` as if no document had been found: the lead's record alone."""

    def __init__(self, source: PromptSource) -> None:
        self._source = source

    @property
    def version(self) -> str:
        return self._source.version

    @property
    def can_repair(self) -> bool:
        return self._source.can_repair

    def build(self, task: GenerationInput) -> Prompt:
        return self._source.build(replace(task, evidence=replace(task.evidence, knowledge=())))


def evidence_prompts(profile: Profile, rules: ValidationConfig) -> PromptSource:
    """Prompts that show evidence: for `rag` and one half of `hybrid`."""
    return CompactPromptBuilder(rules) if profile == "compact" else PromptBuilder(rules, profile=profile)


def voice_prompts(profile: Profile, rules: ValidationConfig) -> PromptSource:
    """Prompts that show the lead's record alone: for `finetuned`, the other half of `hybrid`, and training."""
    if profile == "compact":
        return CompactPromptBuilder(rules, GeneratorName.FINETUNED)
    return RecordOnly(PromptBuilder(rules, profile=profile))
