"""Puts a training or evaluation run together from settings and the arguments of a command line."""

import json
from datetime import date
from pathlib import Path

from app.errors import InvalidInput
from app.followups.prompts.profiles import voice_prompts
from app.followups.types import GenerationOptions
from app.language_models.model_files import locate_base_model
from app.settings import Settings, load_settings
from app.training.evaluate import EvaluationRun
from app.training.examples import HELD_OUT_FILE, MANIFEST_FILE, TRAIN_FILE, read_examples
from app.training.finetune import TrainingRun
from app.training.hyperparameters import Hyperparameters
from app.training.prompting import ExampleRenderer


def training_run(
    base_model: str,
    train_data: Path,
    output: Path,
    options: Hyperparameters,
    device_rows: int | None,
    *,
    resume: bool,
) -> TrainingRun:
    """`train_data` is a prepared folder or its `train.jsonl`. Raises `InvalidInput` naming the flag."""
    settings = load_settings()
    folder = train_data if train_data.is_dir() else train_data.parent
    as_of = read_as_of(folder)
    return TrainingRun(
        base=base_directory(base_model, settings),
        examples=read_examples(train_data / TRAIN_FILE if train_data.is_dir() else train_data),
        as_of=as_of,
        output=output,
        renderer=renderer(settings, as_of),
        options=options,
        device_rows=device_rows,
        resume=resume,
    )


def evaluation_run(
    base_model: str, adapter: Path, data: Path, limit: int, temperature: float, max_tokens: int
) -> EvaluationRun:
    """`data` is a prepared folder. Raises `InvalidInput` naming the flag."""
    settings = load_settings()
    as_of = read_as_of(data)
    return EvaluationRun(
        base=base_directory(base_model, settings),
        adapter=adapter,
        train=read_examples(data / TRAIN_FILE),
        held_out=read_examples(data / HELD_OUT_FILE)[:limit],
        as_of=as_of,
        renderer=renderer(settings, as_of),
        rules=settings.validation,
        local=settings.models.local,
        options=GenerationOptions(temperature=temperature, max_tokens=max_tokens),
    )


def base_directory(base_model: str, settings: Settings) -> Path:
    found = locate_base_model(base_model, settings.model_cache_dir)
    if found is None:
        raise InvalidInput(
            f"--base_model: {base_model} is no directory and not downloaded; scripts/download_models.py fetches it."
        )
    return found


def renderer(settings: Settings, as_of: date) -> ExampleRenderer:
    """Renders prompts in the profile that the local model is served with."""
    source = voice_prompts(settings.models.local.prompt_profile, settings.validation)
    return ExampleRenderer(source, settings.scoring, settings.validation, as_of)


def read_as_of(folder: Path) -> date:
    """The day on which the records of a prepared folder are read."""
    path = folder / MANIFEST_FILE
    try:
        return date.fromisoformat(json.loads(path.read_text(encoding="utf-8"))["as_of"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInput(f"{path}: no readable manifest; prepare the data with prepare_training_data.py.") from error
