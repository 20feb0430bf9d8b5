"""Liveness, readiness, the original health shape and the OpenAPI document."""

import httpx2
import pytest

from app.api.examples import RAG_REQUEST


def test_live_and_ready(client: httpx2.Client) -> None:
    assert client.get("/livez").json() == {"status": "alive"}
    assert client.get("/readyz").json() == {"ready": True, "missing": []}


def test_health_has_the_original_shape_and_true_values(client: httpx2.Client) -> None:
    body = client.get("/health").json()
    assert body == {
        "status": "healthy",
        "models": {"rag": "active", "finetuned": "unavailable", "hybrid": "unavailable"},
        "services": {"database": "connected", "redis": "not_configured", "vector_db": "active"},
        "version": body["version"],
    }


def test_openapi_shows_the_original_bodies(client: httpx2.Client) -> None:
    document = client.get("/openapi.json").json()
    operation = document["paths"]["/rag/api/v1/rag/generate-followup"]["post"]
    examples = operation["requestBody"]["content"]["application/json"]["examples"]
    assert examples["complete"]["value"] == RAG_REQUEST["complete"]["value"]
    assert {"200", "401", "413", "422", "503"} <= operation["responses"].keys()
    assert client.get("/docs").status_code == 200


@pytest.mark.parametrize("path", ["/rag/api/v1/rag", "/finetuned/api/v1/finetuned", "/hybrid/api/v1/hybrid"])
def test_the_original_paths_exist(client: httpx2.Client, path: str) -> None:
    assert client.get(f"{path}/generate-followup").status_code == 405
