"""How long a search takes as a company grows, with and without a filter by source type, beside LangChain's retrievers.

    python -m benchmarks.retrieval_speed --sizes 1000,10000,100000

A search is one new question: embedding, dense and lexical search, look-up and judging. Companies are generated and
built in `--folder` the first time (100,000 chunks take a quarter of an hour); a build that was interrupted goes on.
Every system at every size runs in a process of its own. `--picture` draws the growth.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import psutil
import typer
from rich.console import Console
from rich.table import Table

from app.config_files import RagModels
from app.embeddings.backends import build_embedder
from app.embeddings.base import Embedder
from app.followups.types import RetrievalOptions
from app.knowledge.filtered_search import FilteredSearch, Scope
from app.knowledge.lexical_index import LexicalIndex
from app.knowledge.passage_memory import PassageMemory
from app.knowledge.retriever import Indexes, Retriever
from benchmarks.retrieval_corpus import DIGEST, GeneratedCorpus, queries
from benchmarks.retrieval_store import CONFIG, TENANT, TODAY, GeneratedDigest, Store, build, open_store

FILTERS: dict[str, tuple[str, ...]] = {
    "none": (),
    "three types": ("pricing", "features", "case_studies"),
    "2 %": ("security",),
    "0.1 %": ("roi",),
}
OURS, NEAR, BOTH = "ours", "LangChain, Chroma", "LangChain, BM25 and Chroma"
_WARM_UP = 5
_EXACT = 20

Search = Callable[[str], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Measured:
    """Times in milliseconds; `recall` of the truly nearest chunks in the dense search, ours alone."""

    chunks: int
    filtered: str
    system: str
    p50: float
    p95: float
    mebibytes: float
    recall: float | None = None


def main(
    folder: Path = typer.Option(Path("var/benchmarks/retrieval")),
    sizes: str = typer.Option("1000,10000,100000"),
    searches: int = typer.Option(100, min=10),
    cache_dir: Path = typer.Option(Path("var/models")),
    picture: Path | None = typer.Option(None, help="Draw p95 against the number of chunks, as SVG or PNG."),
    langchain: bool = typer.Option(True, help="Also measure LangChain's retrievers."),
) -> None:
    results: list[Measured] = []
    for size in map(int, sizes.split(",")):
        for system in (OURS, NEAR, BOTH) if langchain else (OURS,):
            with ProcessPoolExecutor(1, get_context("spawn")) as process:
                rows = process.submit(measure, system, folder / str(size), size, searches, cache_dir).result()
            for row in rows:
                print(row, flush=True)
            results += rows
    show(results)
    if picture is not None:
        from benchmarks.growth_picture import draw

        draw(results, picture)


def measure(system: str, folder: Path, size: int, searches: int, cache_dir: Path) -> list[Measured]:
    embedder = build_embedder(RagModels(), cache_dir)
    embedder.warm_up()
    corpus = GeneratedCorpus(embedder)
    if system != OURS:
        return asyncio.run(_measure_langchain(system, folder, size, corpus, embedder, searches))
    asyncio.run(build(folder, size, corpus, lambda done: print(f"\r{done} chunks", end="")))
    return asyncio.run(_measure(folder, size, embedder, searches))


async def _measure(folder: Path, size: int, embedder: Embedder, searches: int) -> list[Measured]:
    store = await open_store(folder)
    rows = []
    retriever = _retriever(store, embedder)
    try:
        for number, (name, types) in enumerate(FILTERS.items()):
            options = RetrievalOptions(top_k=5, threshold=0.0, source_types=types)

            async def search(query: str, options: RetrievalOptions = options) -> object:
                return await retriever.search(TENANT, [query], options)

            p50, p95 = await _percentiles(search, queries(searches + _WARM_UP, seed=number))
            memory = _memory()
            recall = await _recall(store, embedder, types) if size <= 100_000 else None
            rows.append(Measured(size, name, OURS, p50, p95, memory, recall))
    finally:
        retriever.close()
        await store.close()
    return rows


async def _measure_langchain(
    system: str, folder: Path, size: int, corpus: GeneratedCorpus, embedder: Embedder, searches: int
) -> list[Measured]:
    from benchmarks.langchain_speed import LangChainTwin

    twin = LangChainTwin(folder, size, corpus, embedder)
    twin.fill()
    rows = []
    for number, (name, types) in enumerate(FILTERS.items()):
        retriever = twin.near(types) if system == NEAR else twin.both(types)
        if retriever is None:
            continue

        async def search(query: str, retrieve: Callable[[str], object] = retriever) -> object:
            return retrieve(query)

        p50, p95 = await _percentiles(search, queries(searches + _WARM_UP, seed=number))
        rows.append(Measured(size, name, system, p50, p95, _memory()))
    return rows


def _retriever(store: Store, embedder: Embedder) -> Retriever:
    memory = PassageMemory(store.documents, store.vectors)
    indexes = Indexes(store.index, LexicalIndex(store.database), memory, store.documents, store.vectors)
    return Retriever(indexes, GeneratedDigest(embedder), CONFIG, lambda: TODAY)


async def _percentiles(search: Search, asked: list[str]) -> tuple[float, float]:
    """Milliseconds; the first few searches, which read caches, are not counted."""
    took = []
    for query in asked:
        began = time.perf_counter()
        await search(query)
        took.append((time.perf_counter() - began) * 1000)
    p50, p95 = np.percentile(took[_WARM_UP:], [50, 95])
    return float(p50), float(p95)


async def _recall(store: Store, embedder: Embedder, types: tuple[str, ...], limit: int = 40) -> float:
    """The share of the truly nearest chunks among those that the dense search finds."""
    vectors = embedder.embed(queries(_EXACT, seed=99))
    kinds = frozenset(kind for kind, _ in await store.vectors.counts(TENANT))
    scope = Scope(frozenset(types) or kinds, internal=not types)
    ids, rows = await store.vectors.within(TENANT, scope)
    if not ids:
        return 1.0
    if types:
        found = await FilteredSearch(store.index, store.vectors, DIGEST).search(TENANT, 1, scope, vectors, 2 * limit)
    else:
        found = await store.index.search(TENANT, DIGEST, vectors, 2 * limit)
    shares = []
    for vector, hits in zip(vectors, found, strict=True):
        nearest = {ids[at] for at in np.argsort(-(rows @ vector))[:limit]}
        shares.append(len(nearest & {chunk_id for chunk_id, _ in hits}) / max(1, len(nearest)))
    return float(np.mean(shares))


def _memory() -> float:
    """Resident, in MiB."""
    resident: int = psutil.Process().memory_info().rss
    return resident / 2**20


def show(results: list[Measured]) -> None:
    table = Table("chunks", "filter", "system", "p50 ms", "p95 ms", "recall", "MiB")
    for row in results:
        recall = "" if row.recall is None else f"{row.recall:.3f}"
        times = f"{row.p50:.1f}", f"{row.p95:.1f}"
        table.add_row(f"{row.chunks:,}", row.filtered, row.system, *times, recall, f"{row.mebibytes:.0f}")
    Console(width=120).print(table)


if __name__ == "__main__":
    typer.run(main)
