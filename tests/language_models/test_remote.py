"""The remote chat model against a real server on this machine."""

import asyncio
import gzip
import json
import logging
import socket
import time
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from langchain_core.tracers.langchain import wait_for_all_tracers
from pydantic import SecretStr

from app.config_files import RagModels
from app.errors import ConfigurationError, ModelUnavailable
from app.followups.types import ChatTurn, GenerationOptions, Prompt
from app.language_models.base import Completion, TextModel
from app.language_models.remote import MAX_ANSWER_CHARS, RemoteChatModel
from tests.fakes import chat_server as fake
from tests.fakes.chat_server import ChatServer

SECRET = "sk-canary-8d1f"
PRIVATE = "Zaphod Canary asked about pricing"
PROMPT = Prompt((ChatTurn("system", "Be brief."), ChatTurn("user", PRIVATE)), "test/v1@0")
OPTIONS = GenerationOptions()
# How long a call may outlive its deadline before we say that it hangs.
GRACE_SECONDS = 0.5


def config(server: ChatServer, **changes: object) -> RagModels:
    return RagModels.model_validate({"llm_model": "fake", "llm_base_url": server.url, "llm_max_retries": 0} | changes)


@asynccontextmanager
async def chat_model(server: ChatServer, **changes: object) -> AsyncIterator[RemoteChatModel]:
    model = RemoteChatModel(config(server, **changes), SecretStr(SECRET))
    await model.warm_up()
    try:
        yield model
    finally:
        await model.close()


async def ask(model: TextModel, timeout: float = 10, options: GenerationOptions = OPTIONS) -> Completion:
    return await model.complete(PROMPT, options, timeout)


async def failure(model: TextModel, timeout: float = 10) -> ModelUnavailable:
    with pytest.raises(ModelUnavailable) as caught:
        await ask(model, timeout)
    return caught.value


def circuit(model: RemoteChatModel) -> str:
    return model.circuit.value


def reason(error: ModelUnavailable) -> str:
    return str(error.details[0]["reason"])


class TestAnswer:
    async def test_text_and_token_counts(self, server: ChatServer) -> None:
        server.script(fake.answer("  Hi Ramesh, hello.\n"))
        async with chat_model(server) as model:
            assert await ask(model) == Completion("Hi Ramesh, hello.", prompt_tokens=11, completion_tokens=7)

    async def test_sends_turns_sampling_and_key(self, server: ChatServer) -> None:
        async with chat_model(server) as model:
            await ask(model, options=GenerationOptions(temperature=0.25, max_tokens=77, seed=5))
        request = server.requests[0]
        assert request.path == "/v1/chat/completions"
        assert request.headers["authorization"] == f"Bearer {SECRET}"
        assert request.body["messages"] == [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": PRIVATE},
        ]
        sampling = ("model", "temperature", "max_tokens", "seed")
        assert [request.body[name] for name in sampling] == ["fake", 0.25, 77, 5]
        # Servers of one's own know `max_tokens`, not the newer name.
        assert "max_completion_tokens" not in request.body
        assert not request.body.get("stream")

    async def test_each_call_has_its_own_sampling(self, server: ChatServer) -> None:
        async with chat_model(server) as model:
            for tokens in range(20, 50):
                await ask(model, options=GenerationOptions(temperature=tokens / 100, max_tokens=tokens))
            await ask(model, options=GenerationOptions(temperature=0.2, max_tokens=20))
        sent = [(request.body["temperature"], request.body["max_tokens"]) for request in server.requests]
        assert sent == [(tokens / 100, tokens) for tokens in range(20, 50)] + [(0.2, 20)]

    async def test_a_text_cut_by_the_limit_is_marked(self, server: ChatServer) -> None:
        server.script(fake.answer("Hi Ramesh, the plan", finish_reason="length"))
        async with chat_model(server) as model:
            assert (await ask(model)).truncated

    async def test_answers_concurrent_callers(self, server: ChatServer) -> None:
        server.script(fake.slow(0.05, "Hi."))
        async with chat_model(server) as model:
            answers = await asyncio.gather(*(ask(model) for _ in range(20)))
        assert [item.text for item in answers] == ["Hi."] * 20

    async def test_works_again_after_close(self, server: ChatServer) -> None:
        async with chat_model(server) as model:
            await ask(model)
            await model.close()
            assert (await ask(model)).text == "Hello."


UNUSABLE: list[tuple[str, fake.Behaviour, str]] = [
    ("empty text", fake.answer(""), "unusable_answer"),
    ("blank text", fake.answer(" \n\t "), "unusable_answer"),
    ("null text", fake.answer(None), "unusable_answer"),
    ("too much text", fake.answer("a" * (MAX_ANSWER_CHARS + 1)), "unusable_answer"),
    ("not JSON", fake.raw(b"<html>It works!</html>"), "unusable_answer"),
    ("not JSON, and says so", fake.raw(b"It works!", "text/html"), "unusable_answer"),
    ("no body", fake.raw(b""), "unusable_answer"),
    ("JSON null", fake.raw(b"null"), "unusable_answer"),
    ("a JSON list", fake.raw(b"[1, 2]"), "unusable_answer"),
    ("a JSON string", fake.raw(b'"hello"'), "unusable_answer"),
    ("deep JSON", fake.raw(b"[" * 50_000 + b"]" * 50_000), "unusable_answer"),
    ("no choices", fake.raw(b'{"id": "x", "object": "chat.completion", "choices": []}'), "unusable_answer"),
    ("null choices", fake.raw(b'{"id": "x", "choices": null}'), "unusable_answer"),
    ("an odd choice", fake.raw(b'{"id": "x", "choices": [7]}'), "unusable_answer"),
    (
        "text is a number",
        fake.raw(b'{"choices": [{"message": {"role": "assistant", "content": 5}}]}'),
        "unusable_answer",
    ),
    ("an error with status 200", fake.raw(b'{"error": {"message": "boom", "code": 7}}'), "unusable_answer"),
    ("broken UTF-8", fake.raw(b'{"choices": "\xff\xfe"}'), "unusable_answer"),
    ("endless", fake.endless(), "unusable_answer"),
    ("half an answer", fake.half("Hi Ramesh, this is the beginning of a message."), "connection"),
    ("400", fake.status(400), "rejected"),
    ("401", fake.status(401), "auth"),
    ("403", fake.status(403), "auth"),
    ("404", fake.status(404), "rejected"),
    ("408", fake.status(408), "timeout"),
    ("422", fake.status(422), "rejected"),
    ("429", fake.status(429), "rate_limited"),
    ("500", fake.status(500), "server_error"),
    ("503", fake.status(503), "server_error"),
    ("redirect", fake.status(302, {"location": "http://127.0.0.1:9/v1"}), "rejected"),
    ("odd status", fake.status(599), "server_error"),
]


class TestFailures:
    @pytest.mark.parametrize(
        ("behaviour", "expected"), [case[1:] for case in UNUSABLE], ids=[case[0] for case in UNUSABLE]
    )
    async def test_all_are_model_unavailable(
        self, server: ChatServer, behaviour: fake.Behaviour, expected: str
    ) -> None:
        server.script(behaviour)
        async with chat_model(server) as model:
            assert reason(await failure(model)) == expected

    async def test_a_compressed_answer_is_refused_unread(self, server: ChatServer) -> None:
        """None was asked for, and a small one can unfold into gigabytes."""

        async def behave(exchange: fake.Exchange) -> None:
            await exchange.respond(200, gzip.compress(fake.completion("Hi.")), {"content-encoding": "gzip"})

        server.script(behave)
        async with chat_model(server) as model:
            assert reason(await failure(model)) == "unusable_answer"
        assert server.requests[0].headers["accept-encoding"] == "identity"

    async def test_server_down(self, server: ChatServer) -> None:
        with socket.create_server(("127.0.0.1", 0)) as unused:
            port = unused.getsockname()[1]
        async with chat_model(server, llm_base_url=f"http://127.0.0.1:{port}/v1") as model:
            assert reason(await failure(model)) == "connection"

    async def test_unknown_host(self, server: ChatServer) -> None:
        async with chat_model(server, llm_base_url="http://nobody.invalid/v1") as model:
            assert reason(await failure(model)) == "connection"

    @pytest.mark.parametrize("behaviour", [fake.hang(), fake.slow(5, "too late")], ids=["hangs", "slow"])
    async def test_the_deadline_holds(self, server: ChatServer, behaviour: fake.Behaviour) -> None:
        server.script(behaviour)
        async with chat_model(server, llm_max_retries=2) as model:
            started = time.monotonic()
            assert reason(await failure(model, timeout=0.3)) == "timeout"
            assert time.monotonic() - started < 0.3 + GRACE_SECONDS

    async def test_a_server_that_drips_is_cut_off_too(self, server: ChatServer) -> None:
        async def drip(exchange: fake.Exchange) -> None:
            await exchange.start(200, {"content-type": "application/json"})
            for _ in range(100):
                await exchange.send({"type": "http.response.body", "body": b" ", "more_body": True})
                await asyncio.sleep(0.05)

        server.script(drip)
        async with chat_model(server) as model:
            started = time.monotonic()
            assert reason(await failure(model, timeout=0.3)) == "timeout"
            assert time.monotonic() - started < 0.3 + GRACE_SECONDS

    async def test_the_configured_limit_holds_for_patient_callers(self, server: ChatServer) -> None:
        server.script(fake.hang())
        async with chat_model(server, llm_timeout_seconds=0.3) as model:
            started = time.monotonic()
            assert reason(await failure(model, timeout=60)) == "timeout"
            assert time.monotonic() - started < 0.3 + GRACE_SECONDS

    async def test_no_time_left(self, server: ChatServer) -> None:
        async with chat_model(server) as model:
            assert reason(await failure(model, timeout=0)) == "timeout"
        assert server.requests == []

    async def test_cancelling_the_caller_cancels_the_call(self, server: ChatServer) -> None:
        server.script(fake.hang())
        async with chat_model(server, llm_breaker_failures=1) as model:
            call = asyncio.create_task(ask(model))
            while not server.requests:
                await asyncio.sleep(0.01)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert circuit(model) == "closed"


class TestRetries:
    async def test_a_second_try_may_succeed(self, server: ChatServer) -> None:
        server.script(fake.status(500), fake.answer("Hi."))
        async with chat_model(server, llm_max_retries=1) as model:
            assert (await ask(model)).text == "Hi."
        assert len(server.requests) == 2

    @pytest.mark.parametrize("behaviour", [fake.status(503), fake.status(429), fake.half("Hi there, you.")])
    async def test_are_bounded(self, server: ChatServer, behaviour: fake.Behaviour) -> None:
        server.script(behaviour)
        async with chat_model(server, llm_max_retries=2) as model:
            await failure(model)
        assert len(server.requests) == 3

    @pytest.mark.parametrize("behaviour", [fake.status(401), fake.status(400), fake.answer(""), fake.raw(b"null")])
    async def test_what_would_fail_again_is_not_retried(self, server: ChatServer, behaviour: fake.Behaviour) -> None:
        server.script(behaviour)
        async with chat_model(server, llm_max_retries=2) as model:
            await failure(model)
        assert len(server.requests) == 1

    async def test_a_wait_beyond_the_deadline_is_not_begun(self, server: ChatServer) -> None:
        server.script(fake.status(429, {"retry-after": "30"}))
        async with chat_model(server, llm_max_retries=2) as model:
            started = time.monotonic()
            assert reason(await failure(model, timeout=5)) == "rate_limited"
            assert time.monotonic() - started < 2
        assert len(server.requests) == 1

    async def test_stay_a_small_share_of_all_calls(self, server: ChatServer) -> None:
        server.script(*[fake.status(500), fake.answer("Hi.")] * 5, fake.status(500))
        async with chat_model(server, llm_max_retries=1, llm_breaker_failures=100) as model:
            for _ in range(5):
                await ask(model)
            before = len(server.requests)
            for _ in range(5):
                await failure(model)
        assert len(server.requests) - before <= 6


class TestCircuit:
    async def test_opens_after_failures_in_a_row_and_closes_after_a_good_call(self, server: ChatServer) -> None:
        server.script(fake.status(500))
        async with chat_model(server, llm_breaker_failures=3, llm_breaker_reset_seconds=0.3) as model:
            for _ in range(3):
                assert reason(await failure(model)) == "server_error"
            assert circuit(model) == "open"
            assert reason(await failure(model)) == "circuit_open"
            assert len(server.requests) == 3
            server.script(fake.answer("Back."))
            while circuit(model) == "open":
                await asyncio.sleep(0.02)
            assert (await ask(model)).text == "Back."
            assert circuit(model) == "closed"

    async def test_only_one_call_tries_a_half_open_circuit(self, server: ChatServer) -> None:
        server.script(fake.status(500))
        async with chat_model(server, llm_breaker_failures=1, llm_breaker_reset_seconds=0.05) as model:
            await failure(model)
            server.script(fake.slow(0.2, "Back."))
            while circuit(model) == "open":
                await asyncio.sleep(0.01)
            results = await asyncio.gather(*(ask(model) for _ in range(8)), return_exceptions=True)
        assert sum(isinstance(result, Completion) for result in results) == 1
        assert len(server.requests) == 2

    async def test_a_trial_call_that_is_cancelled_leaves_its_place(self, server: ChatServer) -> None:
        server.script(fake.status(500), fake.hang())
        async with chat_model(server, llm_breaker_failures=1, llm_breaker_reset_seconds=0.05) as model:
            await failure(model)
            while circuit(model) == "open":
                await asyncio.sleep(0.01)
            trial = asyncio.create_task(ask(model))
            while len(server.requests) < 2:
                await asyncio.sleep(0.01)
            trial.cancel()
            await asyncio.wait([trial])
            server.script(fake.answer("Back."))
            assert (await ask(model)).text == "Back."

    async def test_a_hanging_server_opens_it(self, server: ChatServer) -> None:
        server.script(fake.hang())
        async with chat_model(server, llm_timeout_seconds=0.1, llm_breaker_failures=2) as model:
            await failure(model)
            await failure(model)
            assert circuit(model) == "open"

    async def test_callers_in_a_hurry_do_not_open_it_for_others(self, server: ChatServer) -> None:
        server.script(fake.slow(0.3, "Hi."))
        async with chat_model(server, llm_breaker_failures=1) as model:
            assert reason(await failure(model, timeout=0.05)) == "timeout"
            assert (await ask(model)).text == "Hi."

    @pytest.mark.parametrize("behaviour", [fake.status(400), fake.answer("", finish_reason="content_filter")])
    async def test_one_leads_text_does_not_open_it_for_others(
        self, server: ChatServer, behaviour: fake.Behaviour
    ) -> None:
        server.script(behaviour)
        async with chat_model(server, llm_breaker_failures=1) as model:
            await failure(model)
            assert circuit(model) == "closed"


class TestSecrets:
    @pytest.mark.parametrize("code", [400, 401, 429, 500])
    async def test_neither_key_nor_text_leaves_in_errors_or_logs(
        self, server: ChatServer, code: int, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
    ) -> None:
        caplog.set_level(logging.DEBUG)
        server.script(fake.status(code, quoting=True))
        async with chat_model(server, llm_max_retries=1) as model:
            error = await failure(model)
        told = "".join(traceback.format_exception(error)) + repr(error) + json.dumps(error.details) + error.message
        logged = caplog.text + "".join(capsys.readouterr()) + repr(model) + repr(vars(model))
        for canary in (SECRET, "Zaphod"):
            assert canary not in told
            assert canary not in logged
        assert error.__cause__ is None
        assert error.__context__ is None

    async def test_good_calls_log_nothing_private(self, server: ChatServer, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        server.script(fake.answer("Hi Zaphod."))
        async with chat_model(server) as model:
            await ask(model)
        assert "Zaphod" not in caplog.text
        assert SECRET not in caplog.text

    async def test_tracing_services_get_nothing(self, server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
        with ChatServer() as tracer:
            monkeypatch.setenv("LANGSMITH_TRACING", "true")
            for prefix in ("LANGSMITH", "LANGCHAIN"):
                monkeypatch.setenv(f"{prefix}_TRACING_V2", "true")
                monkeypatch.setenv(f"{prefix}_ENDPOINT", tracer.url)
                monkeypatch.setenv(f"{prefix}_API_KEY", "x")
            async with chat_model(server) as model:
                await ask(model)
            await asyncio.to_thread(wait_for_all_tracers)
            assert tracer.requests == []

    async def test_a_foreign_key_is_not_sent_to_a_server_of_ones_own(
        self, server: ChatServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-hosted-canary")
        model = RemoteChatModel(config(server), None)
        await ask(model)
        await model.close()
        assert "canary" not in server.requests[0].headers["authorization"]


class TestWarmUp:
    async def refused(self, **changes: object) -> str:
        model = RemoteChatModel(RagModels.model_validate({"llm_model": "fake"} | changes), None)
        with pytest.raises(ConfigurationError) as caught:
            await model.warm_up()
        unavailable = await failure(model)
        assert reason(unavailable) == "configuration"
        await model.close()
        return caught.value.message

    async def test_calls_no_server(self, server: ChatServer) -> None:
        async with chat_model(server):
            assert server.requests == []

    async def test_names_a_missing_key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("OPENAI_API_KEY", raising=False)
        assert "LLM_API_KEY" in await self.refused()

    async def test_names_a_missing_package(self) -> None:
        message = await self.refused(llm_provider="anthropic")
        assert '"anthropic"' in message
        assert "langchain-anthropic" in message

    async def test_names_an_unknown_provider(self) -> None:
        assert '"no_such_provider"' in await self.refused(llm_provider="no_such_provider")

    async def test_names_a_missing_model(self) -> None:
        with pytest.raises(ConfigurationError, match="LLM_MODEL"):
            await RemoteChatModel(RagModels(), None).warm_up()


def test_the_digest_tells_models_and_addresses_apart() -> None:
    settings = [
        {"llm_model": "a"},
        {"llm_model": "b"},
        {"llm_model": "a", "llm_base_url": "http://x/v1"},
        {"llm_model": "a", "llm_provider": "other"},
    ]
    digests = [RemoteChatModel(RagModels.model_validate(item)).digest for item in settings]
    assert len(set(digests)) == len(settings)
    assert RemoteChatModel(RagModels(llm_model="a")).digest == digests[0]
