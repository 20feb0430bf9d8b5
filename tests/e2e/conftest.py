"""A running service over the demo company's documents."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.config_files import RagModels
from app.embeddings.backends import build_embedder
from app.embeddings.base import Embedder
from app.knowledge.ingestion import Ingestion
from app.knowledge.ingestion_report import IngestionReport
from app.settings import Settings
from app.storage.database import Database
from app.storage.documents import DocumentRepository
from app.storage.migrate import upgrade
from tests.e2e.server import ROOT, running, settings_for
from tests.embeddings.models import MODELS

Post = Callable[..., httpx2.Response]


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return build_embedder(RagModels(), MODELS)


def ingest(settings: Settings, source: Path, embedder: Embedder, tenant: str = "default") -> None:
    """Publish `source`, leaving the vector index to the service."""

    async def run() -> IngestionReport:
        database = Database(settings.database_url)
        await database.connect()
        try:
            return await Ingestion(DocumentRepository(database), embedder, settings.retrieval).ingest(source, tenant)
        finally:
            await database.close()

    report = asyncio.run(run())
    assert not report.having("refused")


@pytest.fixture(scope="session")
def demo_settings(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Settings:
    folder = tmp_path_factory.mktemp("demo")
    settings = settings_for(folder, f"sqlite:///{folder / 'followup.db'}")
    upgrade(settings.database_url)
    ingest(settings, ROOT / "knowledge_base", embedder)
    return settings


@pytest.fixture(scope="session")
def demo_service(demo_settings: Settings) -> Iterator[str]:
    with running(demo_settings) as url:
        yield url


@pytest.fixture
def client(demo_service: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=demo_service, timeout=60) as client:
        yield client


@pytest.fixture
def rag(client: httpx2.Client) -> Callable[..., dict[str, Any]]:
    """Ask for a follow-up; the body of a 200."""

    def ask(**lead: Any) -> dict[str, Any]:  # noqa: ANN401 - any lead field
        fields = {"lead_name": "Ramesh", "product_name": "AI Billing Software", "company_name": "TechCorp", **lead}
        response = client.post("/rag/api/v1/rag/generate-followup", json={"lead_context": fields})
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.json()
        return body

    return ask
