"""The knowledge side on its own, for command lines: database, embedding model, and an index not yet opened."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.embeddings.backends import build_embedder
from app.embeddings.base import Embedder
from app.knowledge.conflicts.register import ConflictRegister
from app.knowledge.delivery import Delivery, deliver
from app.knowledge.index_care import IndexCare
from app.knowledge.index_lock import IndexLock
from app.knowledge.index_sync import IndexSync
from app.knowledge.ingestion import Ingestion
from app.knowledge.lexical_index import LexicalIndex
from app.knowledge.passage_memory import PassageMemory
from app.knowledge.retention import Retention
from app.knowledge.retriever import Indexes, Retriever
from app.knowledge.vector_index import VectorIndex
from app.knowledge.verification import Verifier
from app.settings import Settings
from app.storage.chunk_vectors import ChunkVectorRepository
from app.storage.database import Database
from app.storage.documents import DocumentRepository
from app.storage.index_log import IndexLog
from app.storage.index_requests import IndexRequests
from app.storage.retention import RetentionRepository
from app.storage.stated_figures import StatedFigureRepository


@dataclass(frozen=True, slots=True)
class Workbench:
    """Parts that share one database. `index_directory` is the vector index's."""

    documents: DocumentRepository
    vectors: ChunkVectorRepository
    changes: IndexLog
    embedder: Embedder
    index_directory: Path
    index: VectorIndex
    sync: IndexSync
    care: IndexCare
    ingestion: Ingestion
    retriever: Retriever
    retention: Retention

    @contextmanager
    def ingesting(self) -> Iterator[None]:
        """Hold the ingestion lock. Raises `IndexLocked` if another process holds it."""
        lock = IndexLock(self.index_directory, "ingestion")
        lock.acquire(f"process {os.getpid()}")
        try:
            yield
        finally:
            lock.release()

    async def deliver(self) -> Delivery:
        """Bring what was published into the index, and delete what replaced versions leave behind.

        A service that owns the index does both itself. Raises `IndexUnavailable` or `StorageUnavailable`.
        """
        delivery = await deliver(self.sync, self.changes, self.index_directory, self.embedder.digest)
        if delivery.state == "applied":
            await self.retention.run()
        return delivery


@asynccontextmanager
async def open_workbench(settings: Settings) -> AsyncIterator[Workbench]:
    """Connect to a migrated database; everything is closed at the end. Raises `StorageUnavailable`."""
    models, config = settings.models.rag, settings.retrieval
    token = settings.hf_token.get_secret_value() if settings.hf_token else None
    embedder = build_embedder(models, settings.model_cache_dir, token)
    database = Database(settings.database_url)
    documents, changes = DocumentRepository(database), IndexLog(database)
    vectors = ChunkVectorRepository(database, embedder.digest)
    directory = Path(models.vector_db.persist_directory)
    index = VectorIndex(directory, models.vector_db.collection_name)
    sync = IndexSync(documents, vectors, changes, index, embedder.digest)
    care = IndexCare(sync, Verifier(documents, vectors, sync, index, embedder.digest), IndexRequests(database))
    memory = PassageMemory(documents, vectors)
    retriever = Retriever(Indexes(index, LexicalIndex(database), memory, documents, vectors), embedder, config)
    register = ConflictRegister(StatedFigureRepository(database), lambda: datetime.now(UTC).date())
    ingestion = Ingestion(documents, embedder, config, conflicts=register)
    retention = Retention(RetentionRepository(database), lambda: sync.applied_seq, config.retention)
    await database.connect()
    try:
        yield Workbench(
            documents, vectors, changes, embedder, directory, index, sync, care, ingestion, retriever, retention
        )
    finally:
        retriever.close()
        await index.close()
        await database.close()
