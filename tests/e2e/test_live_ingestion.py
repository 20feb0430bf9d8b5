"""Documents that are ingested by the real script while the service runs, on either kind of database."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.embeddings.base import Embedder
from app.settings import Settings
from app.storage.migrate import upgrade
from tests.e2e.conftest import ingest
from tests.e2e.server import ROOT, running, settings_for

RAG = "/rag/api/v1/rag/generate-followup"
LEAD = {"lead_name": "Ana", "product_name": "Depot Planner", "interaction_history": "Asked about pricing"}


@pytest.fixture
def settings(blank_database_url: str, tmp_path: Path) -> Settings:
    settings = settings_for(tmp_path, blank_database_url)
    upgrade(settings.database_url)
    return settings


@pytest.fixture
def service(settings: Settings) -> Iterator[httpx2.Client]:
    with running(settings) as url, httpx2.Client(base_url=url, timeout=60) as client:
        yield client


def write(folder: Path, price: str) -> None:
    path = folder / "pricing" / "plans.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "# Depot Planner pricing\n\n"
        f"The Harbor plan of Depot Planner costs {price} per month and includes route planning.\n",
        encoding="utf-8",
    )


def run_script(settings: Settings, source: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "DATABASE_URL": settings.database_url,
        "CHROMA_PERSIST_DIR": str(settings.models.rag.vector_db.persist_directory),
        "MODEL_CACHE_DIR": str(settings.model_cache_dir),
        "COLUMNS": "200",
    }
    command = [sys.executable, str(ROOT / "scripts" / "ingest_documents.py"), "--source", str(source)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


def ask(service: httpx2.Client) -> dict[str, Any]:
    response = service.post(RAG, json={"lead_context": LEAD})
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def ask_until(service: httpx2.Client, words: str, seconds: float = 10) -> dict[str, Any]:
    """The first answer that holds `words` and is not degraded; the last one when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        body = ask(service)
        if (words in body["message"] and not body["degraded"]) or time.monotonic() > deadline:
            return body
        time.sleep(0.05)


def test_the_running_service_answers_from_what_the_script_brings(
    service: httpx2.Client, settings: Settings, embedder: Embedder, tmp_path: Path
) -> None:
    before = ask(service)
    assert before["grounding"]["verdict"] == "no_evidence"
    write(tmp_path / "kb", "$240")
    done = run_script(settings, tmp_path / "kb")
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    assert "lock" not in output.lower()
    assert "Picked up by the running service" in output
    first = ask_until(service, "$240")
    write(tmp_path / "kb", "$265")
    ingest(settings, tmp_path / "kb", embedder)
    second = ask_until(service, "$265")
    assert "$240" in first["message"]
    assert "$265" in second["message"]
    assert "$240" not in second["message"]
    for after in (first, second):
        assert (after["retrieval_sources"], after["degraded"]) == (["plans.md"], [])
    versions = [body["versions"]["knowledge"] for body in (before, first, second)]
    assert versions == sorted(set(versions))
    assert service.get("/health").json()["services"]["vector_db"] == "active"
