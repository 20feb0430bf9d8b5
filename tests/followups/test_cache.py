"""The response cache: exact keys, two tiers, shared computation, and values that belong to the asker."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic

from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from app.config_files import CacheConfig, MemoryCache, RedisConfig
from app.followups.cache import Body, Computed, ResponseCache, response_key
from app.observability import Metrics
from tests.services import private_redis

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3)
)


@asynccontextmanager
async def opened(redis_url: str | None = None, timer: Callable[[], float] = monotonic) -> AsyncIterator[ResponseCache]:
    config = CacheConfig(redis=RedisConfig(url=redis_url, timeout_seconds=2), memory=MemoryCache(max_entries=100))
    cache = ResponseCache(config, Metrics(), timer)
    await cache.open()
    try:
        yield cache
    finally:
        await cache.close()


def compute(body: Body, calls: list[int], cacheable: bool = True) -> Callable[[], asyncio.Future[Computed]]:
    async def run() -> Computed:
        calls.append(1)
        await asyncio.sleep(0.01)
        return Computed(body, cacheable)

    return lambda: asyncio.ensure_future(run())


@given(st.dictionaries(st.text(max_size=5), json_values, max_size=4), st.text(max_size=5), json_values, json_values)
def test_keys_differ_when_any_part_differs(parts: dict[str, object], name: str, one: object, two: object) -> None:
    same = json.dumps(one) == json.dumps(two)
    assert (response_key({**parts, name: one}) == response_key({**parts, name: two})) is same


@given(st.text(max_size=6), st.text(max_size=6))
def test_keys_do_not_collide_at_boundaries(a: str, b: str) -> None:
    if a + b != b + a or a != b:
        assert response_key({"x": a, "y": b}) != response_key({"x": a + b, "y": ""}) or b == ""


def test_key_does_not_depend_on_order() -> None:
    assert response_key({"a": 1, "b": 2}) == response_key({"b": 2, "a": 1})


async def test_second_call_is_served_from_memory() -> None:
    calls: list[int] = []
    async with opened() as cache:
        assert await cache.get_or_compute("t", "k", compute({"m": 1}, calls)) == ({"m": 1}, False)
        assert await cache.get_or_compute("t", "k", compute({"m": 2}, calls)) == ({"m": 1}, True)
    assert len(calls) == 1


async def test_identical_concurrent_requests_compute_once() -> None:
    calls: list[int] = []
    async with opened() as cache:
        asked = [cache.get_or_compute("t", "k", compute({"m": 1}, calls)) for _ in range(50)]
        answers = await asyncio.gather(*asked)
    assert len(calls) == 1
    assert all(body == {"m": 1} for body, _ in answers)


async def test_a_cancelled_caller_leaves_the_computation_to_the_others() -> None:
    calls: list[int] = []
    async with opened() as cache:
        first = asyncio.ensure_future(cache.get_or_compute("t", "k", compute({"m": 1}, calls)))
        await asyncio.sleep(0)
        second = asyncio.ensure_future(cache.get_or_compute("t", "k", compute({"m": 2}, calls)))
        await asyncio.sleep(0)
        first.cancel()
        assert await second == ({"m": 1}, False)
    assert len(calls) == 1


async def test_uncacheable_results_are_not_kept() -> None:
    calls: list[int] = []
    async with opened() as cache:
        for _ in range(2):
            assert (await cache.get_or_compute("t", "k", compute({"m": 1}, calls, cacheable=False)))[1] is False
    assert len(calls) == 2


async def test_a_failed_computation_is_raised_and_not_kept() -> None:
    async def fail() -> Computed:
        raise ValueError("broken")

    calls: list[int] = []
    async with opened() as cache:
        outcome = await asyncio.gather(cache.get_or_compute("t", "k", fail), return_exceptions=True)
        assert isinstance(outcome[0], ValueError)
        assert await cache.get_or_compute("t", "k", compute({"m": 1}, calls)) == ({"m": 1}, False)


async def test_a_value_of_another_tenant_is_a_miss() -> None:
    calls: list[int] = []
    async with opened() as cache:
        await cache.get_or_compute("a", "k", compute({"m": "a"}, calls))
        assert cache.peek("b", "k") is None


async def test_redis_serves_a_second_process(redis_url: str) -> None:
    calls: list[int] = []
    async with opened(redis_url) as one, opened(redis_url) as two:
        await one.get_or_compute("t", "shared-key", compute({"m": 1}, calls))
        assert await two.get_or_compute("t", "shared-key", compute({"m": 2}, calls)) == ({"m": 1}, True)
        assert not one.degraded


async def test_a_value_from_redis_lives_no_longer_than_it_had_left(redis_url: str) -> None:
    calls: list[int] = []
    now = 1000.0
    async with opened(redis_url) as one, opened(redis_url, lambda: now) as two, Redis.from_url(redis_url) as client:
        await one.get_or_compute("t", "k", compute({"m": 1}, calls))
        [name] = [name async for name in client.scan_iter("followup:response:*")]
        await client.pexpire(name, 60_000)
        assert (await two.get_or_compute("t", "k", compute({"m": 2}, calls)))[1]
        now += 55
        assert two.peek("t", "k") == {"m": 1}
        now += 6
        assert two.peek("t", "k") is None


async def test_what_reaches_redis_after_something_was_forgotten_does_not_stay() -> None:
    calls: list[int] = []
    # Of its own, because all who use the server would be paused.
    with private_redis() as url:
        async with opened(url) as cache, Redis.from_url(url) as client:
            await client.client_pause(60_000, all=False)
            asking = asyncio.ensure_future(cache.get_or_compute("t", "k", compute({"m": 1}, calls)))
            while cache.peek("t", "k") is None:
                await asyncio.sleep(0.001)
            await cache.forget("t")
            await client.client_unpause()
            assert await asking == ({"m": 1}, False)
            assert [name async for name in client.scan_iter("followup:response:*")] == []


async def test_foreign_or_damaged_redis_values_are_misses(redis_url: str) -> None:
    bodies = [b"\x80\x04pickle", b"[]", b'{"schema":1,"tenant":"x","key":"k","body":{}}', b'{"schema":1}']
    client = Redis.from_url(redis_url)
    try:
        for number, raw in enumerate(bodies):
            await client.set(f"followup:response:damaged{number}", raw)
            calls: list[int] = []
            async with opened(redis_url) as cache:
                body, cached = await cache.get_or_compute("t", f"damaged{number}", compute({"m": 1}, calls))
            assert (body, cached, len(calls)) == ({"m": 1}, False, 1)
    finally:
        await client.aclose()


async def test_redis_gone_at_start_is_slower_and_says_so() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    calls: list[int] = []
    async with opened(f"redis://127.0.0.1:{port}/0") as cache:
        assert await cache.get_or_compute("t", "k", compute({"m": 1}, calls)) == ({"m": 1}, False)
        assert cache.degraded
        assert await cache.get_or_compute("t", "k", compute({"m": 2}, calls)) == ({"m": 1}, True)


async def test_what_is_computed_while_something_is_forgotten_is_not_kept() -> None:
    calls: list[int] = []
    async with opened() as cache:
        asking = asyncio.ensure_future(cache.get_or_compute("t", "k", compute({"m": 1}, calls)))
        while not calls:
            await asyncio.sleep(0)
        await cache.forget("t")
        assert await asking == ({"m": 1}, False)
        assert cache.peek("t", "k") is None
