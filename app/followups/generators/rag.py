"""The `rag` generator: a model that sees the evidence."""

from app.config_files import ValidationConfig
from app.followups.generators.base import GenerationInput, PromptSource
from app.followups.generators.model_prompt import as_asked, decoding_rules, draft_of, fitting_prompt
from app.followups.types import Draft, GeneratorName
from app.language_models.base import TextModel


class RagGenerator:
    """Asks `model` with the prompts of `source`; its drafts are untrusted like any other."""

    def __init__(self, model: TextModel, source: PromptSource, rules: ValidationConfig | None = None) -> None:
        self._model = model
        self._source = source
        self._rules = rules or ValidationConfig()

    @property
    def name(self) -> str:
        return GeneratorName.RAG.value

    @property
    def can_repair(self) -> bool:
        """True: by a prompt that shows the model its mistakes, or by drawing anew."""
        return True

    @property
    def fingerprint(self) -> str:
        return f"{self._model.digest}:{self._source.version}"

    async def generate(self, task: GenerationInput) -> Draft:
        """One draft with the lead's data put back. Raises `ModelUnavailable` if the model fails or writes nothing."""
        task = as_asked(task, self._source)
        shown, prompt = fitting_prompt(task, self._source, lambda prompt: self._model.fits(prompt, task.options))
        rules = decoding_rules(shown, prompt.placeholders, self._rules)
        answer = await self._model.complete(prompt, task.options, task.timeout_seconds, rules)
        return draft_of(answer, self.name, self._model, prompt.version, prompt.placeholders)
