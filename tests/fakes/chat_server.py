"""A real OpenAI-compatible chat server on a free local port, whose answers a test programs.

    with ChatServer() as server:
        server.script(status(500), answer("Hi there."))
        ... talk to server.url ...
        assert len(server.requests) == 2

The last behaviour of a script repeats. Every request body and its headers are recorded before it is answered.
"""

import asyncio
import json
import re
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import uvicorn

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Request:
    """One recorded call. `body` is the parsed JSON (empty for other kinds), `text` all that the model would read."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def text(self) -> str:
        return "\n".join(str(turn["content"]) for turn in self.body["messages"])

    def turn(self, role: str) -> str:
        return "\n".join(str(turn["content"]) for turn in self.body["messages"] if turn["role"] == role)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a behaviour may use to answer one request."""

    request: Request
    receive: Receive
    send: Send

    async def respond(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        await self.start(status, {"content-type": "application/json"} | (headers or {}))
        await self.send({"type": "http.response.body", "body": body})

    async def start(self, status: int, headers: dict[str, str]) -> None:
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        await self.send({"type": "http.response.start", "status": status, "headers": pairs})


Behaviour = Callable[[Exchange], Awaitable[None]]


def completion(text: str | None, finish_reason: str = "stop") -> bytes:
    """The body of a well-formed answer."""
    choice = {"index": 0, "finish_reason": finish_reason, "message": {"role": "assistant", "content": text}}
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    body = {
        "id": "c-1",
        "object": "chat.completion",
        "created": 1,
        "model": "fake",
        "choices": [choice],
        "usage": usage,
    }
    return json.dumps(body).encode()


def answer(text: str | None, finish_reason: str = "stop") -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        await exchange.respond(200, completion(text, finish_reason))

    return behave


def computed(write: Callable[[Request], str]) -> Behaviour:
    """Answers with what `write` makes of the request."""

    async def behave(exchange: Exchange) -> None:
        await exchange.respond(200, completion(write(exchange.request)))

    return behave


def obeying(default: str) -> Behaviour:
    """Does what any text of the prompt orders with `SAY: ...`, wherever it stands; else answers `default`."""

    def write(request: Request) -> str:
        orders = re.findall(r"SAY: ([^\n]+)", request.text)
        return " ".join(orders) if orders else default

    return computed(write)


def slow(seconds: float, text: str) -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        await asyncio.sleep(seconds)
        await exchange.respond(200, completion(text))

    return behave


def hang() -> Behaviour:
    """Takes the request and says nothing until the client gives up."""

    async def behave(exchange: Exchange) -> None:
        while (await exchange.receive())["type"] != "http.disconnect":
            pass

    return behave


def status(code: int, headers: dict[str, str] | None = None, quoting: bool = False) -> Behaviour:
    """An error answer; with `quoting`, it repeats the request and its key, as careless servers do."""

    async def behave(exchange: Exchange) -> None:
        detail = f"{exchange.request.headers.get('authorization')} {exchange.request.text}" if quoting else "no"
        await exchange.respond(code, json.dumps({"error": {"message": detail, "code": code}}).encode(), headers)

    return behave


def raw(body: bytes, content_type: str = "application/json", code: int = 200) -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        await exchange.respond(code, body, {"content-type": content_type})

    return behave


def half(text: str) -> Behaviour:
    """Announces the whole answer and closes the connection in the middle of it."""

    async def behave(exchange: Exchange) -> None:
        body = completion(text)
        await exchange.start(200, {"content-type": "application/json", "content-length": str(len(body))})
        await exchange.send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": False})

    return behave


def endless(chunk: bytes = b" " * 65_536) -> Behaviour:
    """Sends without end, until the client closes the connection."""

    async def behave(exchange: Exchange) -> None:
        await exchange.start(200, {"content-type": "application/json"})
        gone = asyncio.ensure_future(exchange.receive())
        while not gone.done():
            await exchange.send({"type": "http.response.body", "body": chunk, "more_body": True})
            await asyncio.sleep(0)

    return behave


@dataclass
class ChatServer:
    """Runs in a thread of its own between `__enter__` and `__exit__`."""

    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._behaviours: list[Behaviour] = [answer("Hello.")]
        # With the protocol named, asyncio switches Nagle's algorithm off; without, every answer takes 40 ms more.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            self._app,
            interface="asgi3",
            http="h11",
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            log_level="critical",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"

    def script(self, *behaviours: Behaviour) -> None:
        """Answer the next requests so, in order; the last one repeats."""
        self._behaviours = list(behaviours)

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._socket.close()

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        is_json = headers.get("content-type", "").startswith("application/json")
        request = Request(scope["path"], headers, json.loads(body) if is_json and body else {})
        self.requests.append(request)
        behaviour = self._behaviours.pop(0) if len(self._behaviours) > 1 else self._behaviours[0]
        await behaviour(Exchange(request, receive, send))
