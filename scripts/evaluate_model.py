"""Measure an adapter against its base model on held-out conversations: a table and a picture."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import typer

from scripts.terminal import errors_as_sentences, say, show_table


def main(
    base_model: str = typer.Option(..., "--base_model", "--base-model", help="The base it was trained on."),
    adapter: Path = typer.Option(..., help="The adapter's directory."),
    data: Path = typer.Option(Path("var/training"), help="Output of prepare_training_data.py."),
    limit: int = typer.Option(200, min=5, help="Write to at most so many leads."),
    temperature: float = typer.Option(0.0, min=0, max=2),
    max_tokens: int = typer.Option(200, "--max_tokens", "--max-tokens", min=16, max=1024),
) -> None:
    """Writes the numbers into the adapter's card, and evaluation.png beside it."""
    with errors_as_sentences():
        from app.training.assembly import evaluation_run
        from app.training.card import read_card, write_card
        from app.training.comparison_chart import draw
        from app.training.evaluate import evaluate

        card = read_card(adapter)
        done = asyncio.run(evaluate(evaluation_run(base_model, adapter, data, limit, temperature, max_tokens)))
        result = done.as_json()
        draw(done, adapter / "evaluation.png")
        write_card(adapter, card.model_copy(update={"evaluation": result}))
    base, adapted = done.base.as_row(), done.adapter.as_row()
    show_table([{"measure": name, "base": base[name], "adapter": adapted[name]} for name in base])
    say(f"{done.examples} held-out examples; perplexity {result['perplexity_change']:+.0%}; "
        f"voice against neutral text AUC {done.separation:.3f}.")  # fmt: skip
    for before, after in done.samples:
        say(f"\nbase:    {before}", style="dim")
        say(f"adapter: {after}")


if __name__ == "__main__":
    typer.run(main)
