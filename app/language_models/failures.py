"""Reads any error of any provider's package: what it means, whether to try again, whether the server is to blame."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import httpx
import httpx2

from app.errors import ConfigurationError, ModelUnavailable

Reason = Literal[
    "timeout", "connection", "auth", "rate_limited", "server_error", "rejected", "unusable_answer", "circuit_open",
    "configuration",
]  # fmt: skip

_MESSAGES: dict[Reason, str] = {
    "timeout": "The chat model did not answer in time.",
    "connection": "The chat model's server cannot be reached; check llm_base_url and that the server runs.",
    "auth": "The chat model's server refused the key; check LLM_API_KEY.",
    "rate_limited": "The chat model's server is asked too often at the moment.",
    "server_error": "The chat model's server failed.",
    "rejected": "The chat model's server rejected the request; check llm_model and llm_base_url.",
    "unusable_answer": "The chat model gave no usable answer.",
    "circuit_open": "The chat model failed repeatedly and is left alone for a moment.",
    "configuration": "The chat model cannot be set up; check llm_provider, llm_model and LLM_API_KEY.",
}
_TIMEOUTS = (TimeoutError, httpx.TimeoutException, httpx2.TimeoutException)
_CONNECTION = (OSError, httpx.TransportError, httpx2.TransportError)
_RETRIABLE: frozenset[Reason] = frozenset({"connection", "rate_limited", "server_error"})
# A request that the server understood and turned down, or an answer held back for its content, depends on that one
# lead: it must not cut every other caller off.
_NOT_THE_SERVER: frozenset[Reason] = frozenset({"rejected"})


class UnusableAnswer(ValueError):
    """The server answered, but not with a text. `by_policy` if it held the text back because of its content."""

    def __init__(self, what: str, *, by_policy: bool = False) -> None:
        super().__init__(what)
        self.by_policy = by_policy


@dataclass(frozen=True, slots=True)
class Failure:
    """What an error means. Holds no text of the error: a server may quote the request or the key in it."""

    reason: Reason
    status: int | None = None
    retry_after: float | None = None
    blames_server: bool = True

    @property
    def retriable(self) -> bool:
        return self.reason in _RETRIABLE

    def as_error(self) -> ModelUnavailable:
        detail: dict[str, object] = {"reason": self.reason}
        if self.status is not None:
            detail["status"] = self.status
        return ModelUnavailable(_MESSAGES[self.reason], [detail])


def read_failure(error: BaseException) -> Failure:
    """Classify `error` by its HTTP status, else by the first known cause in its chain."""
    status = _status(error)
    if status is not None:
        reason = _reason_of_status(status)
        return Failure(reason, status, _retry_after(error), blames_server=reason not in _NOT_THE_SERVER)
    for cause in _chain(error):
        if isinstance(cause, ConfigurationError):
            return Failure("configuration")
        if isinstance(cause, UnusableAnswer):
            return Failure("unusable_answer", blames_server=not cause.by_policy)
        if isinstance(cause, _TIMEOUTS):
            return Failure("timeout")
        if isinstance(cause, _CONNECTION):
            return Failure("connection")
    return Failure("unusable_answer")


def _reason_of_status(status: int) -> Reason:
    if status in (401, 403):
        return "auth"
    if status == 429:
        return "rate_limited"
    if status in (408, 504):
        return "timeout"
    return "server_error" if status >= 500 else "rejected"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """`error` and what caused it, outermost first; bounded because chains may be circular."""
    current: BaseException | None = error
    for _ in range(10):
        if current is None:
            return
        yield current
        current = current.__cause__ or current.__context__


def _status(error: BaseException) -> int | None:
    """The HTTP status that an error of a provider carries: `openai`, `anthropic` and others name it `status_code`."""
    for cause in _chain(error):
        for holder in (cause, getattr(cause, "response", None)):
            status = getattr(holder, "status_code", None)
            if isinstance(status, int) and status >= 300:
                return status
    return None


def _retry_after(error: BaseException) -> float | None:
    """Seconds from a `Retry-After` header; its date form is left aside."""
    for cause in _chain(error):
        headers = getattr(getattr(cause, "response", None), "headers", None)
        value = headers.get("retry-after") if headers is not None else None
        if isinstance(value, str) and value.strip().isdigit():
            return float(value.strip()[:6])
    return None
