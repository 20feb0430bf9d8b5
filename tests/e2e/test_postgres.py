"""The whole service on PostgreSQL and Redis, with the demo company's documents."""

from collections.abc import Iterator

import httpx2
import psycopg
import pytest
import redis
from sqlalchemy.engine import make_url

from app.api.examples import RAG_REQUEST
from app.embeddings.base import Embedder
from app.settings import Settings
from app.storage.migrate import upgrade
from tests.e2e.conftest import ingest
from tests.e2e.server import ROOT, running, settings_for
from tests.services import postgres_database

RAG = "/rag/api/v1/rag/generate-followup"
REQUEST = RAG_REQUEST["complete"]["value"]


@pytest.fixture(scope="module")
def settings(
    postgres_url: str,
    shared_redis: str,
    embedder: Embedder,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Settings]:
    with postgres_database(postgres_url) as url:
        upgrade(url)
        settings = settings_for(tmp_path_factory.mktemp("postgres"), url, redis_url=shared_redis)
        ingest(settings, ROOT / "knowledge_base", embedder)
        yield settings


@pytest.fixture(scope="module")
def service(settings: Settings) -> Iterator[httpx2.Client]:
    with running(settings) as url, httpx2.Client(base_url=url, timeout=60) as client:
        yield client


def test_every_part_is_connected(service: httpx2.Client) -> None:
    report = service.get("/health").json()
    assert report["status"] == "healthy"
    assert report["services"] == {"database": "connected", "redis": "connected", "vector_db": "active"}
    assert service.get("/readyz").status_code == 200


def test_the_original_request_is_answered_recorded_and_kept(
    service: httpx2.Client, settings: Settings, redis_url: str
) -> None:
    first, second = (service.post(RAG, json=REQUEST) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200), first.text
    body = first.json()
    assert "$299" in body["message"]
    assert "pricing_2024.pdf" in body["retrieval_sources"]
    assert body["grounding"]["verdict"] == "grounded"
    assert (body["degraded"], body["cached"], second.json()["cached"]) == ([], False, True)
    assert body["message_id"] == second.json()["message_id"]
    assert recorded(settings, body["message_id"]) == [(body["message"], "default")]
    with redis.Redis.from_url(redis_url) as client:
        assert len(list(client.scan_iter("followup:response:*"))) == 1


def recorded(settings: Settings, message_id: str) -> list[tuple[str, str]]:
    url = make_url(settings.database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT message, tenant_id FROM generations WHERE id = %s", (message_id,))
        return [(str(message), str(tenant)) for message, tenant in rows]
