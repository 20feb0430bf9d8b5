"""A small HTTP/1.1 load generator on raw asyncio streams: cheap enough not to be what is measured."""

import asyncio
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Load:
    """Requests per second and latencies in milliseconds."""

    per_second: float
    p50: float
    p95: float


async def run_load(port: int, path: str, bodies: Sequence[bytes], requests: int, connections: int) -> Load:
    """Send `requests` requests, cycling through `bodies`, over `connections` keep-alive connections."""
    latencies: list[float] = []
    queue = iter(range(requests))
    started = perf_counter()
    await asyncio.gather(*(_worker(port, path, bodies, queue, latencies) for _ in range(connections)))
    seconds = perf_counter() - started
    cuts = statistics.quantiles(latencies, n=20)
    return Load(len(latencies) / seconds, statistics.median(latencies), cuts[18])


async def _worker(port: int, path: str, bodies: Sequence[bytes], queue: Iterator[int], latencies: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for number in queue:
            started = perf_counter()
            await _request(reader, writer, path, bodies[number % len(bodies)])
            latencies.append((perf_counter() - started) * 1000)
    finally:
        writer.close()


async def _request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, body: bytes) -> bytes:
    head = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    writer.write("\r\n".join([*head, "", ""]).encode() + body)
    raw = await reader.readuntil(b"\r\n\r\n")
    if not raw.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"unexpected answer: {raw[:200]!r}")
    lower = raw.lower()
    length = int(lower.split(b"content-length:")[1].split(b"\r\n")[0])
    return await reader.readexactly(length)
