"""The response cache: exact keys, two tiers, one computation for identical concurrent requests."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from cachetools import TLRUCache
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.config_files import CacheConfig
from app.forgetting import Forgetting
from app.observability import Metrics, get_logger
from app.single_flight import SingleFlight

_SCHEMA = 1
_COOL_DOWN_SECONDS = 5.0

Body = dict[str, Any]


def response_key(parts: Mapping[str, Any]) -> str:
    """SHA-256 over canonical JSON of everything that can change the text. Any differing part gives another key."""
    canonical = json.dumps({"schema": _SCHEMA, **parts}, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Computed:
    """A fresh result. Only complete, checked results may be kept: see `cacheable`."""

    body: Body
    cacheable: bool


@dataclass(frozen=True, slots=True)
class _Kept:
    """A body in the in-process tier; `seconds` is the life it had left when it came there."""

    tenant: str
    body: Body
    seconds: float


class ResponseCache:
    """In-process tier first, then Redis when configured. Redis gone means slower, nothing else.

    Values carry their tenant and key, and one that does not match what was asked for is treated as a miss: a shared
    connection that answers with another caller's reply can then not leak it.
    """

    def __init__(self, config: CacheConfig, metrics: Metrics, timer: Callable[[], float] = monotonic) -> None:
        self._config = config
        self._metrics = metrics
        self._log = get_logger("cache")
        self._seconds = config.redis.ttl.response_cache
        self._memory: TLRUCache[str, _Kept] = TLRUCache(config.memory.max_entries, _end_of_life, timer)
        self._hits = metrics.cache.labels(tier="memory", outcome="hit")
        self._misses = metrics.cache.labels(tier="memory", outcome="miss")
        self._computations: SingleFlight[tuple[str, str, str], Computed] = SingleFlight()
        self._redis: Redis | None = None
        self._down_until = 0.0
        self._forgetting = Forgetting()

    async def open(self) -> None:
        """Create the Redis client. An unreachable server is a degraded start, not a failure."""
        address = self._config.redis.address
        if address is None:
            return
        timeout = self._config.redis.timeout_seconds
        self._redis = Redis.from_url(address, socket_timeout=timeout, socket_connect_timeout=timeout)
        await self.ping()

    async def close(self) -> None:
        await self._computations.close()
        if self._redis is not None:
            await self._redis.aclose()

    @property
    def configured(self) -> bool:
        return self._redis is not None

    @property
    def degraded(self) -> bool:
        """True while Redis is configured but not answering."""
        return self._redis is not None and monotonic() < self._down_until

    async def ping(self) -> bool:
        """Whether Redis answers now; False when it is not configured."""
        if self._redis is None:
            return False
        try:
            async with asyncio.timeout(self._config.redis.timeout_seconds * 2):
                await self._redis.get("followup:ping")
        except (RedisError, OSError, TimeoutError) as error:
            self._mark_down(error)
            return False
        self._down_until = 0.0
        return True

    def peek(self, tenant: str, key: str) -> Body | None:
        """The in-process tier alone, without waiting for anything."""
        found = self._remembered(tenant, key)
        (self._misses if found is None else self._hits).inc()
        return found

    def recall(self, tenant: str, key: str) -> Body | None:
        """`peek` for a caller who will ask again in full: a miss is not counted twice."""
        found = self._remembered(tenant, key)
        if found is not None:
            self._hits.inc()
        return found

    def _remembered(self, tenant: str, key: str) -> Body | None:
        kept = self._memory.get(key)
        return kept.body if kept is not None and kept.tenant == tenant else None

    async def get_or_compute(
        self, tenant: str, key: str, compute: Callable[[], Awaitable[Computed]], share: str = ""
    ) -> tuple[Body, bool]:
        """The kept value, or the result of one `compute` shared by all who ask meanwhile; True when it was kept.

        Only callers with the same `share` wait for each other: what else decides the result besides its key, such as
        the time they allow. A caller that is cancelled leaves the computation running for the others.
        """
        found = self._remembered(tenant, key) or await self._read(tenant, key)
        if found is not None:
            return found, True
        asked = tenant, key, share
        computed = await self._computations.run(asked, lambda: self._compute_and_keep(tenant, key, compute))
        return computed.body, False

    async def _compute_and_keep(self, tenant: str, key: str, compute: Callable[[], Awaitable[Computed]]) -> Computed:
        times = self._forgetting.times
        result = await compute()
        # What was computed while something was forgotten may rest on it.
        if result.cacheable and self._forgetting.nothing_since(times):
            self._memory[key] = _Kept(tenant, result.body, self._seconds)
            await self._write(tenant, key, result.body, times)
        return result

    async def forget(self, tenant: str) -> None:
        """Drop every kept answer of `tenant`: they quote documents that may have been erased. Redis, when it cannot be
        reached, drops them itself when their time is over. What is computed or read meanwhile is not kept."""
        self._forgetting.note()
        for key in [key for key, kept in self._memory.items() if kept.tenant == tenant]:
            self._memory.pop(key, None)
        if self._redis is None:
            return
        try:
            async for name in self._redis.scan_iter(f"{_redis_prefix(tenant)}*", count=1000):
                await self._redis.unlink(name)
        except (RedisError, OSError) as error:
            self._mark_down(error)

    async def _read(self, tenant: str, key: str) -> Body | None:
        if self._redis is None or self.degraded:
            return None
        times = self._forgetting.times
        try:
            async with asyncio.timeout(self._config.redis.timeout_seconds):
                raw, milliseconds = await _get_with_lifetime(self._redis, _redis_key(tenant, key))
        except (RedisError, OSError, TimeoutError) as error:
            self._mark_down(error)
            return None
        body = _unwrap(raw, tenant, key)
        self._metrics.cache.labels(tier="redis", outcome="miss" if body is None else "hit").inc()
        if body is not None and self._forgetting.nothing_since(times):
            # What is left of its life, so that no answer is given longer than the configured time.
            self._memory[key] = _Kept(tenant, body, min(milliseconds / 1000, self._seconds))
        return body

    async def _write(self, tenant: str, key: str, body: Body, times: int) -> None:
        if self._redis is None or self.degraded:
            return
        value = json.dumps({"schema": _SCHEMA, "tenant": tenant, "key": key, "body": body})
        try:
            async with asyncio.timeout(self._config.redis.timeout_seconds):
                await self._redis.set(_redis_key(tenant, key), value, ex=self._seconds)
                # It may have arrived after what was there had been dropped.
                if not self._forgetting.nothing_since(times):
                    await self._redis.unlink(_redis_key(tenant, key))
        except (RedisError, OSError, TimeoutError) as error:
            self._mark_down(error)

    def _mark_down(self, error: Exception) -> None:
        self._down_until = monotonic() + _COOL_DOWN_SECONDS
        self._metrics.cache.labels(tier="redis", outcome="error").inc()
        self._log.warning("redis_unavailable", error_type=type(error).__name__)


def _end_of_life(_key: str, kept: _Kept, now: float) -> float:
    return now + kept.seconds


async def _get_with_lifetime(redis: Redis, name: str) -> tuple[bytes | None, int]:
    """A value and the milliseconds that it has left, none if it is without end; in one round trip."""
    async with redis.pipeline(transaction=False) as pipeline:
        pipeline.get(name)
        pipeline.pttl(name)
        value, milliseconds = await pipeline.execute()
    return value, max(milliseconds, 0)


def _redis_prefix(tenant: str) -> str:
    return f"followup:response:{hashlib.sha256(tenant.encode()).hexdigest()[:16]}:"


def _redis_key(tenant: str, key: str) -> str:
    return _redis_prefix(tenant) + key


def _unwrap(raw: bytes | str | None, tenant: str, key: str) -> Body | None:
    """The body inside a stored value; None for a miss, foreign bytes, or a value of another tenant or key."""
    if raw is None:
        return None
    try:
        value = json.loads(raw)
    except ValueError:
        return None
    if not isinstance(value, dict) or value.get("schema") != _SCHEMA:
        return None
    if value.get("tenant") != tenant or value.get("key") != key or not isinstance(value.get("body"), dict):
        return None
    body: Body = value["body"]
    return body
