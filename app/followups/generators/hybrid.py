"""The `hybrid` generator: what the evidence says, in the company's own voice, fused token by token."""

from dataclasses import dataclass, replace
from time import monotonic

from app.config_files import ValidationConfig
from app.errors import AdapterUnavailable, ModelUnavailable
from app.followups.generators.base import GenerationInput, Generator, PromptSource
from app.followups.generators.model_prompt import as_asked, decoding_rules, draft_of, fitting_prompt
from app.followups.generators.voice import Voice
from app.followups.types import Draft, GeneratorName
from app.language_models.base import FusedModel


@dataclass(frozen=True, slots=True)
class FusedPrompts:
    """Where the two prompts of a fused message come from."""

    evidence: PromptSource
    voice: PromptSource

    @property
    def version(self) -> str:
        return f"{self.evidence.version}+{self.voice.version}"


class HybridGenerator:
    """Asks `model` with both prompts; while it or its adapter cannot answer, `rag` does, and the draft says so."""

    def __init__(
        self, model: FusedModel, prompts: FusedPrompts, voice: Voice, rag: Generator, rules: ValidationConfig
    ) -> None:
        self._model = model
        self._prompts = prompts
        self._voice = voice
        self._rag = rag
        self._rules = rules

    @property
    def name(self) -> str:
        return GeneratorName.HYBRID.value

    @property
    def available(self) -> bool:
        return self._voice.problem is None

    @property
    def can_repair(self) -> bool:
        """True: by a prompt that shows the model its mistakes, or by drawing anew."""
        return True

    @property
    def fingerprint(self) -> str:
        return f"{self._model.digest}:{self._model.adapter_digest}:{self._prompts.version}:{self._rag.fingerprint}"

    async def generate(self, task: GenerationInput) -> Draft:
        """Raises `ModelUnavailable` if `rag` cannot answer either."""
        started = monotonic()
        try:
            return await self._draft(task)
        except (AdapterUnavailable, ModelUnavailable):
            left = task.timeout_seconds - (monotonic() - started)
            draft = await self._rag.generate(replace(task, timeout_seconds=max(left, 0.0)))
            return replace(draft, fallback=draft.fallback or GeneratorName.RAG.value)

    async def _draft(self, task: GenerationInput) -> Draft:
        if self._voice.problem is not None:
            raise self._voice.problem
        task = as_asked(task, self._prompts.evidence)
        shown, evidence = fitting_prompt(task, self._prompts.evidence, lambda p: self._model.fits(p, task.options))
        _, voice = fitting_prompt(task, self._prompts.voice, lambda p: self._model.fits(p, task.options))
        placeholders = tuple(dict([*voice.placeholders, *evidence.placeholders]).items())
        rules = decoding_rules(shown, placeholders, self._rules)
        answer = await self._model.fuse((evidence, voice), task.options, task.timeout_seconds, rules)
        return draft_of(answer, self.name, self._model, f"{evidence.version}+{voice.version}", placeholders)
