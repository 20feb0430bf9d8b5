"""The `rag` generator: a chat model that sees the evidence."""

from app.errors import ModelUnavailable
from app.followups.generators.base import GenerationInput
from app.followups.generators.cleaning import clean_message
from app.followups.prompts.builder import PromptBuilder
from app.followups.prompts.masking import restore
from app.followups.types import Draft, GeneratorName
from app.language_models.base import TextModel


class RagGenerator:
    """Asks `model` with the prompts of `builder`; its drafts are untrusted like any other."""

    def __init__(self, model: TextModel, builder: PromptBuilder) -> None:
        self._model = model
        self._builder = builder

    @property
    def name(self) -> str:
        return GeneratorName.RAG.value

    @property
    def can_repair(self) -> bool:
        return True

    @property
    def fingerprint(self) -> str:
        return f"{self._model.digest}:{self._builder.version}"

    async def generate(self, task: GenerationInput) -> Draft:
        """One draft with the lead's data put back. Raises `ModelUnavailable` if the model fails or writes nothing."""
        prompt = self._builder.build(task)
        answer = await self._model.complete(prompt, task.options, task.timeout_seconds)
        text = restore(clean_message(answer.text, truncated=answer.truncated), prompt.placeholders)
        if not text:
            raise ModelUnavailable("The chat model wrote no message.", [{"reason": "unusable_answer"}])
        return Draft(
            text=text,
            generator=self.name,
            model=self._model.name,
            model_digest=self._model.digest,
            prompt_version=prompt.version,
            prompt_tokens=answer.prompt_tokens,
            completion_tokens=answer.completion_tokens,
        )
