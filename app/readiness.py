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


class Generators(Protocol):
    def available(self) -> dict[str, bool]:
        """Whether each of the original's generators can answer now."""
        ...


class Answering(Protocol):
    """A chat model."""

    @property
    def answering(self) -> bool:
        """False while calls are refused: the model has been failing, or is not loaded."""
        ...


class Loading(Protocol):
    """A model that takes its time to load."""

    @property
    def loading(self) -> bool: ...


class Available(Protocol):
    @property
    def available(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Readiness:
    """Asks each part. `rag` is reported as `fallback` while its chat model does not answer and the safe template does
    instead."""

    database: Pingable
    redis: Reachable
    vector_index: Available
    generators: Generators
    chat_model: Answering | None
    version: str
    local_model: Loading | None = None

    async def missing(self) -> list[str]:
        """The critical parts that are down; empty when follow-ups can be written."""
        loading = self.local_model is not None and self.local_model.loading
        return [*([] if await self._database_up() else ["database"]), *(["local_model"] if loading else [])]

    async def report(self) -> dict[str, Any]:
        """The original health shape. `healthy`: all that is configured works; `unhealthy`: nothing can be written."""
        database, redis = await self._database_up(), await self._redis_state()
        index = self.vector_index.available
        models = {name: "active" if up else "unavailable" for name, up in self.generators.available().items()}
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
