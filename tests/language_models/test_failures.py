"""What errors of providers' packages mean."""

import httpx
import httpx2
import openai
import pytest

from app.errors import ConfigurationError
from app.language_models.failures import Reason, UnusableAnswer, read_failure
from app.language_models.retries import RetryBudget, pause_seconds


class ProviderError(Exception):
    """The shape that packages of hosted providers share."""

    def __init__(self, status_code: int, headers: dict[str, str] | None = None) -> None:
        super().__init__("secret text")
        self.response = httpx.Response(status_code, headers=headers)


def caused(outer: Exception, inner: Exception) -> Exception:
    outer.__cause__ = inner
    return outer


CASES: list[tuple[BaseException, Reason]] = [
    (ProviderError(401), "auth"),
    (ProviderError(429), "rate_limited"),
    (ProviderError(500), "server_error"),
    (ProviderError(404), "rejected"),
    (caused(RuntimeError("wrapped"), ProviderError(503)), "server_error"),
    (httpx.ConnectError("x"), "connection"),
    (httpx2.ConnectError("x"), "connection"),
    (
        caused(openai.APIConnectionError(request=httpx2.Request("POST", "http://x")), httpx2.ReadError("x")),
        "connection",
    ),
    (caused(RuntimeError("x"), httpx2.ReadTimeout("x")), "timeout"),
    (httpx.PoolTimeout("x"), "timeout"),
    (TimeoutError(), "timeout"),
    (ConnectionResetError(), "connection"),
    (
        caused(openai.APIConnectionError(request=httpx2.Request("POST", "http://x")), UnusableAnswer("x")),
        "unusable_answer",
    ),
    (ConfigurationError("x"), "configuration"),
    (KeyError("choices"), "unusable_answer"),
    (RecursionError(), "unusable_answer"),
]


@pytest.mark.parametrize(("error", "reason"), CASES)
def test_reason(error: BaseException, reason: Reason) -> None:
    failure = read_failure(error)
    assert failure.reason == reason
    told = failure.as_error()
    assert told.details[0]["reason"] == reason
    assert "secret" not in told.message


def test_a_chain_that_bites_its_tail_ends() -> None:
    first, second = RuntimeError("a"), RuntimeError("b")
    first.__cause__, second.__cause__ = second, first
    assert read_failure(first).reason == "unusable_answer"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("3", 3.0), (" 12 ", 12.0), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-1", None), ("", None)],
)
def test_retry_after(header: str, seconds: float | None) -> None:
    assert read_failure(ProviderError(429, {"retry-after": header})).retry_after == seconds


def test_only_passing_troubles_are_retried() -> None:
    retried = {reason for error, reason in CASES if read_failure(error).retriable}
    assert retried == {"connection", "rate_limited", "server_error"}


def test_a_request_the_server_turned_down_does_not_blame_it() -> None:
    assert not read_failure(ProviderError(400)).blames_server
    assert read_failure(ProviderError(500)).blames_server
    assert not read_failure(UnusableAnswer("x", by_policy=True)).blames_server


def test_the_pause_grows_is_bounded_and_yields_to_the_server() -> None:
    assert pause_seconds(0, 4.0) == 4.0
    assert all(0.05 <= pause_seconds(0, None) <= 0.15 for _ in range(50))
    assert all(1.0 <= pause_seconds(40, None) <= 3.0 for _ in range(50))


def test_the_budget_is_a_share_of_the_calls() -> None:
    budget = RetryBudget(share=0.1, reserve=2)
    spent = 0
    for _ in range(1000):
        budget.earn()
        spent += budget.spend()
    assert 100 <= spent <= 102
