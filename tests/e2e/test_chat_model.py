"""A chat model that misbehaves: what it invents never reaches the caller, and the caller never waits for it."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.settings import Settings, load_settings
from tests.e2e.server import running
from tests.fakes import chat_server as fake
from tests.fakes.chat_server import Behaviour, ChatServer

RAG = "/rag/api/v1/rag/generate-followup"
LEAD = {
    "lead_name": "Ramesh",
    "product_name": "AI Billing Software",
    "interaction_history": "Asked about pricing, stopped responding",
    "company_name": "TechCorp",
}
GOOD = (
    "Hi [LEAD_NAME], you asked about pricing. The Professional plan costs $299 per month and includes automated "
    "invoice processing and real-time analytics. Would it help to see a breakdown for your team size?"
)
WRONG_PRICE = "The Professional plan costs $199 per month."
INVENTED_CUSTOMER = "Globex Industries cut its billing errors by 40% within the first quarter."
PROMISE = "I will send you a 20% discount code on Friday."


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


@contextmanager
def service_with(chat_url: str, settings: Settings, folder: Path, **overrides: Any) -> Iterator[httpx2.Client]:  # noqa: ANN401
    """The demo service with a chat model; documents as in `settings`, its own copy of the index."""
    fields = {**settings.model_dump(exclude_unset=True), "chroma_persist_dir": str(folder / "chroma"), **overrides}
    chosen = load_settings(_env_file=None, **fields, llm_base_url=chat_url, llm_model="fake-model")
    with running(chosen) as url, httpx2.Client(base_url=url, timeout=60) as client:
        yield client


@pytest.fixture
def ask(chat: ChatServer, demo_settings: Settings, tmp_path: Path) -> Iterator[Callable[..., dict[str, Any]]]:
    with service_with(chat.url, demo_settings, tmp_path) as client:

        def send(*behaviours: Behaviour, headers: dict[str, str] | None = None, **lead: Any) -> dict[str, Any]:  # noqa: ANN401
            chat.script(*behaviours)
            response = client.post(RAG, json={"lead_context": {**LEAD, **lead}}, headers=headers)
            assert response.status_code == 200, response.text
            body: dict[str, Any] = response.json()
            return body

        yield send


def test_a_grounded_answer_is_handed_out(ask: Callable[..., dict[str, Any]], chat: ChatServer) -> None:
    body = ask(fake.answer(GOOD))
    assert body["message"] == GOOD.replace("[LEAD_NAME]", "Ramesh")
    assert (body["generator_used"], body["fallback"], body["model_used"]) == ("rag", None, "rag_llm")
    assert body["versions"]["model"] == "fake-model"
    assert "Ramesh" not in chat.requests[0].text


@pytest.mark.parametrize("invented", [WRONG_PRICE, INVENTED_CUSTOMER, PROMISE])
def test_one_invention_is_named_in_the_repair_request(
    ask: Callable[..., dict[str, Any]], chat: ChatServer, invented: str
) -> None:
    bad = GOOD.replace("Would it", f"{invented} Would it")
    body = ask(fake.answer(bad), fake.answer(GOOD), lead_name=f"Lead{len(invented)}")
    assert invented not in body["message"]
    assert body["grounding"]["repairs"] == 1
    assert body["fallback"] is None
    assert len(chat.requests) == 2
    assert invented in chat.requests[1].text


def test_a_model_that_never_learns_loses_the_sentences(ask: Callable[..., dict[str, Any]]) -> None:
    bad = GOOD.replace("Would it", f"{WRONG_PRICE} {INVENTED_CUSTOMER} {PROMISE} Would it")
    body = ask(fake.answer(bad))
    for invented in ("$199", "Globex", "20%", "Friday", "discount"):
        assert invented not in body["message"]
    assert body["grounding_verified"]
    assert body["grounding"]["sentences_dropped"] >= 3


def test_links_and_addresses_of_others_do_not_pass(ask: Callable[..., dict[str, Any]]) -> None:
    bad = GOOD.replace("Would it", "See https://evil.example/offer or write to win@evil.example. Would it")
    assert "evil" not in ask(fake.answer(bad))["message"]


@pytest.mark.parametrize(
    "behaviour",
    [
        fake.status(500),
        fake.status(401),
        fake.status(429),
        fake.raw(b"not json at all"),
        fake.raw(b'{"choices": []}'),
        fake.answer(""),
        fake.answer("%%%% ???? !!!!"),
        fake.half(GOOD),
    ],
    ids=["500", "401", "429", "not-json", "no-choices", "empty", "noise", "half"],
)
def test_failures_of_the_model_give_the_template(ask: Callable[..., dict[str, Any]], behaviour: Behaviour) -> None:
    body = ask(behaviour)
    assert body["fallback"] == "template"
    assert body["grounding_verified"]
    assert "$299" in body["message"]


def test_failed_answers_are_not_kept(ask: Callable[..., dict[str, Any]]) -> None:
    assert "model_unavailable" in ask(fake.status(500))["warnings"]
    assert ask(fake.answer(GOOD))["cached"] is False


def test_a_hanging_model_leaves_time_for_the_template(ask: Callable[..., dict[str, Any]]) -> None:
    started = time.monotonic()
    body = ask(fake.hang(), headers={"X-Deadline-Ms": "1500"})
    assert body["fallback"] == "template"
    assert time.monotonic() - started < 5  # a guard against hanging, not a measurement


def test_a_server_that_is_down_gives_the_template(demo_settings: Settings, tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
    with service_with(url, demo_settings, tmp_path) as client:
        body = client.post(RAG, json={"lead_context": LEAD}).json()
    assert body["fallback"] == "template"
