"""The service as a process: started by its own command, observed from outside, stopped by a signal."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.knowledge.index_lock import IndexLock
from app.settings import Settings
from tests.e2e.server import ROOT, free_port

RAG = "/rag/api/v1/rag/generate-followup"
CANARY = "Zzyzxcanary"
LEAD = {
    "lead_name": f"{CANARY}name",
    "product_name": "AI Billing Software",
    "interaction_history": f"Asked about pricing for {CANARY}history",
    "notes": f"{CANARY}notes a@{CANARY}.example",
    "lead_company": f"{CANARY}company",
}


@contextmanager
def service(folder: Path, database_url: str, **environment: str) -> Iterator[tuple[httpx2.Client, dict[str, Any]]]:
    """A client of a service process; the dict holds `log` and `returncode` after it stopped."""
    port, metrics = free_port(), free_port()
    env = {
        **os.environ,
        "DATABASE_URL": database_url,
        "CHROMA_PERSIST_DIR": str(folder / "process-chroma"),
        "API_PORT": str(port),
        "PROMETHEUS_PORT": str(metrics),
        **environment,
    }
    command = [sys.executable, "-m", "app"]
    seen: dict[str, Any] = {"metrics_url": f"http://127.0.0.1:{metrics}/metrics"}
    with subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True) as process:
        try:
            with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                _wait(client, process)
                yield client, seen
        finally:
            process.send_signal(signal.SIGTERM)
            seen["log"] = process.communicate(timeout=30)[1]
            seen["returncode"] = process.returncode


def _wait(client: httpx2.Client, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[1]
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.1)
    pytest.fail("the service did not become ready")


def test_logs_and_metrics_hold_no_text_of_a_lead(demo_settings: Settings, tmp_path: Path) -> None:
    with service(tmp_path, demo_settings.database_url, LOG_LEVEL="DEBUG") as (client, seen):
        assert client.post(RAG, json={"lead_context": LEAD}).status_code == 200
        assert client.post(RAG, json={"lead_context": {**LEAD, "unknown": CANARY}}).status_code == 422
        broken = f'{{"x": "{CANARY}'.encode()
        assert client.post(RAG, content=broken, headers={"Content-Type": "application/json"}).status_code == 422
        assert client.get(f"/{CANARY}").status_code == 404
        opted_out = {**LEAD, "interaction_history": f"unsubscribe me, {CANARY}"}
        assert client.post(RAG, json={"lead_context": opted_out}).status_code == 422
        metrics = httpx2.get(seen["metrics_url"]).text
    assert CANARY not in seen["log"]
    assert CANARY not in metrics
    assert all(json.loads(line) for line in seen["log"].splitlines())
    assert seen["returncode"] in (0, -signal.SIGTERM)  # the server passes the signal on once it has shut down


def test_metrics_count_what_happened(demo_settings: Settings, tmp_path: Path) -> None:
    with service(tmp_path, demo_settings.database_url) as (client, seen):
        lead = {
            "lead_name": "Metric",
            "product_name": "AI Billing Software",
            "interaction_history": "Asked about pricing",
        }
        for _ in range(2):
            assert client.post(RAG, json={"lead_context": lead}).status_code == 200
        metrics = httpx2.get(seen["metrics_url"]).text
    assert _value(metrics, r'followup_http_requests_total{route="/rag/[^"]*",status="200"}') == 2
    assert _value(metrics, r'followup_generations_total{fallback="template",generator="rag"}') == 1
    assert _value(metrics, r'followup_cache_total{outcome="hit",tier="memory"}') == 1
    assert _value(metrics, r'followup_claims_total{verdict="supported"}') >= 2


def test_a_configuration_mistake_is_one_sentence(tmp_path: Path) -> None:
    env = {**os.environ, "API_HOST": "0.0.0.0", "DATABASE_URL": f"sqlite:///{tmp_path}/x.db"}
    done = subprocess.run([sys.executable, "-m", "app"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "REQUIRE_API_KEY" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_service_on_one_index_ends_with_one_sentence(demo_settings: Settings, tmp_path: Path) -> None:
    lock = IndexLock(tmp_path)
    lock.acquire("the first service")
    env = {
        **os.environ,
        "DATABASE_URL": demo_settings.database_url,
        "CHROMA_PERSIST_DIR": str(tmp_path),
        "API_PORT": str(free_port()),
        "ENABLE_METRICS": "false",
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "app"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=90
        )
    finally:
        lock.release()
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert '"code":"index_locked"' in done.stderr
    assert "internal_error" not in done.stderr
    assert done.stderr.splitlines()[-1] == (
        f"The index lock of {tmp_path} is held by the first service; only one process at a time may hold it."
    )


def _value(metrics: str, pattern: str) -> float:
    found = re.search(rf"^{pattern.replace('{', '[{]').replace('}', '[}]')} (\S+)$", metrics, re.MULTILINE)
    assert found is not None, pattern
    return float(found[1])
