"""Is the vector index what the database says it should be?"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

import numpy as np

from app.embeddings.base import Vectors
from app.knowledge.index_sync import IndexSync
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
class IndexState:
    """The state of one tenant, in numbers of chunks; `lost` counts documents whose first chunk does not find itself.

    `unusable` were embedded by another model. `mended` is None if nothing was repaired, else whether all is well now.
    """

    tenant: str
    documents: int
    chunks: int
    missing: int
    orphaned: int
    wrong: int
    unusable: int
    lost: int
    mended: bool | None = None

    @property
    def passed(self) -> bool:
        return not (self.missing or self.orphaned or self.wrong or self.unusable or self.lost)

    def after(self, repaired: "IndexState") -> "IndexState":
        """This state, which was found before a repair that led to `repaired`."""
        return replace(self, mended=repaired.passed)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "IndexState":
        return cls(**values)


class Verifier:
    """Compares every id and every vector, and searches for one known vector per document."""

    def __init__(
        self, documents: Documents, vectors: StoredVectors, sync: IndexSync, index: VectorIndex, digest: str
    ) -> None:
        self._documents = documents
        self._vectors = vectors
        self._sync = sync
        self._index = index
        self._digest = digest

    async def verify(self, tenant: str) -> IndexState:
        """Needs an open index. Raises `IndexUnavailable` or `StorageUnavailable`."""
        difference = await self._sync.compare(tenant, vectors=True)
        documents = await self._documents.documents(tenant)
        lost = 0
        for begin in range(0, len(documents), _BATCH):
            lost += await self._lost(tenant, documents[begin : begin + _BATCH])
        return IndexState(
            tenant=tenant,
            documents=len(documents),
            chunks=sum(document.chunks for document in documents),
            missing=len(difference.missing),
            orphaned=len(difference.orphaned),
            wrong=len(difference.wrong),
            unusable=difference.unusable,
            lost=lost,
        )

    async def _lost(self, tenant: str, documents: Sequence[DocumentSummary]) -> int:
        vectors = await self._vectors.read(tenant, [f"{document.version_id}:0" for document in documents])
        if not vectors:
            return 0
        found = await self._index.search(tenant, self._digest, np.stack(list(vectors.values())), _LIMIT)
        return sum(not _finds_itself(id, hits) for id, hits in zip(vectors, found, strict=True))


def _finds_itself(chunk_id: str, hits: list[tuple[str, float]]) -> bool:
    """Whether the chunk was found by its own vector. Many equal texts may crowd each other out: then any will do."""
    exact = [found for found, score in hits if score >= 1 - _TOLERANCE]
    return chunk_id in exact or len(exact) == _LIMIT
