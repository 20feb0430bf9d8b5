"""Passages that were looked up lately, ready to be judged."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol

import numpy as np
from cachetools import LRUCache

from app.embeddings.base import Vectors
from app.followups.types import BlockKind, Span
from app.forgetting import Forgetting
from app.knowledge.manual_versions import Outdated, outdated_folders
from app.knowledge.types import StoredChunk
from app.language.stemmed_text import StemmedText
from app.single_flight import SingleFlight

_TENANTS = 256
_SAMPLE = 400
_PARTS = re.compile(r"[\W_]+")


class DocumentSource(Protocol):
    async def sources(self, tenant: str) -> Sequence[str]:
        """The paths of the tenant's current documents."""
        ...


class ChunkSource(Protocol):
    async def sample_ids(self, tenant: str, size: int) -> list[str]: ...

    async def prepared(
        self, tenant: str, ids: Sequence[str], prepare: "Callable[[StoredChunk, Vectors | None], Candidate]"
    ) -> "dict[str, Candidate]":
        """What `prepare` makes of those of `ids` that are current chunks of `tenant`, and of their vectors."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A current chunk with what judging it needs.

    `stems` are the content words of the whole passage, `heading_stems` those that say what it is about: title,
    headings, file path and kind of document. `vector` is None if it was embedded by another model.
    """

    chunk: StoredChunk
    stems: Set[str]
    heading_stems: Set[str]
    vector: Vectors | None


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """What is usual in a tenant's documents: of `size` chunks, how many hold each stem, and their mean vector.

    `outdated` are the folders that hold an older version of a manual.
    """

    size: int
    holders: Mapping[str, int]
    centre: Vectors | None
    outdated: Outdated = field(default_factory=dict)


class PassageMemory:
    """Candidates by id, remembered per tenant and knowledge version.

    What is current changes only with the knowledge version, so an entry can never outlive its publication.
    """

    def __init__(self, documents: DocumentSource, chunks: ChunkSource, capacity: int = 4096) -> None:
        self._documents = documents
        self._chunks = chunks
        self._known: LRUCache[tuple[str, int, str], Candidate] = LRUCache(capacity)
        self._backgrounds: LRUCache[tuple[str, int, date], Background] = LRUCache(_TENANTS)
        self._samplings: SingleFlight[tuple[str, int, date, int], Background] = SingleFlight()
        self._forgetting = Forgetting()

    def holds(self, tenant: str, version: int, ids: Iterable[str]) -> bool:
        """Whether `candidates` would find all of `ids` without asking the database."""
        return all((tenant, version, chunk_id) in self._known for chunk_id in ids)

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
        times = self._forgetting.times
        read = await self._read(tenant, missing)
        if self._forgetting.nothing_since(times):
            self._known.update({(tenant, version, chunk_id): one for chunk_id, one in read.items()})
        return found | read

    async def background(self, tenant: str, version: int, today: date = date.min) -> Background:
        """What is usual in the tenant's documents, from a sample that depends on nothing but their ids and `today`.

        What has expired by then is left out: old editions of one page must not make its words seem usual.
        """
        known = self._backgrounds.get((tenant, version, today))
        if known is not None:
            return known
        asked = tenant, version, today, self._forgetting.times
        return await self._samplings.run(asked, lambda: self._sample(tenant, version, today))

    def forget(self, tenant: str) -> None:
        """Drop what is remembered of `tenant`; what is being read meanwhile is not remembered either."""
        self._forgetting.note()
        for key in [key for key in self._known if key[0] == tenant]:
            self._known.pop(key, None)
        for background in [key for key in self._backgrounds if key[0] == tenant]:
            self._backgrounds.pop(background, None)

    async def _sample(self, tenant: str, version: int, today: date) -> Background:
        times = self._forgetting.times
        ids = await self._chunks.sample_ids(tenant, _SAMPLE)
        sample = (await self._read(tenant, ids)).values()
        valid = [c for c in sample if c.chunk.expiry_date is None or c.chunk.expiry_date >= today]
        outdated = outdated_folders(await self._documents.sources(tenant))
        background = replace(_background(valid), outdated=outdated)
        if self._forgetting.nothing_since(times):
            self._backgrounds[tenant, version, today] = background
        return background

    async def _read(self, tenant: str, ids: Sequence[str]) -> dict[str, Candidate]:
        if not ids:
            return {}
        return await self._chunks.prepared(tenant, ids, candidate)


def candidate(chunk: StoredChunk, vector: Vectors | None) -> Candidate:
    """A chunk, prepared for judging."""
    place = _PARTS.sub(" ", f"{chunk.source.rsplit('.', 1)[0]} {chunk.source_type}")
    headings = [chunk.text[block.start : block.end] for block in chunk.blocks if block.kind is BlockKind.HEADING]
    about = " ".join((chunk.title, *chunk.heading_path, *headings, place))
    return Candidate(chunk, StemmedText(f"{about} {_prose(chunk)}"), StemmedText(about), vector)


def _prose(chunk: StoredChunk) -> str:
    """The text without its code, where words are names and mean nothing by themselves."""
    blocks = chunk.blocks or (Span(0, len(chunk.text), BlockKind.PARAGRAPH),)
    return " ".join(chunk.text[block.start : block.end] for block in blocks if block.kind is not BlockKind.CODE)


def _background(sample: Sequence[Candidate]) -> Background:
    vectors = [passage.vector for passage in sample if passage.vector is not None]
    holders = Counter(word for passage in sample for word in passage.stems)
    return Background(len(sample), holders, np.mean(vectors, axis=0, dtype=np.float32) if vectors else None)
