"""Turn a CSV file of past conversations into a training set. Exit code 2, and nothing written, if it cannot be used."""

import sys
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import typer

from app.settings import load_settings
from app.training.dataset import PrepareOptions, PrepareReport, TooFewExamples, prepare, write_prepared
from scripts.terminal import errors_as_sentences, progress_bar, say, show_table

_SHOWN = 20


def show(report: PrepareReport) -> None:
    for problem in report.problems[:_SHOWN]:
        say(problem.sentence, style="dim")
    if len(report.problems) > _SHOWN:
        say(f"... and {len(report.problems) - _SHOWN} more", style="dim")
    outcomes = {"training": report.train, "held out": report.held_out} | report.dropped
    show_table([{"outcome": name, "rows": count} for name, count in outcomes.items()])
    parts = [(part, name, count) for part, counts in report.balance.items() for name, count in counts.items()]
    if parts:
        show_table([{"balance": part, "value": name, "rows": count} for part, name, count in parts])
    for warning in report.warnings:
        say(warning, style="yellow")


def main(
    input_file: Path = typer.Option(..., "--input", help="CSV: lead_name, product, industry, lead_score, ..."),
    output_dir: Path = typer.Option(Path("var/training"), "--output_dir", "--output-dir", help="Where the sets go."),
    held_out: float = typer.Option(0.1, "--held_out", "--held-out", min=0.01, max=0.5, help="Share of leads kept out."),
    as_of: datetime | None = typer.Option(None, "--as_of", "--as-of", formats=["%Y-%m-%d"], help="Day of reading."),
) -> None:
    """Columns: lead_name, product, industry, lead_score, interaction_history, successful_response."""
    day = (as_of or datetime.now(UTC)).date()
    with errors_as_sentences():
        settings = load_settings()
        try:
            with progress_bar() as progress:
                options = PrepareOptions(day, held_out)
                prepared = prepare(input_file, settings.scoring, settings.validation, options, progress)
        except TooFewExamples as error:
            show(error.report)
            raise
        write_prepared(prepared, output_dir)
        show(prepared.report)
        say(f"{prepared.report.sentences_removed} sentences with unsupported facts were removed.")
        say(f"Written to {output_dir}.")


if __name__ == "__main__":
    typer.run(main)
