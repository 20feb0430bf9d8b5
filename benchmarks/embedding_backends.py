"""Torch against ONNX int8: nDCG@10 of dense search, and the time and memory of each.

    python benchmarks/embedding_backends.py --data ../shared/data [--quality/--no-quality]

Each backend runs in a process of its own. Texts are cut at the model's window; documents are not chunked.
"""

import gzip
import json
import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import typer
from rich.console import Console
from rich.table import Table

from app.config_files import RagModels
from app.embeddings.backends import build_embedder
from app.embeddings.base import Embedder, Vectors
from benchmarks.retrieval_corpus import GeneratedCorpus, queries

SETS = ("cranfield", "dstc11", "scifact")
_CHUNKS = 200
_QUERIES = 60


@dataclass(frozen=True, slots=True)
class Judged:
    """Texts, queries, and for each query the grades of its relevant texts and the texts it may choose from."""

    texts: list[str]
    queries: list[str]
    grades: list[dict[int, float]]
    scopes: list[list[int] | None]


@dataclass(frozen=True, slots=True)
class Measured:
    seconds_to_start: float
    megabytes: float
    query_ms: float
    chunks_per_second: float
    ndcg: dict[str, float]


def main(
    data: Path = typer.Option(Path("../shared/data"), help="folder with retrieval/<set>"),
    quality: bool = typer.Option(True, help="also embed the judged sets, which takes many minutes"),
    cache_dir: Path = typer.Option(Path("var/models")),
) -> None:
    table = Table("backend", "start s", "MiB", "query ms", "chunks/s", *(SETS if quality else ()))
    for backend in ("torch", "onnx"):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found: Measured = pool.apply(_measure, (backend, data, quality, cache_dir))
        figures = (found.seconds_to_start, found.megabytes, found.query_ms, found.chunks_per_second)
        table.add_row(
            backend, *(f"{value:.1f}" for value in figures), *(f"{value:.4f}" for value in found.ndcg.values())
        )
    Console().print(table)


def _measure(backend: str, data: Path, quality: bool, cache_dir: Path) -> Measured:
    before = psutil.Process().memory_info().rss
    began = time.perf_counter()
    embedder = build_embedder(RagModels.model_validate({"embedding_backend": backend}), cache_dir)
    embedder.warm_up()
    started = time.perf_counter() - began
    took = []
    for query in queries(_QUERIES, seed=1):
        began = time.perf_counter()
        embedder.embed([query])
        took.append(time.perf_counter() - began)
    memory = (psutil.Process().memory_info().rss - before) / 2**20
    corpus = GeneratedCorpus(embedder)
    texts = [chunk.text for document in corpus.documents(0, _CHUNKS // 20) for chunk in document.chunks]
    began = time.perf_counter()
    embedder.embed(texts)
    per_second = len(texts) / (time.perf_counter() - began)
    ndcg = {name: _quality(embedder, _read(data / "retrieval", name)) for name in SETS} if quality else {}
    return Measured(started, memory, float(np.median(took)) * 1000, per_second, ndcg)


def _quality(embedder: Embedder, judged: Judged) -> float:
    texts, wanted = embedder.embed(judged.texts), embedder.embed(judged.queries)
    rows = zip(wanted, judged.grades, judged.scopes, strict=True)
    return float(np.mean([_ndcg(vector, texts, grades, scope) for vector, grades, scope in rows]))


def _ndcg(query: Vectors, texts: Vectors, grades: dict[int, float], scope: list[int] | None) -> float:
    places = np.arange(len(texts)) if scope is None else np.array(scope)
    best = places[np.argsort(-(texts[places] @ query), kind="stable")[:10]]
    discounts = 1 / np.log2(np.arange(2, 12))
    gained = float(np.dot([grades.get(int(at), 0.0) for at in best], discounts[: len(best)]))
    ideal = sorted(grades.values(), reverse=True)[:10]
    return gained / float(np.dot(ideal, discounts[: len(ideal)]))


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from (json.loads(line) for line in file)


def _read(folder: Path, name: str) -> Judged:
    corpus = list(_rows(folder / name / "corpus.jsonl.gz"))
    places = {row["_id"]: at for at, row in enumerate(corpus)}
    texts = [f"{row.get('title', '')}\n{row['text']}".strip() for row in corpus]
    asked: list[tuple[str, dict[int, float], list[int] | None]] = []
    claims = name == "scifact"
    for row in _rows(folder / name / ("claims_train.jsonl.gz" if claims else "queries.jsonl.gz")):
        relevant = row["cited_doc_ids"] if claims else row["relevant"]
        grades = {places[str(document)]: 1.0 for document in relevant if str(document) in places}
        if grades:
            text = row["claim"] if claims else row["conversation"][-1]["text"] if name == "dstc11" else row["text"]
            asked.append((text, grades, _scope(corpus, grades) if name == "dstc11" else None))
    return Judged(texts, [text for text, _, _ in asked], [grades for _, grades, _ in asked], [s for _, _, s in asked])


def _scope(corpus: list[dict[str, Any]], grades: dict[int, float]) -> list[int]:
    """The texts about the entities that the relevant ones are about: what an account filter leaves."""
    entities = {(corpus[at]["domain"], corpus[at]["entity_id"]) for at in grades}
    return [at for at, row in enumerate(corpus) if (row["domain"], row["entity_id"]) in entities]


if __name__ == "__main__":
    typer.run(main)
