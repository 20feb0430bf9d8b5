"""Passages that were looked up lately, ready to be judged."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cachetools import LRUCache

from app.embeddings.base import Vectors
from app.knowledge.types import StoredChunk
from app.language.words import content_stems

_PARTS = re.compile(r"[\W_]+")


class ChunkSource(Protocol):
    async def chunks(self, tenant: str, ids: Sequence[str]) -> dict[str, StoredChunk]:
        """Those of `ids` that are current chunks of `tenant`."""
        ...


class VectorSource(Protocol):
    async def read(self, tenant: str, ids: Sequence[str]) -> dict[str, Vectors]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A current chunk with what judging it needs. `vector` is None if it was embedded by another model."""

    chunk: StoredChunk
    stems: frozenset[str]
    vector: Vectors | None


class PassageMemory:
    """Candidates by id, remembered per tenant and knowledge version.

    What is current changes only with the knowledge version, so an entry can never outlive its publication.
    """

    def __init__(self, chunks: ChunkSource, vectors: VectorSource, capacity: int = 4096) -> None:
        self._chunks = chunks
        self._vectors = vectors
        self._known: LRUCache[tuple[str, int, str], Candidate] = LRUCache(capacity)

    async def candidates(self, tenant: str, version: int, ids: Sequence[str]) -> dict[str, Candidate]:
        """Those of `ids` that are current chunks of `tenant`. Raises `StorageUnavailable`."""
        found: dict[str, Candidate] = {}
        missing: list[str] = []
        for chunk_id in dict.fromkeys(ids):
            known = self._known.get((tenant, version, chunk_id))
            if known is None:
                missing.append(chunk_id)
            else:
                found[chunk_id] = known
        for chunk_id, candidate in (await self._read(tenant, missing)).items():
            found[chunk_id] = self._known[tenant, version, chunk_id] = candidate
        return found

    async def _read(self, tenant: str, ids: Sequence[str]) -> dict[str, Candidate]:
        if not ids:
            return {}
        chunks, vectors = await asyncio.gather(self._chunks.chunks(tenant, ids), self._vectors.read(tenant, ids))
        return {
            chunk_id: Candidate(chunk, searchable_stems(chunk), vectors.get(chunk_id))
            for chunk_id, chunk in chunks.items()
        }


def searchable_stems(chunk: StoredChunk) -> frozenset[str]:
    """The content words of a chunk, of its title, headings and place, and of the kind of its document, as stems."""
    place = _PARTS.sub(" ", f"{chunk.source.rsplit('.', 1)[0]} {chunk.source_type}")
    return frozenset(content_stems(" ".join((chunk.title, *chunk.heading_path, place, chunk.text))))
