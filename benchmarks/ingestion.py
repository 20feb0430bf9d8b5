"""How fast documents go in, how little an unchanged folder costs, and how memory grows: ours against LangChain.

    python benchmarks/ingestion.py [--data ../shared/data] [--part 1.0] [--langchain-x10]

Takes the company folders `kb/polar` and `kb/gitpod` once (x1), and ten copies of them that each differ by a sentence
(x10). LangChain: DirectoryLoader with TextLoader, RecursiveCharacterTextSplitter(1000, 200), Chroma.from_documents with
the same MiniLM model. Every run is a process of its own; times include the index, not the start of the process.
Processor seconds are those of the whole run and its children, the repeated ingestion included.
"""

import asyncio
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import typer
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
MODEL = "sentence-transformers/all-MiniLM-L6-v2"
SUFFIXES = (".md", ".mdx", ".json")


def copy_documents(data: Path, target: Path, copies: int, part: float) -> int:
    """Fill `target` with the documents of both companies, `copies` times; how many there are."""
    paths = sorted(path for name in ("polar", "gitpod") for path in (data / "kb" / name).rglob("*"))
    documents = [path for path in paths if path.suffix in SUFFIXES]
    documents = documents[:: max(round(1 / part), 1)]
    for copy in range(copies):
        for path in documents:
            to = target / f"copy_{copy}" / path.relative_to(data / "kb")
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, to)
            if copies > 1 and path.suffix != ".json":
                with to.open("a", encoding="utf-8") as file:
                    file.write(f"\n\nThis is copy number {copy} of the page.\n")
    return copies * len(documents)


async def ingest(folder: Path, work: Path, workers: int) -> dict[str, float]:
    from app.knowledge.ingestion import IngestionOptions
    from app.knowledge.workbench import open_workbench
    from app.settings import load_settings
    from app.storage.migrate import upgrade

    settings = load_settings(
        database_url=f"sqlite+aiosqlite:///{work}/followup.db", chroma_persist_dir=str(work / "chroma")
    )
    upgrade(settings.database_url)
    async with open_workbench(settings) as bench:
        bench.embedder.warm_up()
        await bench.index.open()
        began = time.perf_counter()
        report = await bench.ingestion.ingest(folder, "default", IngestionOptions(workers=workers))
        staged = time.perf_counter()
        await bench.sync.apply_pending()
        ended = time.perf_counter()
        again = await bench.ingestion.ingest(folder, "default", IngestionOptions(workers=workers))
        await bench.sync.apply_pending()
        return {
            "seconds": ended - began,
            "of it index": ended - staged,
            "chunks": report.chunks,
            "refused": len(report.having("refused")),
            "again": time.perf_counter() - ended,
            "unchanged": len(again.having("unchanged")),
        }


def ingest_with_langchain(folder: Path, work: Path) -> dict[str, float]:
    from langchain_chroma import Chroma
    from langchain_community.document_loaders import DirectoryLoader, TextLoader
    from langchain_core.embeddings import Embeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter
    from sentence_transformers import SentenceTransformer

    from app.embeddings.resolve import locate_model

    class MiniLM(Embeddings):
        """As langchain-huggingface does it, whose pins do not go together with ours."""

        def __init__(self) -> None:
            self._model = SentenceTransformer(str(locate_model(MODEL, work)), device="cpu")

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            vectors: list[list[float]] = self._model.encode(texts, normalize_embeddings=True).tolist()
            return vectors

        def embed_query(self, text: str) -> list[float]:
            return self.embed_documents([text])[0]

    model = MiniLM()
    model.embed_query("warm up")
    began = time.perf_counter()
    loader = DirectoryLoader(
        str(folder),
        glob=[f"**/*{suffix}" for suffix in SUFFIXES],
        loader_cls=TextLoader,
        loader_kwargs={"encoding": "utf-8"},
    )
    chunks = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200).split_documents(loader.load())
    Chroma.from_documents(chunks, model, persist_directory=str(work / "chroma"))
    return {"seconds": time.perf_counter() - began, "chunks": len(chunks)}


def measured(kind: str, folder: Path, workers: int) -> dict[str, Any]:
    """One run in a process of its own, with its peak memory in MiB."""
    command = [sys.executable, __file__, "--child", kind, "--folder", str(folder), "--workers", str(workers)]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def run_child(kind: str, folder: Path, workers: int) -> None:
    with tempfile.TemporaryDirectory() as work:
        if kind == "ours":
            result: dict[str, float] = asyncio.run(ingest(folder, Path(work), workers))
        else:
            result = ingest_with_langchain(folder, Path(work))
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    result["peak"] = own.ru_maxrss / 1024
    result["processor"] = sum(used.ru_utime + used.ru_stime for used in (own, children))
    print(json.dumps(result))


def show(rows: Sequence[tuple[str, int, dict[str, Any]]]) -> None:
    table = Table(
        *("run", "documents", "chunks", "s", "of it index s", "processor s", "documents/s", "chunks/s"),
        *("peak MiB", "unchanged again s", "first / again"),
    )
    for name, documents, result in rows:
        seconds, again = result["seconds"], result.get("again")
        table.add_row(
            *(
                name,
                str(documents),
                str(int(result["chunks"])),
                f"{seconds:.1f}",
                f"{result.get('of it index', 0):.1f}",
                f"{result['processor']:.0f}",
            ),
            *(f"{documents / seconds:.1f}", f"{result['chunks'] / seconds:.0f}", f"{result['peak']:.0f}"),
            *(f"{again:.2f}" if again else "", f"{seconds / again:.0f}" if again else ""),
        )
    Console(width=160).print(table)


def main(
    data: Path = ROOT.parent / "shared" / "data",
    part: float = typer.Option(1.0, min=0.01, max=1, help="Only this share of the documents."),
    workers: int = typer.Option(2, min=1),
    langchain_x10: bool = typer.Option(False, "--langchain-x10", help="Also run LangChain on x10."),
    child: str = typer.Option("", hidden=True),
    folder: Path = typer.Option(Path(), hidden=True),
) -> None:
    if child:
        run_child(child, folder, workers)
        return
    with tempfile.TemporaryDirectory() as work:
        once, tenfold = Path(work) / "x1", Path(work) / "x10"
        few, many = copy_documents(data, once, 1, part), copy_documents(data, tenfold, 10, part)
        plan = [("ours x1", "ours", once, few), ("LangChain x1", "langchain", once, few)]
        plan += [("ours x10", "ours", tenfold, many)]
        plan += [("LangChain x10", "langchain", tenfold, many)] if langchain_x10 else []
        rows = []
        for name, kind, source, documents in plan:
            rows.append((name, documents, measured(kind, source, workers)))
            show(rows[-1:])
    show(rows)


if __name__ == "__main__":
    typer.run(main)
