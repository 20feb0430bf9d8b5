"""Ingest a folder of documents, or one file, into the knowledge base. Exit code 1 if any document was refused."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import typer

from app.knowledge.ingestion import IngestionOptions
from app.knowledge.ingestion_report import IngestionReport
from app.knowledge.workbench import open_workbench
from app.settings import Settings, load_settings
from app.storage.migrate import upgrade
from scripts.ingestion_output import show, write_report
from scripts.terminal import errors_as_sentences, progress_bar, say


async def run(settings: Settings, source: Path, tenant: str, options: IngestionOptions) -> IngestionReport:
    async with open_workbench(settings) as bench:
        with bench.ingesting(), progress_bar() as progress:
            report = await bench.ingestion.ingest(source, tenant, options, progress)
        show(report)
        if not report.dry_run:
            say((await bench.deliver()).sentence)
    return report


async def is_empty(settings: Settings, tenant: str) -> bool:
    async with open_workbench(settings) as bench:
        return not (await bench.documents.counts(tenant)).documents


def main(  # noqa: PLR0913 - the flags
    source: Path = typer.Option(..., help="A folder of documents, a part of it, or one file."),
    tenant: str = typer.Option("default", help="The company that the documents belong to."),
    root: Path | None = typer.Option(None, help="The company's folder, if the source is a part of it."),
    prune: bool = typer.Option(False, "--prune", help="Also remove documents whose files are gone from the folder."),
    prune_all: bool = typer.Option(False, "--prune-all", help="Remove all that the folder does not hold."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Read everything and say what would happen."),
    workers: int = typer.Option(1, min=1, max=64, help="How many documents to read at once."),
    report: Path | None = typer.Option(None, help="Write what became of every file to this JSON file."),
    if_empty: bool = typer.Option(False, "--if-empty", help="Do nothing if the tenant has documents already."),
) -> None:
    """Documents become visible all at once, at the end; a running service takes them up by itself."""
    options = IngestionOptions(root, "all" if prune_all else "gone" if prune else "no", dry_run, workers)
    with errors_as_sentences():
        settings = load_settings()
        upgrade(settings.database_url)
        if if_empty and not asyncio.run(is_empty(settings, tenant)):
            return
        done = asyncio.run(run(settings, source, tenant, options))
        write_report(done, report)
    raise typer.Exit(1 if done.having("refused") else 0)


if __name__ == "__main__":
    typer.run(main)
