"""The knowledge version of a tenant, read at most a few times a second."""

from collections.abc import Callable
from time import monotonic
from typing import Protocol


class VersionSource(Protocol):
    async def knowledge_version(self, tenant: str) -> int: ...


class AppliedVersions(Protocol):
    def applied_version(self, tenant: str) -> int: ...


class KnowledgeClock:
    """Remembers each tenant's version for `seconds`: how long a cached answer may outlive a publication."""

    def __init__(
        self,
        versions: VersionSource,
        applied: AppliedVersions,
        seconds: float = 0.5,
        timer: Callable[[], float] = monotonic,
    ) -> None:
        self._versions = versions
        self._applied = applied
        self._seconds = seconds
        self._timer = timer
        self._known: dict[str, tuple[float, int]] = {}

    async def version(self, tenant: str) -> int:
        """Raises `StorageUnavailable`."""
        read_at, version = self._known.get(tenant, (float("-inf"), 0))
        if self._timer() - read_at < self._seconds:
            return version
        now = self._timer()
        version = await self._versions.knowledge_version(tenant)
        self._known[tenant] = (now, version)
        return version

    def settled(self, tenant: str, version: int) -> bool:
        """Whether the vector index holds at least `version`; until then an answer is too early to keep."""
        return self._applied.applied_version(tenant) >= version
