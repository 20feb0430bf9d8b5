"""Compare the vector index with the database: every chunk id, and a search per document that must find itself.

Exit code 0: equal; 1: something differed (also when --repair has mended it); 2: could not be checked."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import typer

from app.knowledge.verification import Verification, Verifier
from app.knowledge.workbench import Workbench, open_workbench
from app.settings import Settings, load_settings
from app.storage.migrate import upgrade
from scripts.terminal import errors_as_sentences, say, show_table


async def run(settings: Settings, tenant: str | None, repair: bool) -> list[Verification]:
    async with open_workbench(settings) as bench:
        await bench.sync.apply_pending()
        tenants = [tenant] if tenant else sorted(await bench.documents.knowledge_versions())
        return [await check(bench, name, repair) for name in tenants]


async def check(bench: Workbench, tenant: str, repair: bool) -> Verification:
    verifier = Verifier(bench.documents, bench.vectors, bench.sync, bench.index, bench.embedder.digest)
    found = await verifier.verify(tenant)
    if repair and not found.passed:
        await bench.sync.rebuild(tenant) if found.lost else await bench.sync.reconcile(tenant)
        after = await verifier.verify(tenant)
        say(f"{tenant}: repaired" if after.passed else f"{tenant}: still differs; ingest its documents again")
    return found


def row(found: Verification) -> dict[str, object]:
    difference = found.difference
    counts = {"tenant": found.tenant, "documents": found.documents, "chunks": found.chunks}
    ids = {"missing": len(difference.missing), "orphaned": len(difference.orphaned)}
    return {**counts, **ids, "other model": difference.unusable, "not found": len(found.lost)}


def main(
    tenant: str | None = typer.Option(None, help="Only this company; all by default."),
    repair: bool = typer.Option(False, "--repair", help="Mend the index from the vectors in the database."),
) -> None:
    """Needs the index for itself: stop the service first (it repairs its index whenever it starts)."""
    with errors_as_sentences():
        settings = load_settings()
        upgrade(settings.database_url)
        found = asyncio.run(run(settings, tenant, repair))
    if found:
        show_table([row(verification) for verification in found])
    say("The vector index is equal to the database." if all(item.passed for item in found) else "Differences found.")
    raise typer.Exit(0 if all(item.passed for item in found) else 1)


if __name__ == "__main__":
    typer.run(main)
