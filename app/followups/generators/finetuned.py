"""The `finetuned` generator: the company's own voice, from the lead's record alone."""

from app.config_files import ValidationConfig
from app.errors import AdapterUnavailable, ModelUnavailable
from app.followups.generators.base import GenerationInput, PromptSource
from app.followups.generators.model_prompt import as_asked, decoding_rules, draft_of, fitting_prompt
from app.followups.generators.voice import Voice
from app.followups.types import Draft, GeneratorName, Prompt
from app.language_models.base import Completion, TextModel

# It depends on this lead alone: the model is well.
_TOO_LONG = {"reason": "prompt_too_long"}


class FinetunedGenerator:
    """Asks `model`, which speaks with `voice`. What it states about us stands only if the checks find it supported.

    With `allow_fallback` a model that fails leaves the message to the safe template, else the caller is told.
    """

    def __init__(
        self, model: TextModel, source: PromptSource, voice: Voice, rules: ValidationConfig, *, allow_fallback: bool
    ) -> None:
        self._model = model
        self._source = source
        self._voice = voice
        self._rules = rules
        self._allow_fallback = allow_fallback

    @property
    def name(self) -> str:
        return GeneratorName.FINETUNED.value

    @property
    def available(self) -> bool:
        return self._voice.problem is None

    @property
    def can_repair(self) -> bool:
        """True: by a prompt that shows the model its mistakes, or by drawing anew."""
        return True

    @property
    def fingerprint(self) -> str:
        return f"{self._model.digest}:{self._model.adapter_digest}:{self._source.version}"

    async def generate(self, task: GenerationInput) -> Draft:
        """Raises `AdapterUnavailable` without a model or an adapter that answers.

        Raises `ModelUnavailable` where the safe template may answer instead: with `allow_fallback`, for a lead whose
        prompt is too long, and when the model answers but writes no message.
        """
        try:
            prompt, answer = await self._ask(task)
        except (AdapterUnavailable, ModelUnavailable) as error:
            if self._allow_fallback or error.details == [_TOO_LONG]:
                raise ModelUnavailable(error.message, error.details) from error
            raise AdapterUnavailable(error.message, error.details) from error
        return draft_of(answer, self.name, self._model, prompt.version, prompt.placeholders)

    async def _ask(self, task: GenerationInput) -> tuple[Prompt, Completion]:
        if self._voice.problem is not None:
            raise self._voice.problem
        task = as_asked(task, self._source)
        _, prompt = fitting_prompt(task, self._source, lambda prompt: self._model.fits(prompt, task.options))
        rules = decoding_rules(task, prompt.placeholders, self._rules)
        return prompt, await self._model.complete(prompt, task.options, task.timeout_seconds, rules)
