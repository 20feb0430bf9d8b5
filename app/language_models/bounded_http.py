"""An HTTP client whose answers cannot grow without end."""

from collections.abc import AsyncIterator

import httpx2

from app.language_models.failures import UnusableAnswer

MAX_ANSWER_BYTES = 1024 * 1024
_MAX_CONNECTIONS = 64


class _BoundedStream(httpx2.AsyncByteStream):
    """Passes on at most `limit` bytes of `stream`, then raises `UnusableAnswer`."""

    def __init__(self, stream: httpx2.AsyncByteStream, limit: int) -> None:
        self._stream = stream
        self._limit = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = self._limit
        async for part in self._stream:
            left -= len(part)
            if left < 0:
                raise UnusableAnswer("the answer is larger than allowed")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _bound(response: httpx2.Response) -> None:
    # Compressed answers are refused: a small one can unfold into gigabytes, and none was asked for.
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnusableAnswer("the answer is compressed although none was asked for")
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _BoundedStream(response.stream, MAX_ANSWER_BYTES)


def bounded_client(timeout_seconds: float) -> httpx2.AsyncClient:
    """A client that follows no redirect and reads at most 1 MiB per answer. Close it with `aclose`."""
    return httpx2.AsyncClient(
        timeout=timeout_seconds,
        follow_redirects=False,
        headers={"Accept-Encoding": "identity"},
        limits=httpx2.Limits(max_connections=_MAX_CONNECTIONS, max_keepalive_connections=_MAX_CONNECTIONS // 2),
        event_hooks={"response": [_bound]},
    )
