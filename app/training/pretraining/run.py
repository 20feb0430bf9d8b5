"""A pre-training run on disk: its folder holds the plan, the tokenizer, checkpoints, the log and the finished model."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from app.config_files import ValidationConfig
from app.errors import ConfigurationError
from app.training.corpus.examples import Corpus
from app.training.corpus.prose import Prose
from app.training.loss_curve import LossCurve, draw
from app.training.pretraining.checkpoints import Progress, checkpoints, load_checkpoint, load_weights
from app.training.pretraining.loop import LOG, Pretraining
from app.training.pretraining.model import new_model, save_model
from app.training.pretraining.plan import PretrainingPlan
from app.training.pretraining.tokenizer import load_tokenizer, train_tokenizer

PLAN, TOKENIZER, MODEL, CURVE = "plan.json", "tokenizer", "model", "loss_curve.png"


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where a fresh run begins: a model folder or checkpoint (its tokenizer comes with it), and the first pool."""

    weights: Path | None = None
    pool: int = 0


def open_run(
    folder: Path,
    plan: PretrainingPlan,
    rules: ValidationConfig,
    prose: Prose | None,
    say: Callable[[str], None],
    beginning: Beginning | None = None,
) -> Pretraining:
    """The run in `folder`, begun or continued.

    Raises `ConfigurationError` where `folder` belongs to a run with another plan.
    """
    weights, start = (beginning.weights, beginning.pool) if beginning else (None, 0)
    folder.mkdir(parents=True, exist_ok=True)
    _keep_plan(folder, plan)
    corpus = Corpus(plan.seed, rules, prose)
    tokenizer = _tokenizer(folder, plan, corpus, say, weights)
    kept = load_weights(weights) if weights else None
    return Pretraining(plan, corpus, tokenizer, folder, kept, start)


def finish(run: Pretraining) -> Path:
    """Write the model of a run as a standard model folder, and the picture of its losses beside it."""
    lines = (run.folder / LOG).read_text(encoding="utf-8").splitlines()
    draw(LossCurve.of([json.loads(line) for line in lines]), run.folder / CURVE, "Pre-training of the base model")
    folder = run.folder / MODEL
    save_model(folder, run.model, run.tokenizer)
    return folder


def load_newest(folder: Path) -> tuple[LlamaForCausalLM, PreTrainedTokenizerFast, Progress]:
    """The newest checkpoint of the run in `folder`. Raises `ConfigurationError` where there is none."""
    kept = checkpoints(folder)
    if not kept:
        raise ConfigurationError(f"There is no checkpoint in {folder}: train one with scripts/pretrain_base.py.")
    plan = read_plan(folder)
    tokenizer = load_tokenizer(folder / TOKENIZER)
    model = new_model(plan.shape, tokenizer, plan.seed)
    weights, _, progress = load_checkpoint(kept[-1])
    model.load_state_dict(weights, strict=False)
    return model, tokenizer, progress


def read_plan(folder: Path) -> PretrainingPlan:
    return PretrainingPlan.from_dict(json.loads((folder / PLAN).read_text(encoding="utf-8")))


def use_threads(threads: int) -> None:
    """Use `threads` threads for tensors."""
    torch.set_num_threads(threads)


def _keep_plan(folder: Path, plan: PretrainingPlan) -> None:
    path = folder / PLAN
    if path.is_file() and read_plan(folder) != plan:
        raise ConfigurationError(f"{folder} holds a run with another plan ({path}): choose another folder.")
    path.write_text(json.dumps(plan.as_dict(), indent=2) + "\n", encoding="utf-8")


def _tokenizer(
    folder: Path, plan: PretrainingPlan, corpus: Corpus, say: Callable[[str], None], weights: Path | None
) -> PreTrainedTokenizerFast:
    """The run's own tokenizer, else that of its weights, else a new one; afterwards it is the run's own."""
    places = [folder / TOKENIZER, *([weights, weights.parent / TOKENIZER] if weights else [])]
    known = next((place for place in places if (place / "tokenizer.json").is_file()), None)
    if known is None:
        say(f"Training the tokenizer on {plan.tokenizer_examples} examples ...")
        texts = (f"{example.prompt} {example.target}" for example in islice(corpus.examples(), plan.tokenizer_examples))
        tokenizer = train_tokenizer(texts, plan.shape.vocabulary, plan.shape.context)
    else:
        tokenizer = load_tokenizer(known)
    tokenizer.save_pretrained(folder / TOKENIZER)
    return tokenizer
