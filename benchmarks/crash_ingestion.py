"""Kill ingestions, and the process that applies them to the index, at random moments; then compare everything.

    python benchmarks/crash_ingestion.py [--rounds 300] [--seed 1]

Each round changes, adds and removes documents, starts an ingestion that applies its own changes, or one that hands them
to a process that owns the index, and kills one of them with SIGKILL. Afterwards the published documents must be those
from before or from after, and once an owner has opened the index, SQL, full-text index and Chroma must agree in every
id and every vector. Real SQLite and Chroma; texts are embedded by hashing and parsed in the process, so that most of
the time is spent where a crash could do harm. Exit code 1 if anything differs.
"""

import asyncio
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from app.config_files import RetrievalConfig
from app.embeddings.base import Vectors
from app.errors import IndexLocked
from app.knowledge.index_sync import IndexSync
from app.knowledge.ingestion import Ingestion, IngestionOptions
from app.knowledge.loaders.registry import load
from app.knowledge.source_files import content_hash
from app.knowledge.types import LoadedDocument
from app.knowledge.vector_index import VectorIndex
from app.storage.chunk_vectors import ChunkVectorRepository
from app.storage.database import Database
from app.storage.documents import DocumentRepository
from app.storage.index_log import IndexLog
from app.storage.migrate import upgrade

TENANT = "default"
DOCUMENTS, PARAGRAPHS = 16, 4
WORDS = ("invoice", "plan", "price", "seat", "month", "team", "report", "export", "audit", "region", "support", "quota")


class HashVectors:
    """An embedder without a model: every text has a vector of its own."""

    name, digest, dimension, max_tokens = "hash", "c" * 64, 32, 256

    def warm_up(self) -> None:
        return None

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(item.split()) + 2 for item in texts]

    def embed(self, texts: Sequence[str]) -> Vectors:
        seeds = (np.random.default_rng(list(item.encode()[-64:])) for item in texts)
        vectors = np.stack([seed.normal(size=self.dimension) for seed in seeds]).astype(np.float32)
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


class DirectParser:
    def parse(self, path: Path) -> LoadedDocument:
        return load(path, 1 << 20)


@dataclass(frozen=True, slots=True)
class Site:
    """One installation in a temporary folder. Everything that touches it runs in a child process of its own."""

    folder: Path

    @property
    def documents(self) -> Path:
        return self.folder / "kb"

    @property
    def database_url(self) -> str:
        return f"sqlite+aiosqlite:///{self.folder}/followup.db"

    async def open(self, stack: AsyncExitStack) -> tuple[Database, VectorIndex, IndexSync]:
        database = Database(self.database_url)
        await database.connect()
        stack.push_async_callback(database.close)
        index = VectorIndex(self.folder / "chroma", "knowledge")
        stack.push_async_callback(index.close)
        vectors = ChunkVectorRepository(database, HashVectors.digest)
        sync = IndexSync(DocumentRepository(database), vectors, IndexLog(database), index, HashVectors.digest)
        return database, index, sync

    async def ingest(self) -> None:
        async with AsyncExitStack() as stack:
            database, _, sync = await self.open(stack)
            ingestion = Ingestion(
                DocumentRepository(database),
                HashVectors(),
                RetrievalConfig(),
                lambda _: nullcontext(DirectParser()),
                batch_chunks=16,
            )
            await ingestion.ingest(self.documents, TENANT, IngestionOptions(prune="all"))
            try:
                await sync.apply_pending()
            except IndexLocked:
                return

    async def serve(self) -> None:
        async with AsyncExitStack() as stack:
            _, _, sync = await self.open(stack)
            await sync.run(0.02, asyncio.Event())

    async def inspect(self) -> dict[str, Any]:
        """The published contents, and every way in which the three stores differ. Starts like a service."""
        async with AsyncExitStack() as stack:
            database, index, sync = await self.open(stack)
            published = {
                source: known.content_hash
                for source, known in (await DocumentRepository(database).known_documents(TENANT)).items()
            }
            await sync.catch_up()
            current = await DocumentRepository(database).current_chunk_ids(TENANT)
            held = await index.ids(TENANT, HashVectors.digest)
            async with database.snapshot() as session:
                words = {row[0] for row in await session.execute(text("SELECT chunk_id FROM chunk_search"))}
                integrity = (await session.execute(text("PRAGMA integrity_check"))).scalar_one()
            return {
                "published": published,
                "missing": len(current - held),
                "orphaned": len(held - current),
                "missing by words": len(current - words),
                "old versions by words": len(words - current),
                "wrong vectors": len((await sync.compare(TENANT, vectors=True)).wrong),
                "damaged database": int(integrity != "ok"),
            }


def child(work: Callable[[], Coroutine[Any, Any, Any]], output: Path | None = None) -> int:
    """Run `work` in a fork of this process, which has imported everything and opened nothing; its process id."""
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        result = asyncio.run(work())
        if output is not None:
            output.write_text(json.dumps(result), encoding="utf-8")
        code = 0
    finally:
        os._exit(code)


def finish(process: int) -> None:
    _, status = os.waitpid(process, 0)
    if status:
        raise RuntimeError(f"a child process failed with status {status}")


def kill(process: int) -> bool:
    """Whether it was still running."""
    ended, _ = os.waitpid(process, os.WNOHANG)
    if not ended:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    return not ended


def mutate(site: Site, randomness: random.Random) -> None:
    """Change, add and remove some documents of the folder."""
    site.documents.mkdir(exist_ok=True)
    for number in range(DOCUMENTS):
        path = site.documents / f"page_{number:02}.md"
        chance = randomness.random()
        if chance < 0.15:
            path.unlink(missing_ok=True)
        elif chance < 0.6 or not path.exists():
            parts = [f"# Page {number}"]
            for part in range(randomness.randint(1, PARAGRAPHS)):
                parts.append(f"## Part {part}\n\n" + " ".join(randomness.choices(WORDS, k=70)))
            path.write_text("\n\n".join(parts), encoding="utf-8")


def contents(site: Site) -> dict[str, str]:
    return {path.name: content_hash(path) for path in site.documents.iterdir()}


def inspect(site: Site) -> dict[str, Any]:
    output = site.folder / "inspection.json"
    finish(child(site.inspect, output))
    found: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
    return found


def strike(site: Site, randomness: random.Random, duration: float) -> str:
    """Start an ingestion, kill it or the owner of the index at a random moment; what was hit."""
    owner = child(site.serve) if randomness.random() < 0.5 else None
    if owner and randomness.random() < 0.5:
        time.sleep(randomness.random() * 0.3)
    ingestion = child(site.ingest)
    time.sleep(randomness.random() * duration)
    victim, other = (owner, ingestion) if owner and randomness.random() < 0.6 else (ingestion, owner)
    hit = kill(victim)
    if other is not None:
        # An ingestion goes on without the owner; an owner goes on without the ingestion, for a while.
        if other == ingestion:
            finish(other)
        else:
            time.sleep(0.05)
            kill(other)
    return ("owner" if victim == owner else "ingestion") if hit else "nothing, it had ended"


def crash(site: Site, rounds: int, randomness: random.Random) -> tuple[Counter[str], Counter[str]]:
    """What was hit, and what was found wrong."""
    hits, wrong = Counter[str](), Counter[str]()
    before: dict[str, str] = {}
    duration = 1.0
    for number in range(rounds):
        if number % 25 == 0:
            # From nothing again: a first ingestion.
            site = Site(Path(tempfile.mkdtemp(dir=site.folder.parent)))
            upgrade(site.database_url)
            before = {}
        mutate(site, randomness)
        after = contents(site)
        hits[strike(site, randomness, duration)] += 1
        found = inspect(site)
        published = found.pop("published")
        wrong["neither before nor after"] += published not in (before, after)
        hits["documents as before" if published == before else "documents as after"] += 1
        wrong.update(found)
        before = published
        if randomness.random() < 0.3:
            began = time.monotonic()
            finish(child(site.ingest))
            duration = 0.5 * duration + 0.6 * (time.monotonic() - began)
            found = inspect(site)
            before = found.pop("published")
            wrong["not completed by the next run"] += before != after
            wrong.update(found)
    return hits, wrong


def main(rounds: int = 300, seed: int = 1) -> None:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        hits, wrong = crash(Site(Path(folder) / "site"), rounds, random.Random(seed))
    console = Console()
    for title, counts in ((f"{rounds} rounds", hits), ("found wrong", wrong)):
        table = Table(title, "count")
        for name, count in counts.items():
            table.add_row(name, str(count))
        console.print(table)
    console.print(f"{time.monotonic() - began:.0f} s")
    raise typer.Exit(1 if wrong.total() else 0)


if __name__ == "__main__":
    typer.run(main)
