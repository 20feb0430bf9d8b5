"""Parts that are gone: a degraded answer that says so, or a clear error."""

import asyncio
import shutil
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import httpx2
import pytest
import redis

from app.container import Container
from app.embeddings.base import Embedder
from app.errors import ConfigurationError, IndexLocked
from app.settings import Settings, load_settings
from app.storage.migrate import upgrade
from scripts.create_api_key import create
from tests.e2e.conftest import ingest
from tests.e2e.server import ROOT, running, settings_for
from tests.services import private_redis

RAG = "/rag/api/v1/rag/generate-followup"
LEAD = {"lead_name": "Ramesh", "product_name": "AI Billing Software", "interaction_history": "Asked about pricing"}


def ask(client: httpx2.Client, **lead: Any) -> dict[str, Any]:  # noqa: ANN401 - any lead field
    response = client.post(RAG, json={"lead_context": {**LEAD, **lead}})
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


@pytest.fixture
def copied(demo_settings: Settings, tmp_path: Path) -> Callable[..., Settings]:
    """The demo documents in a database and index of this test's own."""

    def copy(**overrides: Any) -> Settings:  # noqa: ANN401 - any setting
        target = tmp_path / "followup.db"
        shutil.copyfile(demo_settings.database_url.split("///")[1], target)
        return settings_for(tmp_path, f"sqlite:///{target}", **overrides)

    return copy


def test_without_documents_a_specialist_is_offered(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, f"sqlite:///{tmp_path / 'empty.db'}")
    upgrade(settings.database_url)
    with running(settings) as url, httpx2.Client(base_url=url) as client:
        body = ask(client)
    assert body["grounding"]["verdict"] == "no_evidence"
    assert body["retrieval_sources"] == []
    assert "specialist" in body["message"]
    assert "$" not in body["message"]
    assert body["message"].count("?") == 1


def test_redis_gone_at_start_is_slower_and_says_so(copied: Callable[..., Settings]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with running(copied(redis_url=f"redis://127.0.0.1:{port}/0")) as url, httpx2.Client(base_url=url) as client:
        assert ask(client)["degraded"] == ["cache"]
        assert client.get("/health").json()["services"]["redis"] == "disconnected"
        assert client.get("/readyz").status_code == 200


def test_redis_that_dies_in_flight_is_slower_and_says_so(copied: Callable[..., Settings]) -> None:
    with (
        private_redis() as redis_url,
        running(copied(redis_url=redis_url)) as url,
        httpx2.Client(base_url=url) as client,
    ):
        assert ask(client)["degraded"] == []
        assert client.get("/health").json()["services"]["redis"] == "connected"
        shutdown(redis_url)
        assert ask(client, lead_name="Later")["degraded"] == ["cache"]


def test_redis_serves_a_restarted_service(copied: Callable[..., Settings], redis_url: str) -> None:
    settings = copied(redis_url=redis_url)
    with running(settings) as url, httpx2.Client(base_url=url) as client:
        first = ask(client)
    with running(settings) as url, httpx2.Client(base_url=url) as client:
        second = ask(client)
    assert (first["cached"], second["cached"]) == (False, True)
    assert first["message_id"] == second["message_id"]


def test_a_message_that_cannot_be_recorded_is_not_handed_out(copied: Callable[..., Settings]) -> None:
    settings = copied()
    with (
        running(settings) as url,
        httpx2.Client(base_url=url, timeout=30) as client,
        closing(sqlite3.connect(settings.database_url.split("///")[1])) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        lead = {"lead_context": {**LEAD, "lead_name": "Blocked"}}
        response = client.post(RAG, json=lead, headers={"X-Deadline-Ms": "1500"})
        assert client.get("/livez").status_code == 200
        other.rollback()
        after = client.post(RAG, json=lead)
    assert response.status_code == 503
    assert response.json()["code"] in ("storage_unavailable", "deadline_exceeded")
    assert int(response.headers["Retry-After"]) > 0
    assert after.status_code == 200


def test_a_second_service_on_the_same_index_refuses_to_start(demo_service: str, demo_settings: Settings) -> None:
    async def start() -> None:
        await Container(demo_settings).open()

    with pytest.raises(IndexLocked, match="only one process"):
        asyncio.run(start())


def test_an_old_schema_refuses_to_start(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, f"sqlite:///{tmp_path / 'blank.db'}")
    with pytest.raises(ConfigurationError, match="migrate"):
        asyncio.run(Container(settings).open())


@pytest.mark.parametrize(("version", "warnings"), [((3, 51, 2), 1), ((3, 51, 3), 0)])
def test_a_start_with_an_old_sqlite_warns_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], warnings: int
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    monkeypatch.setattr(sqlite3, "sqlite_version", "3.51.2")
    log = MagicMock()
    monkeypatch.setattr("app.container._log", log)
    with pytest.raises(ConfigurationError, match="migrate"):
        asyncio.run(Container(settings_for(tmp_path, f"sqlite:///{tmp_path / 'blank.db'}")).open())
    assert log.warning.call_count == warnings
    for call in log.warning.call_args_list:
        assert "SQLite 3.51.2" in call.kwargs["reason"]
        assert "3.51.3 or newer, or set DATABASE_URL" in call.kwargs["reason"]


def test_an_open_network_needs_keys() -> None:
    with pytest.raises(ConfigurationError, match="REQUIRE_API_KEY"):
        load_settings(_env_file=None, api_host="0.0.0.0")


def test_two_companies_never_meet(tmp_path: Path, embedder: Embedder) -> None:
    folder = tmp_path / "other"
    (folder / "pricing").mkdir(parents=True)
    (folder / "pricing" / "prices.md").write_text(
        "# Prices\n\nThe Acme Invoice Robot costs $77 per month and includes automated invoice processing.\n",
        encoding="utf-8",
    )
    settings = settings_for(tmp_path, f"sqlite:///{tmp_path / 'followup.db'}")
    upgrade(settings.database_url)
    ingest(settings, ROOT / "knowledge_base", embedder)
    ingest(settings, folder, embedder, tenant="acme")
    key = create_key(settings, "acme")
    with running(settings) as url, httpx2.Client(base_url=url) as client:
        lead = {**LEAD, "product_name": "Acme Invoice Robot"}
        acme = client.post(RAG, json={"lead_context": lead}, headers={"Authorization": f"Bearer {key}"}).json()
        ours = client.post(RAG, json={"lead_context": lead}).json()
        swapped = client.post(RAG, json={"lead_context": LEAD}, headers={"X-API-Key": key}).json()
    assert "$77" in acme["message"]
    assert "$77" not in str(ours)
    assert "$299" not in str(swapped)


def create_key(settings: Settings, tenant: str) -> str:
    return asyncio.run(create(tenant, "test", settings.database_url)).key


def shutdown(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.shutdown(nosave=True)
