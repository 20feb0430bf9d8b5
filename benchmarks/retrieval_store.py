"""Builds and reopens a generated company for `retrieval_speed.py`. A build that was interrupted goes on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from app.config_files import RetrievalConfig
from app.embeddings.base import Embedder, Vectors
from app.knowledge.vector_index import VectorIndex
from app.storage.chunk_vectors import ChunkVectorRepository
from app.storage.database import Database
from app.storage.documents import DocumentRepository
from app.storage.migrate import upgrade
from benchmarks.retrieval_corpus import CHUNKS_PER_DOCUMENT, DIGEST, GeneratedCorpus

TENANT = "generated"
TODAY = date(2026, 6, 1)
_DOCUMENTS_PER_STEP = 50
CONFIG = RetrievalConfig()


class GeneratedDigest:
    """The real model under the digest of the generated vectors, so that they count as its own."""

    digest = DIGEST

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self.name = inner.name
        self.dimension = inner.dimension
        self.max_tokens = inner.max_tokens

    def warm_up(self) -> None:
        self._inner.warm_up()

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._inner.count_tokens(texts)

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self._inner.embed(texts)


@dataclass(frozen=True, slots=True)
class Store:
    """A company with its database and its index, both open."""

    database: Database
    documents: DocumentRepository
    vectors: ChunkVectorRepository
    index: VectorIndex

    async def close(self) -> None:
        await self.index.close()
        await self.database.close()


async def open_store(folder: Path) -> Store:
    folder.mkdir(parents=True, exist_ok=True)
    database = Database(f"sqlite+aiosqlite:///{folder / 'company.db'}")
    await database.connect()
    index = VectorIndex(folder / "chroma", "generated")
    await index.open()
    return Store(database, DocumentRepository(database), ChunkVectorRepository(database, DIGEST), index)


async def build(folder: Path, chunks: int, corpus: GeneratedCorpus, progress: Callable[[int], None]) -> None:
    """Fill `folder` up to `chunks` chunks. `progress` is told how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    url = f"sqlite+aiosqlite:///{folder / 'company.db'}"
    upgrade(url)
    marker = folder / "documents"
    done = int(marker.read_text(encoding="utf-8")) if marker.exists() else 0
    wanted = max(1, chunks // CHUNKS_PER_DOCUMENT)
    store = await open_store(folder)
    try:
        while done < wanted:
            last = min(done + _DOCUMENTS_PER_STEP, wanted)
            await _add(store, corpus, done, last)
            done = last
            marker.write_text(str(done), encoding="utf-8")
            progress(done * CHUNKS_PER_DOCUMENT)
    finally:
        await store.close()


async def _add(store: Store, corpus: GeneratedCorpus, first: int, last: int) -> None:
    staged = []
    for version in corpus.documents(first, last):
        version_id = await store.documents.stage(TENANT, version)
        ids = [f"{version_id}:{chunk.ordinal}" for chunk in version.chunks]
        await store.index.add(TENANT, DIGEST, ids, version.vectors)
        staged.append(version_id)
    await store.documents.publish(TENANT, staged)
