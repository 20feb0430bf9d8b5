"""The knowledge side on its own, for command lines: database, embedding model, and an index not yet opened."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.embeddings.sentence_transformer import SentenceTransformerEmbedder
from app.knowledge.index_lock import IndexLock
from app.knowledge.index_sync import IndexSync
from app.knowledge.ingestion import Ingestion
from app.knowledge.lexical_index import LexicalIndex
from app.knowledge.passage_memory import PassageMemory
from app.knowledge.retriever import Indexes, Retriever
from app.knowledge.vector_index import VectorIndex
from app.settings import Settings
from app.storage.chunk_vectors import ChunkVectorRepository
from app.storage.database import Database
from app.storage.documents import DocumentRepository
from app.storage.index_log import IndexLog


@dataclass(frozen=True, slots=True)
class Workbench:
    """Parts that share one database. `index_directory` is the vector index's."""

    documents: DocumentRepository
    vectors: ChunkVectorRepository
    changes: IndexLog
    embedder: SentenceTransformerEmbedder
    index_directory: Path
    index: VectorIndex
    sync: IndexSync
    ingestion: Ingestion
    retriever: Retriever

    @contextmanager
    def ingesting(self) -> Iterator[None]:
        """Hold the ingestion lock. Raises `IndexLocked` if another process holds it."""
        lock = IndexLock(self.index_directory, "ingestion")
        lock.acquire(f"process {os.getpid()}")
        try:
            yield
        finally:
            lock.release()


@asynccontextmanager
async def open_workbench(settings: Settings) -> AsyncIterator[Workbench]:
    """Connect to a migrated database; everything is closed at the end. Raises `StorageUnavailable`."""
    models, config = settings.models.rag, settings.retrieval
    token = settings.hf_token.get_secret_value() if settings.hf_token else None
    embedder = SentenceTransformerEmbedder(models.embedding_model, settings.model_cache_dir, token)
    database = Database(settings.database_url)
    documents, changes = DocumentRepository(database), IndexLog(database)
    vectors = ChunkVectorRepository(database, embedder.digest)
    directory = Path(models.vector_db.persist_directory)
    index = VectorIndex(directory, models.vector_db.collection_name)
    sync = IndexSync(documents, vectors, changes, index, embedder.digest)
    memory = PassageMemory(documents, vectors)
    retriever = Retriever(Indexes(index, LexicalIndex(database), memory, documents), embedder, config)
    ingestion = Ingestion(documents, embedder, config)
    await database.connect()
    try:
        yield Workbench(documents, vectors, changes, embedder, directory, index, sync, ingestion, retriever)
    finally:
        retriever.close()
        await index.close()
        await database.close()
