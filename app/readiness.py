"""What works right now: for `/readyz` and for the original health report."""

from dataclasses import dataclass
from typing import Any, Protocol

from app.errors import StorageUnavailable


class Pingable(Protocol):
    async def ping(self) -> None:
        """Raises `StorageUnavailable` when the database does not answer."""
        ...


class Reachable(Protocol):
    @property
    def configured(self) -> bool: ...

    async def ping(self) -> bool: ...


class Available(Protocol):
    @property
    def available(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Readiness:
    """Asks each part. `generators` maps the original's names to whether each can answer here."""

    database: Pingable
    redis: Reachable
    vector_index: Available
    generators: dict[str, bool]
    version: str

    async def missing(self) -> list[str]:
        """The critical parts that are down; empty when follow-ups can be written."""
        return [] if await self._database_up() else ["database"]

    async def report(self) -> dict[str, Any]:
        """The original health shape. `healthy`: all that is configured works; `unhealthy`: nothing can be written."""
        database, redis = await self._database_up(), await self._redis_state()
        index = self.vector_index.available
        degraded = redis == "disconnected" or not index
        return {
            "status": "unhealthy" if not database else "degraded" if degraded else "healthy",
            "models": {name: "active" if up else "unavailable" for name, up in self.generators.items()},
            "services": {
                "database": "connected" if database else "disconnected",
                "redis": redis,
                "vector_db": "active" if index else "unavailable",
            },
            "version": self.version,
        }

    async def _database_up(self) -> bool:
        try:
            await self.database.ping()
        except StorageUnavailable:
            return False
        return True

    async def _redis_state(self) -> str:
        if not self.redis.configured:
            return "not_configured"
        return "connected" if await self.redis.ping() else "disconnected"
