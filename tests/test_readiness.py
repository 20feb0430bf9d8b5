"""What the health reports say for every combination of parts that are up or down."""

from dataclasses import dataclass

import pytest

from app.errors import StorageUnavailable
from app.readiness import Readiness


@dataclass
class Parts:
    """Which parts are up; it is the index itself."""

    database: bool = True
    configured: bool = True
    redis: bool = True
    available: bool = True


@dataclass
class DatabaseOf:
    parts: Parts

    async def ping(self) -> None:
        if not self.parts.database:
            raise StorageUnavailable("The database does not answer.")


@dataclass
class RedisOf:
    parts: Parts

    @property
    def configured(self) -> bool:
        return self.parts.configured

    async def ping(self) -> bool:
        return self.parts.redis


@dataclass
class Chat:
    answering: bool


class Registry:
    def available(self) -> dict[str, bool]:
        return {"rag": True, "hybrid": False}


@dataclass
class Local:
    loading: bool


def readiness(parts: Parts, chat_model: Chat | None = None) -> Readiness:
    return Readiness(DatabaseOf(parts), RedisOf(parts), parts, Registry(), chat_model, "1.2.3")


@pytest.mark.parametrize(
    ("parts", "status", "services"),
    [
        (Parts(), "healthy", ("connected", "connected", "active")),
        (Parts(configured=False, redis=False), "healthy", ("connected", "not_configured", "active")),
        (Parts(redis=False), "degraded", ("connected", "disconnected", "active")),
        (Parts(available=False), "degraded", ("connected", "connected", "unavailable")),
        (Parts(database=False), "unhealthy", ("disconnected", "connected", "active")),
        (Parts(False, True, False, False), "unhealthy", ("disconnected", "disconnected", "unavailable")),
    ],
)
async def test_the_report_tells_the_truth(parts: Parts, status: str, services: tuple[str, str, str]) -> None:
    report = await readiness(parts).report()
    assert report == {
        "status": status,
        "models": {"rag": "active", "hybrid": "unavailable"},
        "services": dict(zip(("database", "redis", "vector_db"), services, strict=True)),
        "version": "1.2.3",
    }


@pytest.mark.parametrize(("answering", "status", "rag"), [(True, "healthy", "active"), (False, "degraded", "fallback")])
async def test_a_chat_model_that_fails_is_reported_as_replaced(answering: bool, status: str, rag: str) -> None:
    report = await readiness(Parts(), Chat(answering)).report()
    assert (report["status"], report["models"]["rag"]) == (status, rag)


@pytest.mark.parametrize("redis", [True, False])
@pytest.mark.parametrize("available", [True, False])
async def test_only_the_database_is_critical(redis: bool, available: bool) -> None:
    assert await readiness(Parts(redis=redis, available=available)).missing() == []
    assert await readiness(Parts(database=False, redis=redis, available=available)).missing() == ["database"]


@pytest.mark.parametrize("loading", [True, False])
async def test_traffic_waits_for_the_local_model(loading: bool) -> None:
    parts = Parts()
    asked = Readiness(DatabaseOf(parts), RedisOf(parts), parts, Registry(), None, "1.2.3", Local(loading))
    assert await asked.missing() == (["local_model"] if loading else [])
