"""Moves stored documents over to another embedding model, from the texts in the database."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from app.embeddings.base import Embedder, Vectors
from app.observability import get_logger
from app.storage.foreign_vectors import ForeignChunk

_BATCH = 64
_log = get_logger("reembedding")


class ForeignVectors(Protocol):
    async def tenants(self) -> list[str]: ...
    async def after(self, tenant: str, chunk_id: str, limit: int) -> list[ForeignChunk]: ...
    async def replace(self, chunks: Sequence[ForeignChunk], vectors: Vectors) -> None: ...
    async def announce(self, tenant: str) -> None: ...


class Reconciler(Protocol):
    async def reconcile(self, tenant: str) -> object:
        """Make the vector index equal to the database."""
        ...


class Reembedding:
    """Embeds what another model embedded. Searches go on: until a chunk's turn comes, it is found by its words.

    An interrupted run is taken up by the next. The next ingestion embeds changed documents as usual.
    """

    def __init__(self, stored: ForeignVectors, embedder: Embedder, index: Reconciler) -> None:
        self._stored = stored
        self._embedder = embedder
        self._index = index

    async def run(self) -> int:
        """How many chunks got new vectors. Raises `StorageUnavailable`, `IndexUnavailable` or `IndexLocked`."""
        total = 0
        for tenant in await self._stored.tenants():
            count = await self._move(tenant)
            if count:
                await self._index.reconcile(tenant)
                await self._stored.announce(tenant)
                _log.info("chunks_embedded_again", count=count)
            total += count
        return total

    async def _move(self, tenant: str) -> int:
        count, last = 0, ""
        while chunks := await self._stored.after(tenant, last, _BATCH):
            vectors = await asyncio.to_thread(self._embedder.embed, [embedding_text(chunk) for chunk in chunks])
            await self._stored.replace(chunks, vectors)
            count, last = count + len(chunks), chunks[-1].id
        return count


def embedding_text(chunk: ForeignChunk) -> str:
    """The chunk under its headings, much as chunking writes it; one that opens the text is not repeated."""
    headings = [heading for heading in chunk.heading_path if not chunk.text.startswith(heading)]
    return "\n".join((" › ".join(headings), chunk.text)) if headings else chunk.text
