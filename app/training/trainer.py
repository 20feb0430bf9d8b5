"""One attempt at training: the library's trainer on a LoRA model, set up to be repeatable and resumable."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from transformers import (
    AutoModelForCausalLM,
    EarlyStoppingCallback,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
    set_seed,
)
from transformers.utils.logging import disable_progress_bar

from app.errors import ConfigurationError
from app.training.checkpoints import Checkpoints
from app.training.encoding import TokenRow, as_features, collate
from app.training.hyperparameters import Hyperparameters

Progress = Callable[[int, int, str], None]
_KEPT_CHECKPOINTS = 2
_LOGS_PER_RUN = 100


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one attempt needs. `rows` go through each of `processes` devices at once."""

    base: Path
    train: Sequence[TokenRow]
    validation: Sequence[TokenRow]
    options: Hyperparameters
    checkpoints: Checkpoints
    rows: int
    processes: int
    progress: Progress

    @property
    def accumulation(self) -> int:
        return self.options.batch_size // (self.rows * self.processes)

    @property
    def steps_per_epoch(self) -> int:
        return -(-len(self.train) // self.options.batch_size)


def run_attempt(attempt: Attempt) -> Trainer:
    """Train, from the last whole checkpoint if there is one. Afterwards the model holds the best weights seen."""
    disable_progress_bar()  # type: ignore[no-untyped-call]
    set_seed(attempt.options.seed)
    callbacks: list[TrainerCallback] = [_Report(attempt.progress)]
    if attempt.options.patience:
        callbacks.append(EarlyStoppingCallback(attempt.options.patience))
    trainer = Trainer(
        model=_lora_model(attempt),
        args=_arguments(attempt),
        train_dataset=as_features(attempt.train),
        eval_dataset=as_features(attempt.validation),
        data_collator=collate,
        callbacks=callbacks,
    )
    trainer.remove_callback(PrinterCallback)
    last = attempt.checkpoints.last()
    trainer.train(resume_from_checkpoint=None if last is None else str(last))
    return trainer


def on_cpu() -> bool:
    return not torch.cuda.is_available() and not torch.backends.mps.is_available()


def half_precision() -> bool:
    return torch.cuda.is_available() and torch.cuda.is_bf16_supported()


def _lora_model(attempt: Attempt) -> Any:  # noqa: ANN401 - any causal model of transformers, with LoRA layers
    try:
        model = AutoModelForCausalLM.from_pretrained(
            attempt.base,
            dtype=torch.bfloat16 if half_precision() else torch.float32,
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
        )
    except (OSError, ValueError, KeyError) as error:
        raise ConfigurationError(
            f"--base_model: {attempt.base} cannot be loaded ({type(error).__name__}); check its files."
        ) from error
    options = attempt.options
    config = LoraConfig(
        r=options.rank,
        lora_alpha=options.alpha,
        lora_dropout=options.dropout,
        target_modules="all-linear",
        bias="none",
        task_type="CAUSAL_LM",
    )
    with warnings.catch_warnings():
        # peft reads an attribute that transformers has renamed.
        warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing", category=FutureWarning)
        return get_peft_model(model, config)


def _arguments(attempt: Attempt) -> TrainingArguments:
    options = attempt.options
    every = max(1, attempt.steps_per_epoch // options.evaluations_per_epoch)
    return TrainingArguments(
        output_dir=str(attempt.checkpoints.folder),
        num_train_epochs=options.epochs,
        per_device_train_batch_size=attempt.rows,
        # One by one, the validation loss does not depend on which examples share a batch.
        per_device_eval_batch_size=1,
        gradient_accumulation_steps=attempt.accumulation,
        learning_rate=options.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=options.warmup,
        weight_decay=options.weight_decay,
        bf16=half_precision(),
        use_cpu=on_cpu(),
        ddp_find_unused_parameters=False,
        eval_strategy="steps",
        eval_steps=every,
        eval_on_start=attempt.checkpoints.last() is None,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=_KEPT_CHECKPOINTS,
        # How long the validation loss has not fallen is part of where a run was.
        restore_callback_states_from_checkpoint=True,
        load_best_model_at_end=True,
        metric_for_best_model="eval_loss",
        greater_is_better=False,
        logging_steps=max(1, int(attempt.steps_per_epoch * options.epochs) // _LOGS_PER_RUN),
        prediction_loss_only=True,
        label_names=["labels"],
        remove_unused_columns=False,
        dataloader_pin_memory=torch.cuda.is_available(),
        report_to=[],
        disable_tqdm=True,
        seed=options.seed,
        data_seed=options.seed,
    )


class _Report(TrainerCallback):
    """Tells how far training is, with the last loss."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._loss = ""

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: object,
    ) -> None:
        del args, state, control, kwargs
        for name in ("loss", "eval_loss"):
            if logs and name in logs:
                self._loss = f"{name} {float(logs[name]):.3f}"

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        del args, control, kwargs
        if state.is_world_process_zero:
            self._progress(state.global_step, state.max_steps, self._loss)
