"""How long a search takes as a company grows, with and without a filter by source type.

    python benchmarks/retrieval_speed.py --folder var/benchmarks/retrieval --sizes 1000,10000,100000

A search is one new question: embedding, dense and lexical search, look-up and judging. Companies are generated and
built in `folder` the first time (100,000 chunks take many minutes); a build that was interrupted goes on.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
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
_WARM_UP = 5
_EXACT = 20

Search = Callable[[str], Awaitable[object]]


def main(
    folder: Path = typer.Option(Path("var/benchmarks/retrieval")),
    sizes: str = typer.Option("1000,10000,100000"),
    searches: int = typer.Option(100, min=10),
    cache_dir: Path = typer.Option(Path("var/models")),
) -> None:
    embedder = build_embedder(RagModels(), cache_dir)
    embedder.warm_up()
    corpus = GeneratedCorpus(embedder)
    table = Table("chunks", "filter", "p50 ms", "p95 ms", "recall", "MiB")
    for size in map(int, sizes.split(",")):
        asyncio.run(build(folder / str(size), size, corpus, lambda done: print(f"\r{done} chunks", end="")))
        rows = asyncio.run(_measure(folder / str(size), embedder, searches))
        for row in rows:
            table.add_row(f"{size:,}", *row)
            print(size, *row, flush=True)
    Console().print(table)


async def _measure(folder: Path, embedder: Embedder, searches: int) -> list[tuple[str, ...]]:
    store = await open_store(folder)
    rows: list[tuple[str, ...]] = []
    retriever = _retriever(store, embedder)
    try:
        for number, (name, types) in enumerate(FILTERS.items()):
            options = RetrievalOptions(top_k=5, threshold=0.0, source_types=types)

            async def search(query: str, options: RetrievalOptions = options) -> object:
                return await retriever.search(TENANT, [query], options)

            p50, p95 = await _percentiles(search, queries(searches + _WARM_UP, seed=number))
            recall = await _recall(store, embedder, types)
            rows.append((name, f"{p50:.1f}", f"{p95:.1f}", f"{recall:.3f}", _memory()))
    finally:
        retriever.close()
        await store.close()
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


def _memory() -> str:
    return f"{psutil.Process().memory_info().rss / 2**20:.0f}"


if __name__ == "__main__":
    typer.run(main)
