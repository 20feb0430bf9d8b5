"""Log lines hold declared fields only, never a text of an exception or a library; requests move the metrics."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from app.container import Container
from app.knowledge.ingestion import Ingestion
from app.main import create_app
from app.observability import LOG_FIELDS, Metrics, Stopwatch
from app.storage.migrate import upgrade
from tests.e2e.server import ROOT, settings_for

SECRET = "Zzyzx-secret"
LOGGING = f"""
import logging
from app.observability import configure_logging, get_logger
configure_logging("INFO")
log = get_logger("cache")
log.debug("below_the_level")
log.info("declared", count=3, lead_name="{SECRET}", message="{SECRET}", key="{SECRET}")
def break_down():
    raise ValueError("{SECRET}")
try:
    break_down()
except ValueError as error:
    log.error("given", exc_info=error)
    log.error("current", exc_info=True)
    logging.getLogger("library.part").exception("{SECRET} %s", "{SECRET}")
logging.getLogger("library.part").warning("{SECRET}")
logging.getLogger("library.part").info("{SECRET}")
logging.getLogger("library.part").warning("%d", "{SECRET}")
log.error("never_raised", exc_info=ValueError("{SECRET}"))
"""


@pytest.fixture(scope="module")
def log() -> list[dict[str, Any]]:
    """The log of a process of its own: a configuration of logging holds for a whole process."""
    done = subprocess.run([sys.executable, "-c", LOGGING], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "")
    assert SECRET not in done.stderr
    return [json.loads(line) for line in done.stderr.splitlines()]


def lines(log: list[dict[str, Any]], event: str) -> list[dict[str, Any]]:
    return [line for line in log if line["event"] == event]


def test_undeclared_fields_are_dropped(log: list[dict[str, Any]]) -> None:
    [line] = lines(log, "declared")
    assert line == {
        "event": "declared",
        "count": 3,
        "component": "cache",
        "level": "info",
        "timestamp": line["timestamp"],
    }
    assert all(line.keys() <= LOG_FIELDS for line in log)


def test_what_is_below_the_level_is_not_written(log: list[dict[str, Any]]) -> None:
    assert not lines(log, "below_the_level")


@pytest.mark.parametrize("event", ["given", "current"])
def test_an_exception_is_its_type_and_place(log: list[dict[str, Any]], event: str) -> None:
    [line] = lines(log, event)
    raised_at = LOGGING.splitlines().index(f'    raise ValueError("{SECRET}")') + 1
    assert (line["exc_type"], line["exc_location"]) == ("ValueError", f"__main__:{raised_at}")


def test_an_exception_that_was_never_raised_is_its_type(log: list[dict[str, Any]]) -> None:
    [line] = lines(log, "never_raised")
    assert line["exc_type"] == "ValueError"
    assert "exc_location" not in line


def test_a_library_s_warning_is_reduced_to_who_and_where(log: list[dict[str, Any]]) -> None:
    found = lines(log, "library_message")
    assert [(line["component"], line["state"], line.get("exc_type")) for line in found] == [
        ("library", "ERROR", "ValueError"),
        ("library", "WARNING", None),
        ("library", "WARNING", None),
    ]
    assert all(line["reason"].partition(":")[2].isdigit() for line in found)


# --------------------------------------------------------------------------- metrics


def touched(registry: CollectorRegistry) -> set[str]:
    """Names of the metrics that have counted or observed something."""
    return {
        family.name.removeprefix("followup_")
        for family in registry.collect()
        for sample in family.samples
        if sample.value and not sample.name.endswith(("_created", "_bucket"))
    }


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[FastAPI]:
    """An open service with one document about one product."""
    folder = tmp_path / "kb" / "pricing"
    folder.mkdir(parents=True)
    (folder / "plans.md").write_text(
        "# Depot Planner pricing\n\nThe Harbor plan of Depot Planner costs $240 per month.\n",
        encoding="utf-8",
    )
    settings = settings_for(tmp_path, f"sqlite:///{tmp_path / 'followup.db'}")
    upgrade(settings.database_url)
    app = create_app(settings)
    container: Container = app.state.container
    await container.database.connect()
    await Ingestion(container.documents, container.embedder, settings.retrieval).ingest(folder.parent, "default")
    async with app.router.lifespan_context(app):
        yield app


async def test_one_request_moves_every_metric_of_a_message_without_a_model(service: FastAPI) -> None:
    registry = service.state.container.metrics.registry
    lead = {"lead_name": "Ana", "product_name": "Depot Planner", "interaction_history": "Asked about pricing"}
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=service), base_url="http://127.0.0.1") as client:
        response = await client.post("/api/v1/followups", json={"lead_context": lead})
        assert response.status_code == 200, response.text
        assert "$240" in response.json()["message"]
        assert touched(registry) >= {
            "http_requests", "http_request_seconds", "stage_seconds", "generations", "cache", "retrieved_passages",
            "retrieval_relevance", "claims", "strategies", "personalization", "lead_scores",
        }  # fmt: skip
        await client.post("/api/v1/followups", json={"lead": lead})
        assert "errors" in touched(registry)


def test_two_services_in_one_process_count_apart() -> None:
    one, two = Metrics(), Metrics()
    one.errors.labels(code="not_found").inc()
    assert touched(one.registry) == {"errors"}
    assert touched(two.registry) == set()


def test_a_stage_is_timed_even_if_it_fails_and_adds_up() -> None:
    metrics = Metrics()
    watch = Stopwatch(metrics)
    with pytest.raises(ValueError, match="broken"), watch.stage("grounding"):
        raise ValueError("broken")
    first = watch.timings_ms["grounding"]
    with watch.stage("grounding"):
        pass
    assert watch.timings_ms["grounding"] >= first >= 0
    assert metrics.registry.get_sample_value("followup_stage_seconds_count", {"stage": "grounding"}) == 2
    assert watch.total_ms() >= watch.timings_ms["grounding"] - 0.01
