"""Constructs the models and generators of a service: the container's part about writing.

Torch is imported only where a local model is configured and there.
"""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.followups.generators.base import Generator
from app.followups.generators.finetuned import FinetunedGenerator
from app.followups.generators.hybrid import FusedPrompts, HybridGenerator
from app.followups.generators.rag import RagGenerator
from app.followups.generators.registry import GeneratorRegistry
from app.followups.prompts.profiles import evidence_prompts, voice_prompts
from app.language_models.model_files import locate_base_model
from app.language_models.remote import RemoteChatModel
from app.observability import get_logger
from app.settings import Settings

if TYPE_CHECKING:
    from app.language_models.adapter_slot import AdapterSlot
    from app.language_models.local import LocalEngine

_log = get_logger("container")


@dataclass(frozen=True, slots=True)
class LocalParts:
    """The local model of a service and the adapter it speaks with."""

    engine: "LocalEngine"
    slot: "AdapterSlot"
    adapter_path: Path

    @property
    def loading(self) -> bool:
        return self.engine.state == "loading"

    @property
    def answering(self) -> bool:
        return self.engine.state == "ready"

    async def open(self, stack: AsyncExitStack) -> None:
        """Begin to load; the end of `stack` closes. Raises `ConfigurationError` for unusable model files."""
        self.engine.start()
        adapter = asyncio.create_task(self.slot.load_first(self.adapter_path))

        async def close() -> None:
            await self.engine.close()
            await asyncio.gather(adapter, return_exceptions=True)

        stack.push_async_callback(close)


def local_parts(settings: Settings) -> LocalParts | None:
    """None while no base model is configured, or its directory is not there."""
    models = settings.models
    if not models.finetuned.base_model:
        return None
    directory = locate_base_model(models.finetuned.base_model, settings.model_cache_dir)
    if directory is None:
        _log.warning("base_model_not_there", reason="finetuned.base_model names no directory and nothing downloaded")
        return None
    from app.language_models.adapter_slot import AdapterSlot
    from app.language_models.local import LocalEngine

    engine = LocalEngine(directory, models.local)
    return LocalParts(engine, AdapterSlot(engine), Path(models.finetuned.adapter_path))


def remote_model(settings: Settings) -> RemoteChatModel | None:
    """The configured chat model on a server."""
    models = settings.models.rag
    if not models.llm_model:
        return None
    if models.llm_provider == "openai" and not models.llm_base_url and not settings.llm_api_key:
        _log.warning("chat_model_has_no_server", reason="set LLM_BASE_URL or LLM_API_KEY")
        return None
    return RemoteChatModel(models, settings.llm_api_key)


def build_generators(
    settings: Settings, template: Generator, remote: RemoteChatModel | None, local: LocalParts | None
) -> GeneratorRegistry:
    """`rag` asks the server if there is one, else the local model, else it is the safe template."""
    rules, models = settings.validation, settings.models
    rag = template
    if remote is not None:
        rag = RagGenerator(remote, evidence_prompts(models.rag.prompt_profile, rules), rules)
    if local is None:
        return GeneratorRegistry(rag)
    from app.language_models.local_models import LocalFusion, LocalModel

    profile, current = models.local.prompt_profile, local.slot.current
    evidence, voice = evidence_prompts(profile, rules), voice_prompts(profile, rules)
    if remote is None:
        rag = RagGenerator(LocalModel(local.engine), evidence, rules)
    finetuned = FinetunedGenerator(
        LocalModel(local.engine, current), voice, local.slot, rules, allow_fallback=models.finetuned.allow_fallback
    )
    fused = LocalFusion(local.engine, current)
    hybrid = HybridGenerator(fused, FusedPrompts(evidence, voice), local.slot, rag, rules)
    return GeneratorRegistry(rag, finetuned, hybrid)
