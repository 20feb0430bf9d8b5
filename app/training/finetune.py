"""Trains a LoRA adapter on prepared conversations."""

import math
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from accelerate import PartialState
from transformers import AutoConfig, Trainer

from app.errors import InvalidInput, TrainingFailed
from app.language_models.model_files import ModelFiles, check_model_files, content_digest, read_model_files
from app.language_models.prompt_encoding import PromptEncoder
from app.training.batches import rows_per_device, with_fitting_rows
from app.training.card import AdapterCard, TrainingData, write_card
from app.training.checkpoints import Checkpoints
from app.training.dataset import MIN_EXAMPLES, is_held_out
from app.training.encoding import TokenRow, encode
from app.training.examples import Example, digest_of
from app.training.hyperparameters import Hyperparameters
from app.training.loss_curve import LossCurve, draw
from app.training.prompting import ExampleRenderer
from app.training.trainer import Attempt, Progress, on_cpu, run_attempt

CHECKPOINTS = "checkpoints"
LOSS_CURVE = "loss_curve.png"
_ADAPTER_FILES = ("adapter_model.safetensors", "adapter_config.json")
_LONGEST = 4096
# A validation loss above this share of the base model's is no better than it.
_LEARNED = 0.999
_LIBRARIES = ("torch", "transformers", "peft")


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """`base` is a model directory, `output` becomes the adapter's. `device_rows`: see `rows_per_device`."""

    base: Path
    examples: Sequence[Example]
    as_of: date
    output: Path
    renderer: ExampleRenderer
    options: Hyperparameters
    device_rows: int | None = None
    resume: bool = True


@dataclass(frozen=True, slots=True)
class _Rows:
    train: list[TokenRow]
    validation: list[TokenRow]
    data: TrainingData


def finetune(run: TrainingRun, progress: Progress = lambda _done, _total, _name: None) -> AdapterCard:
    """Train, and write adapter, card and loss curve into `run.output`. A run that was killed goes on where it was.

    Under `accelerate launch` every process calls this, and the first one writes; only its card has the adapter's
    digest. Raises `ConfigurationError` for a base model that cannot be used, `InvalidInput` for too few examples,
    `Conflict` for the checkpoints of another run, `TrainingFailed` when memory runs out or nothing was learned.
    """
    state = PartialState(cpu=on_cpu())
    rows_at_once = rows_per_device(run.options.batch_size, state.num_processes, run.device_rows)
    check_model_files(run.base)
    base = read_model_files(run.base)
    rows = _token_rows(run)
    checkpoints = Checkpoints(run.output / CHECKPOINTS, _identity(run, base, rows.data))
    with state.main_process_first():
        if state.is_main_process:
            checkpoints.open(resume=run.resume)
    started = time.monotonic()
    first = Attempt(
        run.base, rows.train, rows.validation, run.options, checkpoints, rows_at_once, state.num_processes, progress
    )
    trainer = with_fitting_rows(lambda size: run_attempt(replace(first, rows=size)), rows_at_once, state.num_processes)
    card = _card(run, base, rows.data, trainer, time.monotonic() - started)
    if state.is_main_process:
        card = _write(run, trainer, card)
        checkpoints.discard()
    state.wait_for_everyone()
    return card


def _token_rows(run: TrainingRun) -> _Rows:
    encoder = PromptEncoder.load(run.base)
    limit = run.options.max_tokens or min(_LONGEST, _window(run.base))
    sides: dict[bool, list[Example]] = {True: [], False: []}
    for example in run.examples:
        sides[is_held_out(f"validation\0{example.lead}", run.options.validation_share)].append(example)
    train, validation = (
        encode([run.renderer.exchange(example) for example in sides[held]], encoder, limit) for held in (False, True)
    )
    too_long = len(run.examples) - len(train) - len(validation)
    if len(train) + len(validation) < MIN_EXAMPLES or not train or not validation:
        raise InvalidInput(
            f"--train_data: {len(train)} examples to train on and {len(validation)} to validate with remain of "
            f"{len(run.examples)} ({too_long} do not fit into {limit} tokens); at least {MIN_EXAMPLES} are needed."
        )
    data = TrainingData(
        digest=digest_of(run.examples),
        examples=len(train),
        validation_examples=len(validation),
        too_long=too_long,
        as_of=run.as_of.isoformat(),
    )
    return _Rows(train, validation, data)


def _window(base: Path) -> int:
    config = AutoConfig.from_pretrained(base, trust_remote_code=False, local_files_only=True).get_text_config()
    return int(getattr(config, "max_position_embeddings", None) or _LONGEST)


def _identity(run: TrainingRun, base: ModelFiles, data: TrainingData) -> dict[str, Any]:
    """Everything that decides the weights."""
    return {
        "base_digest": base.digest,
        "data_digest": data.digest,
        "as_of": data.as_of,
        "prompt_version": run.renderer.version,
        **run.options.as_json(),
    }


def _card(run: TrainingRun, base: ModelFiles, data: TrainingData, trainer: Trainer, seconds: float) -> AdapterCard:
    return AdapterCard(
        name=run.output.name,
        adapter_digest="",
        base_model=base.name,
        base_digest=base.digest,
        data=data,
        prompt_version=run.renderer.version,
        hyperparameters=run.options.as_json(),
        training={
            "steps": trainer.state.global_step,
            "epochs": round(float(trainer.state.epoch or 0), 3),
            "seconds": round(seconds, 1),
            "rows_at_once": trainer.args.per_device_train_batch_size,
            "processes": trainer.args.world_size,
            "device": trainer.args.device.type,
        },
        scores=_scores(trainer),
        versions={name: version(name) for name in _LIBRARIES},
    )


def _scores(trainer: Trainer) -> dict[str, float]:
    """Raises `TrainingFailed` unless the validation loss fell below that of the base model."""
    curve = LossCurve.of(trainer.state.log_history)
    base = curve.validation[0][1]
    best = min((loss for _, loss in curve.validation[1:] if math.isfinite(loss)), default=math.nan)
    if not best < _LEARNED * base:
        raise TrainingFailed(
            f"Nothing was learned: the base model has a validation loss of {base:.3f}, the adapter one of {best:.3f}. "
            "Give another --learning_rate, more --epochs or more examples."
        )
    return {
        "training_loss": round(curve.training[-1][1], 4),
        "validation_loss": round(best, 4),
        "validation_perplexity": round(math.exp(best), 4),
        "base_validation_loss": round(base, 4),
        "base_validation_perplexity": round(math.exp(base), 4),
    }


def _write(run: TrainingRun, trainer: Trainer, card: AdapterCard) -> AdapterCard:
    """The adapter's own files are put in place last and at once: a reader sees the old adapter or the new one."""
    run.output.mkdir(parents=True, exist_ok=True)
    model: Any = trainer.accelerator.unwrap_model(trainer.model)
    config = model.peft_config["default"]
    # The directory of the base model is of no use elsewhere, and nobody's business.
    config.base_model_name_or_path = card.base_model
    # In a set order, so that the same run gives the same digest.
    config.target_modules = sorted({name.rpartition(".")[2] for name in config.target_modules})
    with tempfile.TemporaryDirectory(dir=run.output) as folder:
        model.save_pretrained(folder, safe_serialization=True, save_embedding_layers=False)
        for name in _ADAPTER_FILES:
            (Path(folder) / name).replace(run.output / name)
    done = card.model_copy(update={"adapter_digest": content_digest(run.output)})
    write_card(run.output, done)
    draw(LossCurve.of(trainer.state.log_history), run.output / LOSS_CURVE, f"{card.name} on {card.base_model}")
    return done
