"""Bad requests: a status, a stable code, the field, its problem and the fix; never the value."""

from typing import Any

import httpx2
import pytest

RAG = "/rag/api/v1/rag/generate-followup"
LEAD: dict[str, Any] = {"lead_name": "Ramesh", "product_name": "AI Billing Software"}
SECRET = "SECRET-VALUE-OF-A-LEAD"


@pytest.mark.parametrize(
    ("lead", "field"),
    [
        ({"lead_nmae": SECRET}, "lead_context.lead_nmae"),
        ({"lead_name": 7}, "lead_context.lead_name"),
        ({"lead_name": "x" * 201}, "lead_context.lead_name"),
        ({"lead_name": "  "}, "lead_context.lead_name"),
        ({"product_name": ""}, "lead_context.product_name"),
        ({"interaction_history": "x" * 8001}, "lead_context.interaction_history"),
        ({"days_since_contact": -1}, "lead_context.days_since_contact"),
        ({"days_since_contact": "many"}, "lead_context.days_since_contact"),
        ({"lead_score": 101}, "lead_context.lead_score"),
        ({"engagement_score": -0.1}, "lead_context.engagement_score"),
        ({"objections_raised": "price"}, "lead_context.objections_raised"),
        ({"tasks": [{"text": "x", "due": "soon"}]}, "lead_context.tasks.0.due"),
        ({"thread": [{"author": "robot", "text": "x"}]}, "lead_context.thread.0.author"),
        ({"language": "not a language"}, "lead_context.language"),
        ({"sender": {"nam": "x"}}, "lead_context.sender.nam"),
    ],
)
def test_the_field_is_named_and_the_value_is_not(client: httpx2.Client, lead: dict[str, Any], field: str) -> None:
    response = client.post(RAG, json={"lead_context": {**LEAD, **lead}})
    body = response.json()
    assert response.status_code == 422
    assert body["code"] == "invalid_input"
    assert body["details"][0]["field"] == field
    assert body["details"][0]["problem"]
    assert body["details"][0]["fix"]
    assert body["request_id"] == response.headers["X-Request-ID"]
    assert SECRET not in response.text


def test_a_misspelt_field_is_told_the_right_one(client: httpx2.Client) -> None:
    response = client.post(RAG, json={"lead_context": {**LEAD, "lead_stag": "x"}})
    assert "lead_stage" in response.json()["details"][0]["fix"]


@pytest.mark.parametrize(
    "body",
    [{}, {"lead_context": LEAD, "lead_profile": LEAD}, {"lead_context": LEAD, "rag_config": {"top_k": 0}}, [], "text"],
)
def test_bodies_of_the_wrong_shape(client: httpx2.Client, body: object) -> None:
    assert client.post(RAG, json=body).status_code == 422


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe", b"[" * 30_000, b'{"lead_context": NaN}', b'"\\ud800"'])
def test_what_is_not_json(client: httpx2.Client, content: bytes) -> None:
    response = client.post(RAG, content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert response.json()["code"] == "invalid_input"


def test_a_form_or_plain_text_is_refused(client: httpx2.Client) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        response = client.post(RAG, content=b'{"lead_context": {}}', headers={"Content-Type": kind})
        assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


def test_large_bodies_are_refused_by_length_and_by_size(client: httpx2.Client) -> None:
    large = b'{"x": "' + b"a" * 70_000 + b'"}'
    declared = client.post(RAG, content=large, headers={"Content-Type": "application/json"})
    streamed = client.post(RAG, content=iter([large]), headers={"Content-Type": "application/json"})
    for response in (declared, streamed):
        assert response.status_code == 413
        assert response.json()["code"] == "payload_too_large"
        assert response.headers["X-Request-ID"]


def test_unknown_paths_and_methods_have_the_same_envelope(client: httpx2.Client) -> None:
    for response, status, code in (
        (client.get("/nowhere"), 404, "not_found"),
        (client.get(RAG), 405, "method_not_allowed"),
    ):
        assert (response.status_code, response.json()["code"]) == (status, code)
        assert set(response.json()) == {"code", "message", "details", "request_id"}


def test_a_foreign_host_name_is_refused(client: httpx2.Client) -> None:
    response = client.get("/livez", headers={"Host": "attacker.example"})
    assert (response.status_code, response.json()["details"][0]["field"]) == (422, "Host")


def test_a_request_id_is_taken_over_or_made(client: httpx2.Client) -> None:
    assert client.get("/livez", headers={"X-Request-ID": "crm-42"}).headers["X-Request-ID"] == "crm-42"
    made = client.get("/livez", headers={"X-Request-ID": 'bad"id'}).headers["X-Request-ID"]
    assert made != 'bad"id'
    assert len(made) == 32


@pytest.mark.parametrize("key", ["wrong", "lfa_00000000_unknown", "x" * 500])
def test_a_wrong_api_key_is_refused_even_where_none_is_needed(client: httpx2.Client, key: str) -> None:
    response = client.post(RAG, json={"lead_context": LEAD}, headers={"X-API-Key": key})
    assert (response.status_code, response.json()["code"]) == (401, "unauthorized")
