"""The knowledge version of a tenant, read at most a few times a second."""

from collections.abc import Callable
from time import monotonic
from typing import Protocol


class VersionSource(Protocol):
    async def knowledge_version(self, tenant: str) -> int: ...

    async def tenant_since(self, tenant: str) -> str:
        """When the tenant's row was created, to the microsecond; empty for an unknown tenant."""
        ...


class AppliedVersions(Protocol):
    def applied_version(self, tenant: str) -> int:
        """The version up to which this process's vector index follows the tenant; 0 before its first."""
        ...


class KnowledgeClock:
    """Remembers each tenant's version for `seconds`: how long a cached answer may outlive a publication.

    What the vector index of this process has followed already is not outlived at all.
    """

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
        self._since: dict[str, str] = {}
        self._forgotten = 0

    async def version(self, tenant: str) -> int:
        """Raises `StorageUnavailable`."""
        read_at, version = self._known.get(tenant, (float("-inf"), 0))
        # The index follows a publication at once, so that a finished upload is never answered from before it.
        if self._timer() - read_at < self._seconds and version >= self._applied.applied_version(tenant):
            return version
        now, forgotten = self._timer(), self._forgotten
        version = await self._versions.knowledge_version(tenant)
        # What was read before something was forgotten may be what is to be forgotten.
        if forgotten == self._forgotten:
            self._known[tenant] = (now, version)
        return version

    async def since(self, tenant: str) -> str:
        """Tells this database's tenant from one of the same name and version in another, which may share a cache.

        Raises `StorageUnavailable`.
        """
        if not self._since.get(tenant):
            self._since[tenant] = await self._versions.tenant_since(tenant)
        return self._since[tenant]

    def forget(self, tenant: str) -> None:
        """Read the tenant's version afresh next time."""
        self._forgotten += 1
        self._known.pop(tenant, None)

    def settled(self, tenant: str, version: int) -> bool:
        """Whether the vector index holds at least `version`; until then an answer is too early to keep."""
        return self._applied.applied_version(tenant) >= version
