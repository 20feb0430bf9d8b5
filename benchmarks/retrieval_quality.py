"""How well the right passage is found: words alone, vectors alone, both fused, beside LangChain's ensemble.

    python benchmarks/retrieval_quality.py [--sets scifact,cranfield] [--questions 100] [--fusion rrf]

Works on public retrieval sets under ../shared/data/retrieval, through the product's own chunking, SQL full text, Chroma
and retriever with the settings of config/retrieval.yaml. Vectors are kept in var/benchmarks for the next run.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import typer
from rich.console import Console
from rich.table import Table

from app.config_files import Fusion, RetrievalConfig
from app.embeddings.backends import build_embedder
from app.followups.types import RetrievalOptions
from app.settings import load_settings
from benchmarks.rank_metrics import auc, ndcg, recall
from benchmarks.remembered_embeddings import Progress, RememberedEmbedder
from benchmarks.retrieval_sets import DATA, SETS, Question, RetrievalSet
from benchmarks.retrieval_systems import DEPTH, LangChainEnsemble, Ranking, ours
from scripts.terminal import errors_as_sentences, progress_bar

CACHE = Path(__file__).resolve().parent.parent / "var" / "benchmarks"
HYBRID = RetrievalOptions(top_k=DEPTH, threshold=0.0)
DENSE = replace(HYBRID, use_hybrid_search=False)
Search = Callable[[Question], Awaitable[Ranking]]


@dataclass(frozen=True, slots=True)
class Score:
    """One system on one set. `auc` says how well relevance tells answerable from unanswerable questions."""

    system: str
    ndcg: float
    recall: float
    auc: float | None = None


async def measure(name: str, search: Search, corpus: RetrievalSet, progress: Progress) -> Score:
    gains, recalls = [], []
    reached: dict[bool, list[float]] = {True: [], False: []}
    for done, question in enumerate(corpus.questions, start=1):
        ranking = await search(question)
        if question.relevant:
            gains.append(ndcg(ranking.ids, question.relevant))
            recalls.append(recall(ranking.ids, question.relevant, DEPTH))
        if question.answerable is not None:
            reached[question.answerable].append(ranking.relevance)
        progress(done, len(corpus.questions), f"{corpus.name}: {name}")
    separation = auc(reached[True], reached[False]) if any(reached[True]) and reached[False] else None
    return Score(name, sum(gains) / len(gains), sum(recalls) / len(recalls), separation)


async def compare(
    corpus: RetrievalSet, embedder: RememberedEmbedder, config: RetrievalConfig, progress: Progress
) -> list[Score]:
    async with ours(embedder, config) as system:
        chunks = await system.fill(corpus, progress)
        retriever = system.retriever()
        searches: dict[str, Search] = {
            "words": system.by_words,
            "vectors": lambda question: system.by_passages(retriever, question, DENSE),
            "hybrid": lambda question: system.by_passages(retriever, question, HYBRID),
        }
        scores = [await measure(name, search, corpus, progress) for name, search in searches.items()]
        retriever.close()
    ensemble = LangChainEnsemble(chunks, embedder)

    async def langchain(question: Question) -> Ranking:
        return await asyncio.to_thread(ensemble.rank, question)

    return [*scores, await measure("LangChain ensemble", langchain, corpus, progress)]


def show(corpus: RetrievalSet, scores: Sequence[Score], console: Console) -> None:
    table = Table("system", "nDCG@10", f"Recall@{DEPTH}", "answerable AUC", title=corpus.name)
    for score in scores:
        separation = "" if score.auc is None else f"{score.auc:.3f}"
        table.add_row(score.system, f"{score.ndcg:.4f}", f"{score.recall:.4f}", separation)
    table.caption = f"BM25 floor {corpus.floor}, target {corpus.target}; {len(corpus.questions)} questions"
    console.print(table)


def main(
    sets: str = typer.Option(",".join(SETS), help="Which sets, separated by commas."),
    questions: int = typer.Option(0, help="Only the first so many questions of each set; 0 means all."),
    fusion: str = typer.Option("", help="scores or rrf, instead of what config/retrieval.yaml says."),
) -> None:
    if not DATA.is_dir():
        typer.echo(f"The retrieval sets are not at {DATA}.")
        raise typer.Exit(1)
    settings = load_settings()
    inner = build_embedder(settings.models.rag, settings.model_cache_dir)
    config = settings.retrieval
    if fusion:
        method = Fusion.model_validate(config.fusion.model_dump() | {"method": fusion})
        config = config.model_copy(update={"fusion": method})
    with errors_as_sentences(), progress_bar() as progress:
        for name in sets.split(","):
            corpus = SETS[name]()
            corpus = replace(corpus, questions=corpus.questions[: questions or None])
            embedder = RememberedEmbedder(inner, CACHE)
            show(corpus, asyncio.run(compare(corpus, embedder, config, progress)), Console())


if __name__ == "__main__":
    typer.run(main)
