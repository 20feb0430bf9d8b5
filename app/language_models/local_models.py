"""What generators ask: a local engine's base weights, an adapter on them, or both in one text."""

from collections.abc import Callable
from dataclasses import replace

from app.followups.types import GenerationOptions, Prompt
from app.language_models.adapters import Adapter
from app.language_models.base import Completion, DecodingRules
from app.language_models.jobs import Job, PromptRow
from app.language_models.local import LocalEngine
from app.language_models.prompt_encoding import seed_of
from app.language_models.row_adapters import BASE


class _OnEngine:
    """Texts of an engine with whatever adapter is in place when they are begun."""

    def __init__(self, engine: LocalEngine, adapter: Callable[[], Adapter | None] = lambda: None) -> None:
        self._engine = engine
        self._adapter = adapter

    @property
    def name(self) -> str:
        return self._engine.name

    @property
    def digest(self) -> str:
        return self._engine.digest

    @property
    def adapter_digest(self) -> str | None:
        adapter = self._adapter()
        return adapter.digest if adapter else None

    def fits(self, prompt: Prompt, options: GenerationOptions) -> bool:
        return len(self._engine.encode(prompt)) + options.max_tokens <= self._engine.window

    async def _write(
        self,
        prompts: tuple[Prompt, ...],
        options: GenerationOptions,
        timeout_seconds: float,
        rules: DecodingRules | None,
    ) -> Completion:
        """One text from `prompts`: the last is read with the adapter, any before it by the base weights."""
        adapter = self._adapter()
        keys = (*(BASE for _ in prompts[1:]), adapter.key if adapter else BASE)
        job = Job(
            rows=tuple(PromptRow(self._engine.encode(prompt), key) for prompt, key in zip(prompts, keys, strict=True)),
            temperature=options.temperature,
            max_tokens=options.max_tokens,
            seed=seed_of(prompts) if options.seed is None else options.seed,
            weight=options.fusion_weight_rag,
            rules=rules,
        )
        answer = await self._engine.write(job, timeout_seconds)
        return replace(answer, adapter_digest=adapter.digest if adapter else None)


class LocalModel(_OnEngine):
    """A `TextModel` on the base weights, or with an adapter."""

    async def warm_up(self) -> None:
        await self._engine.ready()

    async def close(self) -> None:
        """The engine is closed by who started it."""

    async def complete(
        self,
        prompt: Prompt,
        options: GenerationOptions,
        timeout_seconds: float,
        rules: DecodingRules | None = None,
    ) -> Completion:
        """Answer in at most `options.max_tokens` tokens. Raises `ModelUnavailable` for every failure."""
        return await self._write((prompt,), options, timeout_seconds, rules)


class LocalFusion(_OnEngine):
    """A `FusedModel`: evidence on the base weights, voice on the adapter, in one batch."""

    async def fuse(
        self,
        prompts: tuple[Prompt, Prompt],
        options: GenerationOptions,
        timeout_seconds: float,
        rules: DecodingRules | None = None,
    ) -> Completion:
        """See `FusedModel.fuse`. Without an adapter both rows are read by the base weights."""
        return await self._write(prompts, options, timeout_seconds, rules)
