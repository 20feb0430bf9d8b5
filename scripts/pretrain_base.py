"""Train the bundled base model from nothing, or go on with a run that was stopped."""

import os
import signal
import sys
from pathlib import Path
from threading import Event
from typing import Annotated

# Threads that wait in a loop for their turn cost most of the speed as soon as anything else runs on the machine.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("GOMP_SPINCOUNT", "0")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from scripts.terminal import errors_as_sentences, say

_COLUMNS = (
    TextColumn("{task.description}"),
    BarColumn(),
    TextColumn("{task.percentage:>5.1f} %"),
    TimeRemainingColumn(),
)


def main(  # noqa: PLR0913 - the flags
    output: Annotated[Path, typer.Option(help="Folder of the run; an interrupted run goes on there.")],
    prose: Annotated[Path | None, typer.Option(help="Folder of documents whose sentences are carried over.")] = None,
    tokens: Annotated[int, typer.Option(help="Length of the whole run.")] = 40_000_000,
    seed: Annotated[int, typer.Option(help="Every random number follows from it.")] = 20_260_301,
    optimizer: Annotated[str, typer.Option(help="muon or adamw.")] = "muon",
    learning_rate: Annotated[float, typer.Option(help="Peak of the schedule.")] = 1.5e-3,
    precision: Annotated[str, typer.Option(help="bf16 or fp32.")] = "bf16",
    weights: Annotated[Path | None, typer.Option(help="Start a fresh run from these weights.")] = None,
    start_pool: Annotated[int, typer.Option(help="First pool of examples of a fresh run.")] = 0,
    threads: Annotated[int, typer.Option(help="Threads for tensors.")] = 2,
    checkpoint_minutes: Annotated[float, typer.Option(help="Time between checkpoints.")] = 4.0,
) -> None:
    from app.settings import load_settings
    from app.training.corpus.prose import read_prose
    from app.training.pretraining.loop import Step
    from app.training.pretraining.plan import PretrainingPlan
    from app.training.pretraining.run import Beginning, finish, open_run, use_threads

    with errors_as_sentences(), Progress(*_COLUMNS) as bar:
        use_threads(threads)
        told_to_stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: told_to_stop.set())
        plan = PretrainingPlan(
            tokens=tokens, seed=seed, optimizer=optimizer, learning_rate=learning_rate, precision=precision
        )
        material = read_prose(prose) if prose else None
        run = open_run(output, plan, load_settings().validation, material, say, Beginning(weights, start_pool))
        task = bar.add_task("", total=plan.tokens, completed=run.progress.tokens)

        def report(step: Step) -> None:
            text = f"step {step.progress.step}  loss {step.loss:.3f}  {step.speed:,.0f} tokens/s"
            bar.update(task, completed=step.progress.tokens, description=text)
            if told_to_stop.is_set():
                say(f"Stopped after {step.progress.tokens:,} tokens; the same command goes on from there.")
                raise typer.Exit(130)

        run.run(report, 60 * checkpoint_minutes)
        say(f"The model is in {finish(run)}.")


if __name__ == "__main__":
    typer.run(main)
