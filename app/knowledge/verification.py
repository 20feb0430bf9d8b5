"""Is the vector index what the database says it should be?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from app.embeddings.base import Vectors
from app.knowledge.index_sync import IndexDifference, IndexSync
from app.knowledge.vector_index import VectorIndex
from app.storage.records import DocumentSummary

_BATCH = 64
_LIMIT = 10
_TOLERANCE = 1e-4


class Documents(Protocol):
    async def documents(self, tenant: str) -> Sequence[DocumentSummary]: ...


class StoredVectors(Protocol):
    async def read(self, tenant: str, ids: Sequence[str]) -> dict[str, Vectors]: ...


@dataclass(frozen=True, slots=True)
class Verification:
    """The state of one tenant. `lost` are the sources whose first chunk does not find itself in the index."""

    tenant: str
    documents: int
    chunks: int
    difference: IndexDifference
    lost: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return self.difference.equal and not self.difference.unusable and not self.lost


class Verifier:
    """Compares every id, and searches for one known vector per document."""

    def __init__(
        self, documents: Documents, vectors: StoredVectors, sync: IndexSync, index: VectorIndex, digest: str
    ) -> None:
        self._documents = documents
        self._vectors = vectors
        self._sync = sync
        self._index = index
        self._digest = digest

    async def verify(self, tenant: str) -> Verification:
        """Needs an open index. Raises `IndexUnavailable` or `StorageUnavailable`."""
        difference = await self._sync.compare(tenant)
        documents = await self._documents.documents(tenant)
        lost: list[str] = []
        for begin in range(0, len(documents), _BATCH):
            lost += await self._lost(tenant, documents[begin : begin + _BATCH])
        return Verification(
            tenant, len(documents), sum(document.chunks for document in documents), difference, tuple(lost)
        )

    async def _lost(self, tenant: str, documents: Sequence[DocumentSummary]) -> list[str]:
        first = {f"{document.version_id}:0": document.source for document in documents}
        vectors = await self._vectors.read(tenant, list(first))
        if not vectors:
            return []
        found = await self._index.search(tenant, self._digest, np.stack(list(vectors.values())), _LIMIT)
        return [first[id] for id, hits in zip(vectors, found, strict=True) if not _finds_itself(id, hits)]


def _finds_itself(chunk_id: str, hits: list[tuple[str, float]]) -> bool:
    """Whether the chunk was found by its own vector. Many equal texts may crowd each other out: then any will do."""
    exact = [found for found, score in hits if score >= 1 - _TOLERANCE]
    return chunk_id in exact or len(exact) == _LIMIT
