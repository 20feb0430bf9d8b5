"""The systems that are compared: ours by its real parts, and LangChain's ensemble of BM25 and Chroma."""

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from langchain_core.documents import Document

from app.config_files import RetrievalConfig
from app.embeddings.base import Embedder
from app.followups.types import BlockKind, RetrievalOptions
from app.knowledge.chunking import chunk_document
from app.knowledge.index_sync import IndexSync
from app.knowledge.lexical_index import LexicalIndex
from app.knowledge.passage_memory import PassageMemory
from app.knowledge.retriever import Indexes, Retriever
from app.knowledge.types import Block, Chunk, ChunkedDocument, DocumentProfile, LoadedDocument, Passage
from app.knowledge.vector_index import VectorIndex
from app.storage.chunk_vectors import ChunkVectorRepository
from app.storage.database import Database
from app.storage.documents import DocumentRepository
from app.storage.index_log import IndexLog
from app.storage.migrate import upgrade
from app.storage.records import NewVersion
from benchmarks.langchain_parts import BM25Retriever, Chroma, EnsembleRetriever, SameModel
from benchmarks.remembered_embeddings import Progress, RememberedEmbedder
from benchmarks.retrieval_sets import Entry, Question, RetrievalSet

DEPTH = 100
_PLAIN = DocumentProfile("", "general", internal=False)


@dataclass(frozen=True, slots=True)
class Ranking:
    """Documents, best first. `relevance` is the calibrated one of the best passage, where the system has one."""

    ids: list[str]
    relevance: float = 0.0


def chunked(entry: Entry, embedder: Embedder, max_tokens: int) -> ChunkedDocument:
    paragraphs = [text.strip() for text in entry.text.split("\n\n") if text.strip()] or [entry.title or "-"]
    blocks = tuple(Block(BlockKind.PARAGRAPH, text) for text in paragraphs)
    return chunk_document(LoadedDocument(blocks, title=entry.title or None), embedder, max_tokens)


class Ours:
    """Published in a real database and index; a scope is a tenant."""

    def __init__(self, folder: Path, embedder: RememberedEmbedder, config: RetrievalConfig) -> None:
        self._url = f"sqlite+aiosqlite:///{folder}/quality.db"
        self._database = Database(self._url)
        self._embedder = embedder
        self._config = config
        self._index = VectorIndex(folder / "index", "quality")
        self._documents = DocumentRepository(self._database)
        self._vectors = ChunkVectorRepository(self._database, embedder.digest)
        self._lexical = LexicalIndex(self._database)

    async def fill(self, corpus: RetrievalSet, progress: Progress) -> list[tuple[Entry, Chunk]]:
        """Publish the corpus; its chunks, for whoever indexes the same ones."""
        upgrade(self._url)
        await self._database.connect()
        limit = self._config.chunking.max_tokens
        scopes = {scope for question in corpus.questions for scope in question.scopes}
        entries = [entry for entry in corpus.entries if entry.scope in scopes]
        documents = [(entry, chunked(entry, self._embedder, limit)) for entry in entries]
        texts = [chunk.embedding_text for _, document in documents for chunk in document.chunks]
        questions = [text for question in corpus.questions for text in (question.text, *question.earlier)]
        self._embedder.remember([*texts, *questions], progress, f"{corpus.name}: embedding")
        versions: dict[str, list[str]] = {}
        for done, (entry, document) in enumerate(documents, start=1):
            version = await self._documents.stage(entry.scope, self._version(entry, document))
            versions.setdefault(entry.scope, []).append(version)
            progress(done, len(documents), f"{corpus.name}: storing")
        for scope, ids in versions.items():
            await self._documents.publish(scope, ids)
        log = IndexLog(self._database)
        await IndexSync(self._documents, self._vectors, log, self._index, self._embedder.digest).catch_up()
        return [(entry, chunk) for entry, document in documents for chunk in document.chunks]

    def retriever(self) -> Retriever:
        memory = PassageMemory(self._documents, self._vectors, capacity=30_000)
        indexes = Indexes(self._index, self._lexical, memory, self._documents, self._vectors)
        return Retriever(indexes, self._embedder, self._config)

    async def by_words(self, question: Question) -> Ranking:
        """The SQL full-text index alone."""
        hits = [hit for scope in question.scopes for hit in await self._lexical.search(scope, question.text, DEPTH)]
        ranked = [chunk_id for chunk_id, _ in sorted(hits, key=lambda hit: -hit[1])]
        found = [await self._documents.chunks(scope, ranked) for scope in question.scopes]
        chunks = {chunk_id: chunk for chunks in found for chunk_id, chunk in chunks.items()}
        return Ranking(list(dict.fromkeys(chunks[chunk_id].source for chunk_id in ranked)))

    async def by_passages(self, retriever: Retriever, question: Question, options: RetrievalOptions) -> Ranking:
        """The retriever as the service uses it; passages of several scopes are merged by their scores."""
        passages: list[Passage] = []
        for scope in question.scopes:
            [retrieval] = await retriever.search(scope, [question.text], options)
            passages += retrieval.passages
        passages.sort(key=lambda passage: -(passage.fused_score if options.use_hybrid_search else passage.cosine))
        best = max((passage.relevance for passage in passages), default=0.0)
        return Ranking(list(dict.fromkeys(passage.chunk.source for passage in passages)), best)

    async def close(self) -> None:
        await self._index.close()
        await self._database.close()

    def _version(self, entry: Entry, document: ChunkedDocument) -> NewVersion:
        vectors = self._embedder.embed([chunk.embedding_text for chunk in document.chunks])
        profile = DocumentProfile(entry.title, "general", internal=False)
        chunks = document.chunks
        return NewVersion(
            entry.id, entry.id, "benchmark", profile, document.text, chunks, vectors, self._embedder.digest
        )


@asynccontextmanager
async def ours(embedder: RememberedEmbedder, config: RetrievalConfig) -> AsyncIterator[Ours]:
    """In a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        system = Ours(Path(folder), embedder, config)
        try:
            yield system
        finally:
            await system.close()


class LangChainEnsemble:
    """`EnsembleRetriever` with its defaults over the same chunks and the same embedding model."""

    def __init__(self, chunks: Sequence[tuple[Entry, Chunk]], embedder: Embedder) -> None:
        self._documents = [
            Document(chunk.embedding_text, metadata={"id": entry.id, "scope": entry.scope}) for entry, chunk in chunks
        ]
        self._store = Chroma("ensemble", SameModel(embedder), collection_metadata={"hnsw:space": "cosine"})
        for begin in range(0, len(self._documents), 2000):
            self._store.add_documents(self._documents[begin : begin + 2000])
        self._of = lru_cache(maxsize=256)(self._built)

    def rank(self, question: Question) -> Ranking:
        found = self._of(tuple(sorted(question.scopes))).invoke(question.text)
        return Ranking(list(dict.fromkeys(str(document.metadata["id"]) for document in found)))

    def _built(self, scopes: tuple[str, ...]) -> EnsembleRetriever:
        words = BM25Retriever.from_documents([doc for doc in self._documents if doc.metadata["scope"] in scopes])
        words.k = DEPTH
        filters = {"scope": {"$in": list(scopes)}}
        near = self._store.as_retriever(search_kwargs={"k": DEPTH, "filter": filters})
        return EnsembleRetriever(retrievers=[words, near], weights=[0.5, 0.5])
