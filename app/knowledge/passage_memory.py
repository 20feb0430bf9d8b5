"""Passages that were looked up lately, ready to be judged."""

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from cachetools import LRUCache

from app.embeddings.base import Vectors
from app.followups.types import BlockKind, Span
from app.knowledge.types import StoredChunk
from app.language.words import content_stems

_TENANTS = 256
_SAMPLE = 400
_PARTS = re.compile(r"[\W_]+")


class ChunkSource(Protocol):
    async def chunks(self, tenant: str, ids: Sequence[str]) -> dict[str, StoredChunk]:
        """Those of `ids` that are current chunks of `tenant`."""
        ...


class VectorSource(Protocol):
    async def current_ids(self, tenant: str) -> tuple[set[str], set[str]]: ...
    async def read(self, tenant: str, ids: Sequence[str]) -> dict[str, Vectors]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A current chunk with what judging it needs.

    `stems` are the content words of the whole passage, `heading_stems` those that say what it is about: title,
    headings, file path and kind of document. `vector` is None if it was embedded by another model.
    """

    chunk: StoredChunk
    stems: frozenset[str]
    heading_stems: frozenset[str]
    vector: Vectors | None


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """What is usual in a tenant's documents: of `size` chunks, how many hold each stem, and their mean vector."""

    size: int
    holders: Mapping[str, int]
    centre: Vectors | None


class PassageMemory:
    """Candidates by id, remembered per tenant and knowledge version.

    What is current changes only with the knowledge version, so an entry can never outlive its publication.
    """

    def __init__(self, chunks: ChunkSource, vectors: VectorSource, capacity: int = 4096) -> None:
        self._chunks = chunks
        self._vectors = vectors
        self._known: LRUCache[tuple[str, int, str], Candidate] = LRUCache(capacity)
        self._backgrounds: LRUCache[tuple[str, int], Background] = LRUCache(_TENANTS)
        self._sampling = asyncio.Lock()

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
        for chunk_id, read in (await self._read(tenant, missing)).items():
            found[chunk_id] = self._known[tenant, version, chunk_id] = read
        return found

    async def background(self, tenant: str, version: int) -> Background:
        """What is usual in the tenant's documents, from a sample that depends on nothing but their ids."""
        async with self._sampling:
            if (tenant, version) not in self._backgrounds:
                ids = sorted(set().union(*await self._vectors.current_ids(tenant)), key=_shuffled)[:_SAMPLE]
                sample = (await self._read(tenant, ids)).values()
                self._backgrounds[tenant, version] = _background(list(sample))
            return self._backgrounds[tenant, version]

    async def _read(self, tenant: str, ids: Sequence[str]) -> dict[str, Candidate]:
        if not ids:
            return {}
        chunks, vectors = await asyncio.gather(self._chunks.chunks(tenant, ids), self._vectors.read(tenant, ids))
        return {chunk_id: candidate(chunk, vectors.get(chunk_id)) for chunk_id, chunk in chunks.items()}


def candidate(chunk: StoredChunk, vector: Vectors | None) -> Candidate:
    """A chunk, prepared for judging."""
    place = _PARTS.sub(" ", f"{chunk.source.rsplit('.', 1)[0]} {chunk.source_type}")
    headings = [chunk.text[block.start : block.end] for block in chunk.blocks if block.kind is BlockKind.HEADING]
    about = frozenset(content_stems(" ".join((chunk.title, *chunk.heading_path, *headings, place))))
    return Candidate(chunk, about.union(content_stems(_prose(chunk))), about, vector)


def _prose(chunk: StoredChunk) -> str:
    """The text without its code, where words are names and mean nothing by themselves."""
    blocks = chunk.blocks or (Span(0, len(chunk.text), BlockKind.PARAGRAPH),)
    return " ".join(chunk.text[block.start : block.end] for block in blocks if block.kind is not BlockKind.CODE)


def _background(sample: Sequence[Candidate]) -> Background:
    vectors = [passage.vector for passage in sample if passage.vector is not None]
    holders = Counter(word for passage in sample for word in passage.stems)
    return Background(len(sample), holders, np.mean(vectors, axis=0, dtype=np.float32) if vectors else None)


def _shuffled(chunk_id: str) -> bytes:
    return hashlib.sha256(chunk_id.encode()).digest()
