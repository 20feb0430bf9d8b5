"""What every request passes: an id, a size limit, metrics and one log line. Pure ASGI."""

import re
import uuid
from collections.abc import Mapping
from time import perf_counter

import structlog
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.handlers import error_response
from app.errors import InternalError, InvalidInput, PayloadTooLarge
from app.observability import Metrics, get_logger

_HOST = re.compile(rb"(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?", re.IGNORECASE)
_REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{1,128}$")


class RequestContextMiddleware:
    """Accepts or makes `X-Request-ID`, returns it, measures and logs the request without any of its content."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics
        self._log = get_logger("http")
        self._observers: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        status = 500
        responded = False
        started = perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status, responded
            if message["type"] == "http.response.start":
                status, responded = message["status"], True
                message["headers"] = [*message.get("headers", []), (b"x-request-id", request_id.encode())]
            await send(message)

        structlog.contextvars.bind_contextvars(request_id=request_id)
        self._metrics.in_flight.inc()
        try:
            await self._app(scope, receive, send_with_id)
        except Exception as error:
            self._log.error("unforeseen_error", code=InternalError.code, exc_info=error)
            self._metrics.errors.labels(code=InternalError.code).inc()
            if responded:
                raise
            answer = InternalError("Something went wrong here; the request id finds it in the logs.")
            await error_response(answer, request_id)(scope, receive, send_with_id)
        finally:
            self._metrics.in_flight.dec()
            self._finish(scope, status, perf_counter() - started)
            structlog.contextvars.unbind_contextvars("request_id")

    def _finish(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        requests, latency = self._observed(route, status)
        requests.inc()
        latency.observe(seconds)
        self._log.info(
            "request", method=scope["method"], route=route, status=status, duration_ms=round(seconds * 1000, 2)
        )

    def _observed(self, route: str, status: int) -> tuple[Counter, Histogram]:
        """The metrics of a route and status; both are closed sets, so they are looked up once."""
        if (route, status) not in self._observers:
            requests = self._metrics.requests.labels(route=route, status=str(status))
            self._observers[route, status] = requests, self._metrics.request_seconds.labels(route=route)
        return self._observers[route, status]


class LocalHostMiddleware:
    """Answers only requests addressed to this machine: a page in the user's browser must not reach an unauthenticated
    local server through a name that was rebound to 127.0.0.1."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = next((value for name, value in scope.get("headers", []) if name == b"host"), b"")
        if scope["type"] != "http" or _HOST.fullmatch(host):
            await self._app(scope, receive, send)
            return
        error = InvalidInput(
            "Host: without API keys this server answers only to localhost; set REQUIRE_API_KEY=true to serve others.",
            [{"field": "Host", "problem": "not this machine", "fix": "use 127.0.0.1 or localhost"}],
        )
        self._metrics.errors.labels(code=error.code).inc()
        await error_response(error, scope["state"]["request_id"])(scope, receive, send)


class BodyLimitMiddleware:
    """Refuses bodies above `max_bytes`, by their declared length at once, else as soon as they grow past it.

    `streamed` maps paths whose bodies are passed on piece by piece to limits of their own.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, metrics: Metrics, streamed: Mapping[str, int]) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._metrics = metrics
        self._streamed = streamed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._streamed.get(scope["path"])
        if limit is not None:
            await self._app(scope, _counted(receive, limit), send)
            return
        if _declared_length(scope) > self._max_bytes:
            await self._refuse(scope, receive, send)
            return
        body = await self._read(receive)
        if body is None:
            await self._refuse(scope, receive, send)
            return
        sent = False

        async def replay() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)

    async def _read(self, receive: Receive) -> bytes | None:
        """The whole body, or None as soon as it is larger than allowed."""
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return b"".join(parts)
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._max_bytes:
                return None
            if not message.get("more_body", False):
                return b"".join(parts)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        error = PayloadTooLarge(
            f"The body is larger than {self._max_bytes // 1024} KiB; shorten notes, thread or interaction_history.",
            [{"field": "body", "problem": "too large", "limit_bytes": self._max_bytes}],
        )
        self._metrics.errors.labels(code=error.code).inc()
        await error_response(error, scope["state"]["request_id"])(scope, receive, send)


def too_large(limit: int) -> PayloadTooLarge:
    """The refusal of a streamed body of more than `limit` bytes."""
    return PayloadTooLarge(
        f"The request is larger than {limit >> 20} MiB; send fewer or smaller files at once.",
        [{"field": "body", "problem": "too large", "limit_bytes": limit}],
    )


def _declared_length(scope: Scope) -> int:
    declared = dict(scope["headers"]).get(b"content-length", b"0")
    return int(declared) if declared.isdigit() else 0


def _counted(receive: Receive, limit: int) -> Receive:
    """`receive` that raises `PayloadTooLarge` once more than `limit` bytes have come."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            raise too_large(limit)
        return message

    return counted


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            text = value.decode("latin-1")
            if _REQUEST_ID.match(text):
                return str(text)
    return uuid.uuid4().hex
