"""The edge without its parts: every error becomes one envelope, and every request passes id, limit and metrics."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from fastapi import Body, FastAPI
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from app.api.handlers import install_handlers, invalid_input
from app.api.middleware import BodyLimitMiddleware, RequestContextMiddleware
from app.api.schemas import FollowupRequest
from app.errors import AppError, DeadlineExceeded, LeadOptedOut, NotFound, StorageUnavailable
from app.observability import Metrics

SECRET = "Zzyzx-secret-of-a-lead"
LIMIT = 1024
RAISED: dict[str, Exception] = {
    "opted-out": LeadOptedOut("Nothing may be written.", [{"field": "lead_context"}]),
    "missing": NotFound("There is no such message."),
    "storage": StorageUnavailable("The database does not answer."),
    "deadline": DeadlineExceeded("Too slow."),
    "unforeseen": RuntimeError(SECRET),
    "teapot": HTTPException(418, SECRET),
    "media": HTTPException(415, SECRET),
    "gateway": HTTPException(502, SECRET),
}


def edge(metrics: Metrics) -> FastAPI:
    app = FastAPI()

    @app.get("/raise/{name}")
    async def fail(name: str) -> None:
        raise RAISED[name]

    @app.post("/length")
    async def length(body: bytes = Body()) -> int:
        return len(body)

    @app.post("/followup")
    async def followup(request: FollowupRequest) -> str:
        return "ok"

    install_handlers(app, metrics)
    app.add_middleware(BodyLimitMiddleware, max_bytes=LIMIT, metrics=metrics, streamed={})
    app.add_middleware(RequestContextMiddleware, metrics=metrics)
    return app


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
async def client(metrics: Metrics) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=edge(metrics), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://edge") as client:
        yield client


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("opted-out", 422, "lead_opted_out"),
        ("missing", 404, "not_found"),
        ("storage", 503, "storage_unavailable"),
        ("deadline", 503, "deadline_exceeded"),
        ("unforeseen", 500, "internal_error"),
        ("teapot", 422, "invalid_input"),
        ("media", 415, "unsupported_media_type"),
        ("gateway", 500, "internal_error"),
    ],
)
async def test_every_error_has_one_envelope(
    client: httpx2.AsyncClient, metrics: Metrics, name: str, status: int, code: str
) -> None:
    response = await client.get(f"/raise/{name}", headers={"X-Request-ID": "crm-7"})
    body = response.json()
    assert (response.status_code, body["code"]) == (status, code)
    assert set(body) == {"code", "message", "details", "request_id"}
    assert body["request_id"] == "crm-7"
    assert body["message"].endswith(".")
    assert SECRET not in response.text
    assert ("Retry-After" in response.headers) is (status == 503)
    error = RAISED[name]
    if isinstance(error, AppError):
        assert body["message"] == error.message
        assert body["details"] == error.details
        assert response.headers.get("Retry-After") == (
            None if error.retry_after_seconds is None else str(error.retry_after_seconds)
        )
    assert metrics.registry.get_sample_value("followup_errors_total", {"code": code}) == 1
    counted = {"route": "/raise/{name}", "status": str(status)}
    assert metrics.registry.get_sample_value("followup_http_requests_total", counted) == 1


@pytest.mark.parametrize("name", ["missing", "storage", "unforeseen"])
async def test_the_request_id_comes_back_with_every_error(client: httpx2.AsyncClient, name: str) -> None:
    response = await client.get(f"/raise/{name}", headers={"X-Request-ID": "crm-7"})
    assert response.headers.get("X-Request-ID") == "crm-7"


@pytest.mark.parametrize(
    ("given_id", "taken"), [("a.B_9-" * 21, True), ("x" * 129, False), ("a b", False), ("", False)]
)
async def test_a_request_id_is_taken_over_or_made(client: httpx2.AsyncClient, given_id: str, taken: bool) -> None:
    response = await client.get("/raise/missing", headers={"X-Request-ID": given_id})
    assert (response.headers["X-Request-ID"] == given_id) is taken
    assert response.headers["X-Request-ID"] == response.json()["request_id"]


async def test_paths_that_do_not_exist_are_one_label(client: httpx2.AsyncClient, metrics: Metrics) -> None:
    for path in ("/one", "/two"):
        assert (await client.get(path)).json()["code"] == "not_found"
    counted = {"route": "unmatched", "status": "404"}
    assert metrics.registry.get_sample_value("followup_http_requests_total", counted) == 2


async def test_nothing_is_left_in_flight(client: httpx2.AsyncClient, metrics: Metrics) -> None:
    for name in RAISED:
        await client.get(f"/raise/{name}")
    assert metrics.registry.get_sample_value("followup_http_in_flight") == 0


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(("size", "status"), [(LIMIT, 200), (LIMIT + 1, 413), (50 * LIMIT, 413)])
async def test_bodies_are_limited_by_length_and_by_size(
    client: httpx2.AsyncClient, streamed: bool, size: int, status: int
) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for start in range(0, size, 100):
            yield b"x" * min(100, size - start)

    headers = {"Content-Type": "application/octet-stream"}
    response = await client.post("/length", content=parts() if streamed else b"x" * size, headers=headers)
    assert response.status_code == status
    if status == 413:
        assert response.json()["code"] == "payload_too_large"
        assert response.json()["details"][0]["limit_bytes"] == LIMIT
        assert response.json()["request_id"] == response.headers["X-Request-ID"]
    else:
        assert response.json() == size


async def test_a_wrong_length_does_not_lift_the_limit(client: httpx2.AsyncClient) -> None:
    headers = {"Content-Type": "application/octet-stream", "Content-Length": "10"}
    response = await client.post("/length", content=b"x" * (LIMIT + 1), headers=headers)
    assert response.status_code == 413


@pytest.mark.parametrize(
    ("lead", "field", "fix"),
    [
        ({"lead_nmae": SECRET}, "lead_context.lead_nmae", 'did you mean "lead_name"?'),
        ({"zodiac": SECRET}, "lead_context.zodiac", 'remove it, or put it into "custom"'),
        ({"sender": {"rol": SECRET}}, "lead_context.sender.rol", 'did you mean "role"?'),
        ({"sender": {"zodiac": SECRET}}, "lead_context.sender.zodiac", "remove it"),
        ({"tasks": [{"text": "x", "deu": SECRET}]}, "lead_context.tasks.0.deu", 'did you mean "due"?'),
        ({"lead_stage": SECRET * 10}, "lead_context.lead_stage", "shorten the text"),
    ],
)
async def test_a_wrong_field_is_named_with_its_fix(
    client: httpx2.AsyncClient, lead: dict[str, Any], field: str, fix: str
) -> None:
    response = await client.post(
        "/followup", json={"lead_context": {"lead_name": "Ana", "product_name": "Planner", **lead}}
    )
    [detail] = response.json()["details"]
    assert (detail["field"], detail["fix"]) == (field, fix)
    assert SECRET not in response.text


async def test_the_first_of_several_problems_is_the_sentence(client: httpx2.AsyncClient) -> None:
    response = await client.post("/followup", json={"lead_context": {"lead_name": "", "zodiac": 1}})
    body = response.json()
    fields = [detail["field"] for detail in body["details"]]
    assert set(fields) == {"lead_context.lead_name", "lead_context.product_name", "lead_context.zodiac"}
    assert body["message"].startswith(f"{fields[0]}: ")
    assert "2 more" in body["message"]


@pytest.mark.parametrize(("above", "field"), [({"body": 1}, "body"), ({"tasks": [{"body": 1}]}, "lead_context.tasks")])
async def test_a_field_that_is_called_body_is_named_too(
    client: httpx2.AsyncClient, above: dict[str, Any], field: str
) -> None:
    lead = {"lead_name": "Ana", "product_name": "Planner"}
    request = {"lead_context": lead, **above} if field == "body" else {"lead_context": {**lead, **above}}
    response = await client.post("/followup", json=request)
    assert response.status_code == 422
    unknown = [detail["field"] for detail in response.json()["details"] if detail["problem"] == "unknown field"]
    assert unknown == ["body" if field == "body" else f"{field}.0.body"]


parts = st.one_of(st.text(max_size=12).filter(lambda part: part != "body"), st.integers(0, 9))
paths = st.lists(parts, min_size=1, max_size=5)


@given(paths, st.sampled_from(["extra_forbidden", "missing", "json_invalid", "value_error", "never_seen"]), st.text())
def test_any_validation_error_can_be_rendered_without_its_value(path: list[str | int], kind: str, message: str) -> None:
    error = invalid_input([{"loc": ("body", *path), "type": kind, "msg": message, "input": SECRET}])
    [detail] = error.details
    assert detail["field"]
    assert set(detail) == {"field", "problem", "fix"}
    assert SECRET not in error.message + str(detail)
