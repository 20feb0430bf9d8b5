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


class Circuit(Protocol):
    """A chat model's circuit breaker."""

    @property
    def answering(self) -> bool:
        """False while calls are refused because the model has been failing."""
        ...


class Available(Protocol):
    @property
    def available(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Readiness:
    """Asks each part. `generators` maps the original's names to whether each can answer here; `rag` is reported as
    `fallback` while its chat model fails and the safe template answers instead."""

    database: Pingable
    redis: Reachable
    vector_index: Available
    generators: dict[str, bool]
    chat_model: Circuit | None
    version: str

    async def missing(self) -> list[str]:
        """The critical parts that are down; empty when follow-ups can be written."""
        return [] if await self._database_up() else ["database"]

    async def report(self) -> dict[str, Any]:
        """The original health shape. `healthy`: all that is configured works; `unhealthy`: nothing can be written."""
        database, redis = await self._database_up(), await self._redis_state()
        index = self.vector_index.available
        models = {name: "active" if up else "unavailable" for name, up in self.generators.items()}
        if self.chat_model is not None and not self.chat_model.answering:
            models["rag"] = "fallback"
        degraded = redis == "disconnected" or not index or models["rag"] == "fallback"
        return {
            "status": "unhealthy" if not database else "degraded" if degraded else "healthy",
            "models": models,
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
