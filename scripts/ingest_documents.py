"""Ingest a folder of documents, or one file, into the knowledge base. Exit code 1 if any document was refused."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import typer

from app.knowledge.delivery import deliver
from app.knowledge.ingestion import IngestionReport
from app.knowledge.workbench import open_workbench
from app.settings import Settings, load_settings
from app.storage.migrate import upgrade
from scripts.terminal import errors_as_sentences, progress_bar, say, show_table


async def run(settings: Settings, source: Path, tenant: str, *, prune: bool, if_empty: bool) -> int:
    async with open_workbench(settings) as bench:
        if if_empty and (await bench.documents.counts(tenant)).documents:
            return 0
        with bench.ingesting(), progress_bar() as progress:
            report = await bench.ingestion.ingest(source, tenant, prune=prune, progress=progress)
        show(report)
        say((await deliver(bench.sync, bench.changes, bench.index_directory, bench.embedder.digest)).sentence)
    return 1 if report.having("refused") else 0


def show(report: IngestionReport) -> None:
    row: dict[str, object] = {"documents": len(report.having("indexed")), "chunks": report.chunks}
    row |= {status: len(report.having(status)) for status in ("unchanged", "removed", "ignored", "refused")}
    show_table([row | {"knowledge version": report.knowledge_version, "seconds": f"{report.seconds:.1f}"}])
    for ignored in report.having("ignored"):
        say(f"ignored: {ignored.source}", style="dim")
    for refused in report.having("refused"):
        say(f"refused ({refused.reason}): {refused.source}: {refused.message}", style="red")


def main(
    source: Path = typer.Option(..., help="A folder of documents, or one file."),
    tenant: str = typer.Option("default", help="The company that the documents belong to."),
    prune: bool = typer.Option(False, "--prune", help="Also remove documents whose files are gone from the folder."),
    if_empty: bool = typer.Option(False, "--if-empty", help="Do nothing if the tenant has documents already."),
) -> None:
    """Documents become visible all at once, at the end; a running service takes them up by itself."""
    with errors_as_sentences():
        settings = load_settings()
        upgrade(settings.database_url)
        code = asyncio.run(run(settings, source, tenant, prune=prune, if_empty=if_empty))
    raise typer.Exit(code)


if __name__ == "__main__":
    typer.run(main)
