"""How fast the service is: start, cached answers against a bare route in the same run, overhead of fresh answers.

    python benchmarks/service.py [--database-url URL] [--redis-url URL]

Starts the service on a temporary database and index with the demo documents, and a bare FastAPI route beside it.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import orjson
import psutil
import typer
from rich.console import Console
from rich.table import Table

from app.api.examples import RAG_REQUEST
from benchmarks.load import Load, run_load

ROOT = Path(__file__).resolve().parent.parent
PATH = "/rag/api/v1/rag/generate-followup"
ROUNDS, REQUESTS, CONNECTIONS, FRESH = 5, 3000, 8, 300
HISTORIES = (
    "Asked about pricing for {} users, stopped responding",
    "How does it integrate with our system {}?",
    "Worried about data security in region {}, asked for certificates",
    "Said it is too expensive compared with tool {}",
    "Downloaded onboarding guide {}",
    "Asked how long implementation takes for {} sites",
)
INDUSTRIES = ("manufacturing", "healthcare", "logistics", "retail", "software")


def environment(folder: Path, port: int, overrides: dict[str, str]) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{folder}/followup.db",
        "CHROMA_PERSIST_DIR": str(folder / "chroma"),
        "API_PORT": str(port),
        "ENABLE_METRICS": "false",
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "PYTHONPATH": str(ROOT),
        **overrides,
    }


@contextmanager
def process(command: list[str], env: dict[str, str], url: str, stdin: bytes = b"") -> Iterator[tuple[int, float]]:
    """Run a server; yields its pid and the seconds from start until `url` answers."""
    started = time.perf_counter()
    child = subprocess.Popen(command, env=env, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert child.stdin is not None
    child.stdin.write(stdin)
    child.stdin.close()
    try:
        wait_for(url, child)
        yield child.pid, time.perf_counter() - started
    finally:
        child.terminate()
        child.wait(timeout=30)


def wait_for(url: str, child: subprocess.Popen[bytes], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise RuntimeError(f"the server stopped with exit code {child.returncode}")
        try:
            urllib.request.urlopen(url, timeout=1).read()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"{url} did not answer within {seconds} s")


def fresh_bodies(count: int) -> list[bytes]:
    """Requests that differ in name, question, industry and score, so that no search query comes twice."""
    bodies = []
    for number in range(count):
        lead: dict[str, Any] = {
            "lead_name": f"Lead{chr(65 + number % 26)}{chr(97 + number // 26 % 26)}",
            "product_name": "AI Billing Software",
            "interaction_history": HISTORIES[number % len(HISTORIES)].format(number + 3),
            "lead_industry": INDUSTRIES[number % len(INDUSTRIES)],
            "lead_score": number % 101,
            "days_since_contact": number % 60,
            "company_name": "TechCorp",
        }
        bodies.append(orjson.dumps({"lead_context": lead}))
    return bodies


def ask(port: int, body: bytes) -> dict[str, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{PATH}", data=body, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        answer: dict[str, Any] = orjson.loads(response.read())
    return answer


def measure_cached(port: int, bare_port: int, body: bytes) -> tuple[list[Load], list[Load]]:
    """Service and bare route in turn, so that a drifting machine hits both."""
    service, bare = [], []
    for _ in range(ROUNDS):
        service.append(asyncio.run(run_load(port, PATH, [body], REQUESTS, CONNECTIONS)))
        bare.append(asyncio.run(run_load(bare_port, "/", [body], REQUESTS, CONNECTIONS)))
    return service, bare


def measure_fresh(port: int) -> dict[str, list[float]]:
    """Milliseconds by stage of answers that were not cached, one at a time."""
    stages: dict[str, list[float]] = {}
    for number, body in enumerate(fresh_bodies(FRESH)):
        answer = ask(port, body)
        if answer["cached"] or number < FRESH // 10:
            continue
        for stage, milliseconds in answer["timings_ms"].items():
            stages.setdefault(stage, []).append(milliseconds)
    return stages


def show_cached(console: Console, service: list[Load], bare: list[Load]) -> None:
    table = Table("", "requests/s", "p50 ms", "p95 ms", title=f"Cached answers, {CONNECTIONS} connections (medians)")
    for name, loads in (("service", service), ("bare FastAPI route", bare)):
        medians = [statistics.median(getattr(load, field) for load in loads) for field in ("per_second", "p50", "p95")]
        table.add_row(name, f"{medians[0]:.0f}", f"{medians[1]:.2f}", f"{medians[2]:.2f}")
    ratios = [one.per_second / other.per_second for one, other in zip(service, bare, strict=True)]
    table.add_row("ratio", f"{statistics.median(ratios):.2f} ({min(ratios):.2f}..{max(ratios):.2f})", "", "")
    console.print(table)


def show_fresh(console: Console, stages: dict[str, list[float]]) -> None:
    table = Table("stage", "p50 ms", "p95 ms", title=f"Fresh answers, {len(stages['total'])} requests, one at a time")
    for stage, values in stages.items():
        table.add_row(stage, f"{statistics.median(values):.2f}", f"{statistics.quantiles(values, n=20)[18]:.2f}")
    console.print(table)


def main(port: int = 8710, database_url: str = "", redis_url: str = "") -> None:
    console = Console()
    given = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
    overrides = {name: value for name, value in given.items() if value}
    with tempfile.TemporaryDirectory() as name:
        env = environment(Path(name), port, overrides)
        ingest = [sys.executable, "scripts/ingest_documents.py", "--source", "knowledge_base"]
        subprocess.run(ingest, env=env, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        service = [sys.executable, "-m", "app"]
        with process(service, env, f"http://127.0.0.1:{port}/readyz"):
            pass  # the first start warms the page cache
        with process(service, env, f"http://127.0.0.1:{port}/readyz") as (pid, seconds):
            body = orjson.dumps(RAG_REQUEST["complete"]["value"])
            ask(port, body)
            answer = ask(port, body)
            console.print(f"start to ready {seconds:.1f} s, cached: {answer['cached']}")
            stages = measure_fresh(port)
            bare = [sys.executable, "benchmarks/bare.py", str(port + 1)]
            with process(bare, env, f"http://127.0.0.1:{port + 1}/openapi.json", orjson.dumps(answer)):
                cached = measure_cached(port, port + 1, body)
            memory = psutil.Process(pid).memory_info().rss / 2**20
    show_cached(console, *cached)
    show_fresh(console, stages)
    console.print(f"resident memory {memory:.0f} MiB")


if __name__ == "__main__":
    typer.run(main)
