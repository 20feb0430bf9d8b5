"""A client of the knowledge endpoints."""

import time
from pathlib import Path
from typing import Any

import httpx2

from app.storage.migrate import upgrade
from tests.e2e.server import settings_for

DOCUMENTS = "/api/v1/knowledge/documents"
JOBS = "/api/v1/knowledge/jobs"
SEARCH = "/api/v1/knowledge/search"
RAG = "/rag/api/v1/rag/generate-followup"

PLANS = (
    "# Depot Planner pricing\n\nThe Harbor plan of Depot Planner costs {price} per month and includes route planning.\n"
)


def plans(price: str) -> str:
    return PLANS.format(price=price)


class Knowledge:
    """What one tenant does over HTTP."""

    def __init__(self, client: httpx2.Client, key: str | None = None) -> None:
        self.client = client
        self.headers = {} if key is None else {"X-API-Key": key}

    def upload(self, files: dict[str, str | bytes], headers: dict[str, str] | None = None, **fields: str) -> Any:  # noqa: ANN401
        parts = [("file", (name, data if isinstance(data, bytes) else data.encode())) for name, data in files.items()]
        return self.client.post(DOCUMENTS, files=parts, data=fields, headers=self.headers | (headers or {}))

    def ingest(self, files: dict[str, str | bytes], **fields: str) -> dict[str, Any]:
        """Upload and wait; the finished job."""
        response = self.upload(files, None, **fields)
        assert response.status_code == 202, response.text
        return self.wait(response.json()["job_id"])

    def wait(self, job_id: str, seconds: float = 60) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while True:
            job = self.get(f"{JOBS}/{job_id}")
            if job["state"] in ("done", "failed"):
                return job
            assert time.monotonic() < deadline, job
            time.sleep(0.05)

    def get(self, path: str, **query: Any) -> dict[str, Any]:  # noqa: ANN401
        response = self.client.get(path, params=query, headers=self.headers)
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.json()
        return body

    def documents(self, **query: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401
        return {document["name"]: document for document in self.get(DOCUMENTS, **query)["documents"]}

    def search(self, **body: Any) -> dict[str, Any]:  # noqa: ANN401
        response = self.client.post(SEARCH, json=body, headers=self.headers)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    def ask(self, **lead: Any) -> dict[str, Any]:  # noqa: ANN401
        fields = {"lead_name": "Ana", "product_name": "Depot Planner", "interaction_history": "Asked about pricing"}
        response = self.client.post(RAG, json={"lead_context": fields | lead}, headers=self.headers)
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.json()
        return body


def migrated(folder: Path, database_url: str, **overrides: Any) -> Any:  # noqa: ANN401
    settings = settings_for(folder, database_url, **overrides)
    upgrade(settings.database_url)
    return settings
