"""Verifying, repairing and rebuilding the index: by its owner, also for a command line that asks through SQL."""

import asyncio
import time
from pathlib import Path

from app.errors import IndexLocked, IndexUnavailable
from app.knowledge.index_identity import read_identity
from app.knowledge.index_sync import IndexSync, index_name
from app.knowledge.verification import IndexState, Verifier
from app.storage.index_requests import IndexAction, IndexRequests

_POLL_SECONDS = 0.1


class IndexCare:
    """`serve` is the owner's side, `ask` the other one; `perform` does the work."""

    def __init__(self, sync: IndexSync, verifier: Verifier, requests: IndexRequests) -> None:
        self._sync = sync
        self._verifier = verifier
        self._requests = requests

    async def perform(self, tenant: str, action: IndexAction) -> IndexState:
        """The state that was found; after a repair or rebuild with `mended` set.

        Opens the index. Raises `IndexLocked`, `IndexUnavailable` or `StorageUnavailable`.
        """
        found = await self._found(tenant)
        if action == "verify" or (action == "repair" and found.passed):
            return found
        if action == "rebuild":
            await self._sync.rebuild(tenant)
        else:
            await self._sync.reconcile(tenant, vectors=True)
        after = await self._verifier.verify(tenant)
        if after.lost and action == "repair":
            await self._sync.rebuild(tenant)
            after = await self._verifier.verify(tenant)
        return found.after(after)

    async def _found(self, tenant: str) -> IndexState:
        await self._sync.apply_pending()
        found = await self._verifier.verify(tenant)
        if found.passed:
            return found
        # Perhaps something was published between the two.
        await self._sync.apply_pending()
        return await self._verifier.verify(tenant)

    async def serve(self) -> None:
        """Answer what was asked of the index that is open here. Raises as `perform`; the request then stays."""
        for request in await self._requests.pending(self._sync.index_name):
            state = await self.perform(request.tenant, request.action)
            await self._requests.answer(request.id, state.as_json())

    async def ask(
        self, directory: Path, digest: str, tenant: str, action: IndexAction, wait_seconds: float
    ) -> IndexState:
        """`perform`, or have the process do it that owns the index in `directory`.

        Raises `IndexUnavailable` if that process does not answer within `wait_seconds`.
        """
        try:
            return await self.perform(tenant, action)
        except IndexLocked as error:
            locked = error
        began = time.monotonic()
        name = index_name(read_identity(directory) or "", digest)
        request_id = await self._requests.ask(name, tenant, action)
        while time.monotonic() - began < wait_seconds:
            answer = await self._requests.answered(request_id)
            if answer is not None:
                return IndexState.from_json(answer)
            await asyncio.sleep(_POLL_SECONDS)
        raise IndexUnavailable(
            f"{locked.message} It was asked to {action} the index, and has not answered within {wait_seconds:.0f} s; "
            "if it runs with another EMBEDDING_MODEL, use the same here."
        )
