"""Train a LoRA adapter on prepared conversations. After a kill, run it again. Several GPUs: accelerate launch."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import typer

from scripts.terminal import errors_as_sentences, progress_bar, say, show_table


def main(  # noqa: PLR0913 - the flags
    base_model: str = typer.Option(
        ..., "--base_model", "--base-model", help="Model directory, or a downloaded hub id."
    ),
    train_data: Path = typer.Option(..., "--train_data", "--train-data", help="Output of prepare_training_data.py."),
    output_dir: Path = typer.Option(..., "--output_dir", "--output-dir", help="Where the adapter goes."),
    epochs: float = typer.Option(3.0),
    batch_size: int = typer.Option(16, "--batch_size", "--batch-size", help="Examples per update, on all devices."),
    learning_rate: float = typer.Option(2e-4, "--learning_rate", "--learning-rate"),
    rank: int = typer.Option(16),
    alpha: int = typer.Option(32),
    seed: int = typer.Option(0),
    patience: int = typer.Option(3, help="Stop after so many evaluations without progress; 0: never."),
    max_tokens: int = typer.Option(0, "--max_tokens", "--max-tokens", help="Longest example; 0: the model's window."),
    device_batch_size: int | None = typer.Option(None, "--device_batch_size", help="Examples at once on a device."),
    resume: bool = typer.Option(True, help="Go on from the checkpoints in the output directory."),
) -> None:
    """Writes adapter_model.safetensors, adapter_config.json, card.json and loss_curve.png."""
    with errors_as_sentences():
        from app.training.assembly import training_run
        from app.training.finetune import finetune
        from app.training.hyperparameters import Hyperparameters

        options = Hyperparameters(
            epochs=epochs, batch_size=batch_size, learning_rate=learning_rate, rank=rank, alpha=alpha, seed=seed,
            patience=patience, max_tokens=max_tokens,
        )  # fmt: skip
        run = training_run(base_model, train_data, output_dir, options, device_batch_size, resume=resume)
        with progress_bar() as progress:
            card = finetune(run, progress)
        if not card.adapter_digest:  # another process writes, and reports
            return
        show_table([{"what": name, "value": value} for name, value in (card.scores | card.training).items()])
        say(f"Adapter {card.name}, digest {card.adapter_digest[:16]}, written to {output_dir}.")


if __name__ == "__main__":
    typer.run(main)
