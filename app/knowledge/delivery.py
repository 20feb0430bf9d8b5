"""After an ingestion: bring what was published into the vector index, or see a running service do it."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from app.errors import IndexLocked
from app.knowledge.index_identity import read_identity
from app.knowledge.index_sync import IndexSync, index_name

_POLL_SECONDS = 0.1


class Positions(Protocol):
    async def latest_seq(self) -> int: ...
    async def position(self, index_name: str) -> int: ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """`applied`: we did it; `picked_up`: the process that owns the index did; `pending`: it has not done so yet."""

    state: Literal["applied", "picked_up", "pending"]
    seconds: float

    @property
    def sentence(self) -> str:
        """What happened, for a person."""
        match self.state:
            case "applied":
                return f"The vector index is up to date ({self.seconds:.1f} s)."
            case "picked_up":
                return f"Picked up by the running service in {self.seconds:.1f} s."
            case "pending":
                return (
                    f"The documents are published, but the process that owns the vector index has not taken them up "
                    f"within {self.seconds:.0f} s: until it does, they are found by their words only. If it runs with "
                    "another EMBEDDING_MODEL, restart it with this one."
                )


async def deliver(
    sync: IndexSync, changes: Positions, directory: Path, digest: str, wait_seconds: float = 10.0
) -> Delivery:
    """Apply pending changes if the index in `directory` is free, else wait for its owner to do so.

    Raises `IndexUnavailable` or `StorageUnavailable`; what was published stays published.
    """
    began = time.monotonic()
    try:
        await sync.apply_pending()
        return Delivery("applied", time.monotonic() - began)
    except IndexLocked:
        target = await changes.latest_seq()
    while True:
        identity = read_identity(directory)
        if identity and await changes.position(index_name(identity, digest)) >= target:
            return Delivery("picked_up", time.monotonic() - began)
        if time.monotonic() - began > wait_seconds:
            return Delivery("pending", time.monotonic() - began)
        await asyncio.sleep(_POLL_SECONDS)
