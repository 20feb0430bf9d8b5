"""Compare the vector index with the database: every id, every vector, and a search per document that must find itself.

Exit code 0: equal; 1: something differed (also when it has been mended); 2: could not be checked."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import typer

from app.knowledge.verification import IndexState
from app.knowledge.workbench import open_workbench
from app.settings import Settings, load_settings
from app.storage.index_requests import IndexAction
from app.storage.migrate import upgrade
from scripts.terminal import errors_as_sentences, say, show_table


async def run(settings: Settings, tenant: str | None, action: IndexAction, wait: float) -> list[IndexState]:
    async with open_workbench(settings) as bench:
        tenants = [tenant] if tenant else sorted(await bench.documents.knowledge_versions())
        digest = bench.embedder.digest
        return [await bench.care.ask(bench.index_directory, digest, name, action, wait) for name in tenants]


def row(found: IndexState) -> dict[str, object]:
    values = found.as_json()
    del values["mended"]
    return {name.replace("unusable", "other model").replace("lost", "not found"): values[name] for name in values}


def main(
    tenant: str | None = typer.Option(None, help="Only this company; all by default."),
    repair: bool = typer.Option(False, "--repair", help="Mend the index from the vectors in the database."),
    rebuild: bool = typer.Option(False, "--rebuild", help="Fill a new index beside the one in use, then switch to it."),
    wait: float = typer.Option(600, min=1, help="Seconds to wait for a running service."),
) -> None:
    """Works while the service runs: then the service does it, between its searches."""
    action: IndexAction = "rebuild" if rebuild else "repair" if repair else "verify"
    with errors_as_sentences():
        settings = load_settings()
        upgrade(settings.database_url)
        found = asyncio.run(run(settings, tenant, action, wait))
    if found:
        show_table([row(state) for state in found])
    for state in found:
        if state.mended is not None:
            done = {"repair": "repaired", "rebuild": "rebuilt"}[action]
            say(f"{state.tenant}: {done if state.mended else 'still differs; ingest its documents again'}")
    equal = all(state.passed for state in found)
    say("The vector index is equal to the database." if equal else "Differences found.")
    raise typer.Exit(0 if equal else 1)


if __name__ == "__main__":
    typer.run(main)
