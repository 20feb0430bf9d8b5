"""An adapter against its base model, on leads it was not trained on."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from transformers.utils.logging import disable_progress_bar

from app.config_files import LocalModels, ValidationConfig
from app.errors import InvalidInput, ModelUnavailable
from app.followups.generators.template import SafeTemplate
from app.followups.types import GenerationOptions
from app.language_models.adapters import Adapter
from app.language_models.local import EngineState, LocalEngine
from app.language_models.local_models import LocalModel
from app.training.drafts import DraftScores, score_drafts, write_drafts
from app.training.encoding import encode
from app.training.examples import Example, digest_of
from app.training.perplexity import perplexities
from app.training.prompting import ExampleRenderer
from app.training.voice import VoiceClassifier

_MIN_HELD_OUT = 5
_SAMPLES = 5


@dataclass(frozen=True, slots=True)
class EvaluationRun:
    """`train` teaches the classifier the voice; `held_out` is what is written for and measured on."""

    base: Path
    adapter: Path
    train: Sequence[Example]
    held_out: Sequence[Example]
    as_of: date
    renderer: ExampleRenderer
    rules: ValidationConfig
    local: LocalModels
    options: GenerationOptions


@dataclass(frozen=True, slots=True)
class ModelScores:
    """`perplexity` per token of the held-out answers; `voice`: mean probability of the voice, 0..1."""

    perplexity: float
    voice: float
    drafts: DraftScores

    def as_row(self) -> dict[str, float]:
        values = {"perplexity": self.perplexity, "voice": self.voice, **asdict(self.drafts)}
        return {name: round(value, 4) for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`human`: the held-out answers themselves, as the mark to reach. `separation`: how well the classifier tells them
    from neutral text (area under the ROC curve)."""

    examples: int
    held_out_digest: str
    adapter_digest: str
    base: ModelScores
    adapter: ModelScores
    human: DraftScores
    separation: float
    samples: tuple[tuple[str, str], ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "examples": self.examples,
            "held_out_digest": self.held_out_digest,
            "base": self.base.as_row(),
            "adapter": self.adapter.as_row(),
            "human": {name: round(value, 4) for name, value in asdict(self.human).items()},
            "voice_separation": round(self.separation, 4),
            "perplexity_change": round(self.adapter.perplexity / self.base.perplexity - 1, 4),
        }


async def evaluate(run: EvaluationRun) -> Evaluation:
    """Measure both. Raises `AdapterUnavailable` for an adapter that does not fit, `InvalidInput` for too few leads."""
    if len(run.held_out) < _MIN_HELD_OUT:
        raise InvalidInput(f"--data: {len(run.held_out)} held-out examples; at least {_MIN_HELD_OUT} are needed.")
    disable_progress_bar()  # type: ignore[no-untyped-call]
    engine = LocalEngine(run.base, run.local)
    engine.start()
    try:
        if await engine.ready() is not EngineState.READY:
            raise ModelUnavailable(f"The base model {run.base.name} could not be loaded.", [{"reason": "failed"}])
        adapter = await engine.load_adapter(run.adapter)
        plain, voiced = [
            await write_drafts(model, run.renderer, run.held_out, run.rules, run.options)
            for model in (LocalModel(engine), LocalModel(engine, lambda: adapter))
        ]
        window = engine.window
    finally:
        await engine.close()
    base_perplexity, adapter_perplexity = await asyncio.to_thread(_perplexities, run, adapter, window)
    return await _scored(run, adapter, (plain, base_perplexity), (voiced, adapter_perplexity))


def _perplexities(run: EvaluationRun, adapter: Adapter, window: int) -> tuple[float, float]:
    from app.language_models.prompt_encoding import PromptEncoder

    exchanges = [run.renderer.exchange(example) for example in run.held_out]
    rows = encode(exchanges, PromptEncoder.load(run.base), window)
    if not rows:
        raise InvalidInput(f"--data: no held-out example fits into the model's window of {window} tokens.")
    return perplexities(run.base, adapter, rows, run.local.device)


async def _scored(
    run: EvaluationRun, adapter: Adapter, base: tuple[list[str], float], adapted: tuple[list[str], float]
) -> Evaluation:
    tasks = [run.renderer.task(example) for example in run.held_out]
    human = [example.answer for example in run.held_out]
    classifier = VoiceClassifier([e.answer for e in run.train], await _neutral(run, run.train))

    def scored(texts: list[str], perplexity: float) -> ModelScores:
        voice = classifier.similarity(texts)
        return ModelScores(perplexity, sum(voice) / len(voice), score_drafts(texts, tasks, run.rules, run.as_of))

    return Evaluation(
        examples=len(run.held_out),
        held_out_digest=digest_of(run.held_out),
        adapter_digest=adapter.digest,
        base=scored(*base),
        adapter=scored(*adapted),
        human=score_drafts(human, tasks, run.rules, run.as_of),
        separation=classifier.separation(human, await _neutral(run, run.held_out)),
        samples=tuple(zip(base[0], adapted[0], strict=True))[:_SAMPLES],
    )


async def _neutral(run: EvaluationRun, examples: Sequence[Example]) -> list[str]:
    """Plain messages to the same leads."""
    template = SafeTemplate(run.rules)
    return [(await template.generate(run.renderer.task(example))).text for example in examples]
