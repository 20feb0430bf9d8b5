"""Fit the relevance weights of the configured embedding model to judged searches over the demo documents.

Prints how well they hold, and the lines to put under `relevance:` in config/retrieval.yaml.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import typer

from app.knowledge.calibration import Calibration, calibrate, collect, read_judgements
from app.knowledge.workbench import open_workbench
from app.settings import Settings, load_settings
from app.storage.migrate import upgrade
from scripts.terminal import errors_as_sentences, progress_bar, say, show_table

ROOT = Path(__file__).resolve().parent.parent


async def run(settings: Settings, source: Path, judgements: Path) -> Calibration:
    async with open_workbench(settings) as bench:
        with progress_bar() as progress:
            await bench.ingestion.ingest(source, "calibration", progress=progress)
        await bench.sync.apply_pending()
        return calibrate(await collect(bench.retriever, "calibration", read_judgements(judgements)))


def show(model: str, result: Calibration) -> None:
    show_table([
        {"relevance": f"{item.low:.1f}-{item.low + 0.1:.1f}", "passages": item.count}
        | {"predicted": f"{item.predicted:.2f}", "actual": f"{item.actual:.2f}"}
        for item in result.bins
    ])
    say(f"AUC {result.auc:.3f}, Brier {result.brier:.3f} (on searches left out of the fit)")
    say(f"at 0.7 {result.found:.0%} of answerable searches find something, {result.false_alarms:.0%} of unanswerable")
    say(f"  {model.rstrip('/').rsplit('/', 1)[-1]}:")
    for name, value in result.weights.model_dump().items():
        say(f"    {name}: {value}")


def main(
    source: Path = typer.Option(ROOT / "knowledge_base", help="The documents that were judged."),
    judgements: Path = typer.Option(ROOT / "data" / "relevance_judgements.jsonl", help="The judged searches."),
) -> None:
    """Works in a temporary folder; the real database and index are not touched."""
    with errors_as_sentences(), tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{folder}/calibration.db"
        settings = load_settings(database_url=url, chroma_persist_dir=f"{folder}/index")
        upgrade(url)
        show(settings.models.rag.embedding_model, asyncio.run(run(settings, source, judgements)))


if __name__ == "__main__":
    typer.run(main)
