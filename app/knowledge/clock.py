"""The knowledge state of a tenant, read at most a few times a second."""

from collections.abc import Callable
from time import monotonic
from typing import Protocol

from app.forgetting import Forgetting
from app.knowledge.types import KnowledgeState
from app.single_flight import SingleFlight

_NEVER = (float("-inf"), KnowledgeState())


class StateSource(Protocol):
    async def knowledge_state(self, tenant: str) -> KnowledgeState: ...


class AppliedVersions(Protocol):
    def applied_version(self, tenant: str) -> int:
        """The version up to which this process's vector index follows the tenant; 0 before its first."""
        ...


class KnowledgeClock:
    """Remembers each tenant's state for `seconds`: how long a cached answer may outlive a publication.

    What the vector index of this process has followed already is not outlived at all. `on_return(tenant)` is called
    when the count of publications did not grow and yet the last one is another: the database is one that was restored,
    so what was remembered under a number may belong to other documents.
    """

    def __init__(
        self,
        states: StateSource,
        applied: AppliedVersions,
        seconds: float = 0.5,
        timer: Callable[[], float] = monotonic,
        on_return: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._states = states
        self._applied = applied
        self._seconds = seconds
        self._timer = timer
        self._on_return = on_return
        self._known: dict[str, tuple[float, KnowledgeState]] = {}
        self._reads: SingleFlight[tuple[str, int, int], KnowledgeState] = SingleFlight()
        self._forgetting = Forgetting()

    async def state(self, tenant: str) -> KnowledgeState:
        """Raises `StorageUnavailable`."""
        applied = self._applied.applied_version(tenant)
        read_at, state = self._known.get(tenant, _NEVER)
        # The index follows a publication at once, so that a finished upload is never answered from before it.
        if self._timer() - read_at < self._seconds and state.version >= applied:
            return state
        # Nobody joins a read that began before what makes them ask.
        return await self._reads.run((tenant, applied, self._forgetting.times), lambda: self._read(tenant))

    async def version(self, tenant: str) -> int:
        """The version of `state`. Raises `StorageUnavailable`."""
        return (await self.state(tenant)).version

    def forget(self, tenant: str) -> None:
        """Read the tenant's state afresh next time."""
        self._forgetting.note()
        self._known.pop(tenant, None)

    def settled(self, tenant: str, version: int) -> bool:
        """Whether the vector index holds at least `version`; until then an answer is too early to keep."""
        return self._applied.applied_version(tenant) >= version

    async def _read(self, tenant: str) -> KnowledgeState:
        now, times = self._timer(), self._forgetting.times
        state = await self._states.knowledge_state(tenant)
        _, before = self._known.get(tenant, _NEVER)
        if tenant in self._known and state.version <= before.version and state.publication != before.publication:
            self._on_return(tenant)
        # What was read before something was forgotten may be what is to be forgotten.
        if self._forgetting.nothing_since(times):
            self._known[tenant] = (now, state)
        return state
