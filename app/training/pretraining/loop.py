"""The training loop: deterministic, resumable, and timed by tokens."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from app.training.corpus.examples import Corpus
from app.training.pretraining.batches import Batch, batches
from app.training.pretraining.checkpoints import Progress, checkpoints, load_checkpoint, save_checkpoint
from app.training.pretraining.model import Optimizers, for_short_rows, loss_of, new_model
from app.training.pretraining.plan import PretrainingPlan

LOG = "losses.jsonl"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the optimizer. `loss` is the mean over target tokens in nats; `speed` is tokens per second."""

    progress: Progress
    loss: float
    rate: float
    gradient: float
    speed: float


class Pretraining:
    """One run, in `folder`. Continues from its newest checkpoint, if there is one.

    `weights` start a fresh run (new optimizer and schedule) from a model that exists, at the stream's `start` pool.
    """

    def __init__(
        self,
        plan: PretrainingPlan,
        corpus: Corpus,
        tokenizer: PreTrainedTokenizerFast,
        folder: Path,
        weights: dict[str, torch.Tensor] | None = None,
        start: int = 0,
    ) -> None:
        self.plan = plan
        self.folder = folder
        self.tokenizer = tokenizer
        self.model: LlamaForCausalLM = for_short_rows(new_model(plan.shape, tokenizer, plan.seed))
        self._corpus = corpus
        self._optimizers = Optimizers(self.model, plan)
        self.progress = Progress(pool=start)
        kept = checkpoints(folder)
        if kept:
            weights, state, self.progress = load_checkpoint(kept[-1])
            self._optimizers.load_state_dict(state)
            _forget_after(folder / LOG, self.progress.step)
        if weights is not None:
            self.model.load_state_dict(weights, strict=False)

    def run(
        self, report: Callable[[Step], None], checkpoint_seconds: float = 240.0, until: int | None = None
    ) -> Progress:
        """Train until the plan's tokens, or `until`, are done; the last state is always saved."""
        last = min(self.plan.tokens, until or self.plan.tokens)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.model.train()
        saved = time.monotonic()
        stream = batches(self._corpus, self.tokenizer, self.plan, (self.progress.pool, self.progress.batch))
        try:
            while self.progress.tokens < last:
                began = time.monotonic()
                group, place = _group(stream, self.plan.step_tokens(self.progress.tokens))
                report(self._step(group, place, began))
                if time.monotonic() - saved > checkpoint_seconds:
                    self.save()
                    saved = time.monotonic()
        finally:
            self.save()
        return self.progress

    def save(self) -> Path:
        weights = {name: value for name, value in self.model.state_dict().items() if name != "lm_head.weight"}
        return save_checkpoint(self.folder, weights, self._optimizers.state_dict(), self.progress)

    def _step(self, group: list[Batch], place: tuple[int, int], began: float) -> Step:
        wanted = sum(batch.targets.numel() for batch in group)
        total = 0.0
        for batch in group:
            loss = loss_of(self.model, batch, self.plan.precision)
            torch.autograd.backward(loss / wanted)
            total += loss.item()
        gradient = nn.utils.clip_grad_norm_(self.model.parameters(), self.plan.gradient_norm).item()
        rate = self.plan.rate(self.progress.tokens)
        self._optimizers.step(rate)
        tokens = sum(batch.tokens for batch in group)
        seconds = time.monotonic() - began
        self.progress = replace(
            self.progress,
            step=self.progress.step + 1,
            tokens=self.progress.tokens + tokens,
            pool=place[0],
            batch=place[1],
            seconds=self.progress.seconds + seconds,
        )
        step = Step(self.progress, total / wanted, rate, gradient, tokens / seconds)
        self._log(step)
        return step

    def _log(self, step: Step) -> None:
        line = {
            "step": step.progress.step,
            "tokens": step.progress.tokens,
            "loss": round(step.loss, 5),
            "rate": step.rate,
            "gradient": round(step.gradient, 4),
            "speed": round(step.speed),
        }
        with (self.folder / LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _forget_after(log: Path, step: int) -> None:
    """Drop the lines of steps that were lost with the process that made them."""
    if log.is_file():
        lines = log.read_text(encoding="utf-8").splitlines(keepends=True)
        log.write_text("".join(line for line in lines if json.loads(line)["step"] <= step), encoding="utf-8")


def _group(stream: Iterator[tuple[Batch, tuple[int, int]]], batch_tokens: int) -> tuple[list[Batch], tuple[int, int]]:
    """Batches for one step, and the place after them."""
    group: list[Batch] = []
    place = (0, 0)
    while sum(batch.tokens for batch in group) < batch_tokens:
        batch, place = next(stream)
        group.append(batch)
    return group, place
