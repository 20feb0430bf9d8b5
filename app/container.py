"""The only place that constructs concrete parts. Constructing connects to nothing; `open` and `close` do."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from prometheus_client import start_http_server

from app import __version__
from app.embeddings.backends import build_embedder
from app.embeddings.cached import CachedEmbedder
from app.embeddings.cross_encoder import CrossEncoderReranker
from app.errors import ConfigurationError, StorageUnavailable
from app.followups.audit import GenerationAudit
from app.followups.cache import ResponseCache
from app.followups.drafting import DraftingStage
from app.followups.evidence import EvidenceStage
from app.followups.generators.template import SafeTemplate
from app.followups.inspection import InspectionParts, SearchInspector
from app.followups.pipeline import FollowupPipeline, Stages
from app.generator_parts import build_generators, local_parts, remote_model
from app.grounding.gate import GroundingGate
from app.knowledge.catalog import DocumentCatalog
from app.knowledge.clock import KnowledgeClock
from app.knowledge.conflicts.register import ConflictRegister
from app.knowledge.erasing import DocumentErasing
from app.knowledge.index_care import IndexCare
from app.knowledge.index_keeping import IndexKeeping
from app.knowledge.index_sync import IndexSync
from app.knowledge.lexical_index import LexicalIndex
from app.knowledge.passage_memory import PassageMemory
from app.knowledge.reembedding import Reembedding
from app.knowledge.reranking import RerankedSearch
from app.knowledge.retention import Retention
from app.knowledge.retrieval_cache import RetrievalCache
from app.knowledge.retriever import Indexes, Retriever
from app.knowledge.uploads.background import background_uploads
from app.knowledge.uploads.store import UploadStore
from app.knowledge.vector_index import VectorIndex
from app.knowledge.verification import Verifier
from app.observability import Metrics, get_logger
from app.readiness import Readiness
from app.rules_version import rules_version
from app.security.api_keys import Authenticator
from app.settings import DEFAULT_TENANT, Settings
from app.storage import migrate
from app.storage.api_keys import ApiKeyRepository
from app.storage.chunk_vectors import ChunkVectorRepository
from app.storage.database import Database
from app.storage.document_pages import DocumentPages
from app.storage.documents import DocumentRepository
from app.storage.engines import sqlite_risk
from app.storage.erasing import Eraser
from app.storage.foreign_vectors import ForeignVectorRepository
from app.storage.generations import GenerationRepository
from app.storage.index_log import IndexLog
from app.storage.index_requests import IndexRequests
from app.storage.jobs import JobRepository
from app.storage.retention import RetentionRepository
from app.storage.stated_figures import StatedFigureRepository

_log = get_logger("container")


class Container:
    """Every concrete part of one service, wired once.

    `open` connects in the order database, embedding model, vector index, models, cache, metrics server; `close` is
    the reverse, and a start that fails closes what it had opened.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self.database = Database(settings.database_url)
        self.cache = ResponseCache(settings.cache, self.metrics)
        self.authenticator = Authenticator(ApiKeyRepository(self.database))
        self._wire_knowledge()
        self.pipeline = self._wire_pipeline()
        self._wire_documents()
        self.readiness = Readiness(
            database=self.database,
            redis=self.cache,
            vector_index=self.vector_index,
            generators=self.generators,
            chat_model=self.chat_model or self.local,
            local_model=self.local,
            version=__version__,
        )
        self._stack = AsyncExitStack()

    def _wire_knowledge(self) -> None:
        settings, models = self.settings, self.settings.models.rag
        token = settings.hf_token.get_secret_value() if settings.hf_token else None
        self.model = build_embedder(models, settings.model_cache_dir, token)
        self.embedder = CachedEmbedder(self.model)
        self.vector_index = VectorIndex(Path(models.vector_db.persist_directory), models.vector_db.collection_name)
        self.documents = DocumentRepository(self.database)
        vectors = ChunkVectorRepository(self.database, self.embedder.digest)
        self.index_sync = IndexSync(
            self.documents, vectors, IndexLog(self.database), self.vector_index, self.embedder.digest
        )
        verifier = Verifier(self.documents, vectors, self.index_sync, self.vector_index, self.embedder.digest)
        foreign = ForeignVectorRepository(self.database, self.embedder.digest)
        retained = RetentionRepository(self.database)
        self.index_keeping = IndexKeeping(
            self.index_sync,
            IndexCare(self.index_sync, verifier, IndexRequests(self.database)),
            Reembedding(foreign, self.model, self.index_sync),
            Retention(retained, lambda: self.index_sync.applied_seq, settings.retrieval.retention),
            settings.index_poll_seconds,
        )
        self.knowledge_clock = KnowledgeClock(
            self.documents, self.index_sync, settings.index_poll_seconds, on_return=self._forget_numbered
        )
        lexical = LexicalIndex(self.database)
        self.passages = PassageMemory(self.documents, vectors)
        indexes = Indexes(self.vector_index, lexical, self.passages, self.documents, vectors)
        self.retriever = Retriever(indexes, self.embedder, settings.retrieval, _today)
        # For the debug view: nothing has expired yet on the first of all days, and nothing is merged.
        self.timeless_retriever = Retriever(
            indexes, self.embedder, settings.retrieval, lambda: date.min, duplicates=True
        )
        self.reranker, self.reranked = _reranking(settings, self.retriever)
        self.searches = RetrievalCache(
            self.reranked or self.retriever,
            self.knowledge_clock,
            "\n".join((self.embedder.name, self.embedder.digest, settings.retrieval.model_dump_json())),
            settings.cache.redis.ttl.retrieval_cache,
            self.metrics,
            today=_today,
        )
        self.conflicts = ConflictRegister(StatedFigureRepository(self.database), _today)
        self.catalog = DocumentCatalog(lexical, self.documents, self.knowledge_clock)
        self.evidence = EvidenceStage(self.searches, self.catalog, self.conflicts)

    def _wire_pipeline(self) -> FollowupPipeline:
        settings = self.settings
        template = SafeTemplate(settings.validation)
        self.chat_model, self.local = remote_model(settings), local_parts(settings)
        self.generators = build_generators(settings, template, self.chat_model, self.local)
        stages = Stages(
            evidence=self.evidence,
            generators=self.generators,
            drafting=DraftingStage(GroundingGate(settings.validation), template, settings.validation, self.metrics),
            template=template,
            cache=self.cache,
            audit=GenerationAudit(GenerationRepository(self.database)),
            knowledge=self.knowledge_clock,
            reranks=self.reranker is not None,
        )
        self.rules_version = rules_version(settings, self.embedder.digest)
        return FollowupPipeline(
            stages, settings.scoring, settings.validation.word_limit, self.rules_version, self.metrics
        )

    def _wire_documents(self) -> None:
        """What the knowledge endpoints use."""
        settings = self.settings
        self.jobs, self.pages = JobRepository(self.database), DocumentPages(self.database)
        self.upload_store = UploadStore(settings.upload_dir)
        self.uploads = background_uploads(settings, self.model, self.upload_store, self.index_sync.applied_version)
        self.erasing = DocumentErasing(Eraser(self.database), self.index_sync, self._forget)
        self.inspector = SearchInspector(
            InspectionParts(
                evidence=self.evidence,
                searches=self.searches,
                everything=self.timeless_retriever,
                knowledge=self.knowledge_clock,
                scoring=settings.scoring,
                now=lambda: datetime.now(UTC),
            )
        )

    async def _forget(self, tenant: str) -> None:
        """Drop what caches hold of a tenant."""
        self.knowledge_clock.forget(tenant)
        self.searches.forget(tenant)
        self._forget_numbered(tenant)
        await self.cache.forget(tenant)

    def _forget_numbered(self, tenant: str) -> None:
        """Drop what is remembered under the number of a publication, without its name."""
        self.retriever.forget(tenant)
        self.timeless_retriever.forget(tenant)
        self.passages.forget(tenant)
        self.conflicts.forget(tenant)

    async def open(self) -> None:
        """Connect everything, or raise what is wrong: `ConfigurationError`, `StorageUnavailable`, `IndexLocked`."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.database.close)
            await self.database.connect()
            if risk := sqlite_risk(self.settings.database_url):
                _log.warning("old_sqlite", reason=risk)
            await asyncio.to_thread(_require_current_schema, self.settings.database_url)
            stack.callback(self.retriever.close)
            stack.callback(self.timeless_retriever.close)
            await asyncio.to_thread(self.embedder.warm_up)
            if self.reranker is not None and self.reranked is not None:
                stack.callback(self.reranked.close)
                await asyncio.to_thread(self.reranker.warm_up)
            stack.push_async_callback(self.vector_index.close)
            await self.index_keeping.start()
            _in_background(stack, self.index_keeping.run)
            if self.chat_model is not None:
                stack.push_async_callback(self.chat_model.close)
                await self.chat_model.warm_up()
            if self.local is not None:
                await self.local.open(stack)
            stack.push_async_callback(self.cache.close)
            await self.cache.open()
            await self._warm_up()
            if self.settings.enable_metrics:
                self._serve_metrics(stack)
            await self._start_uploads(stack)
            self._stack = stack.pop_all()
        _log.info("started", version=__version__)

    async def close(self) -> None:
        await self._stack.aclose()
        _log.info("stopped", version=__version__)

    async def _warm_up(self) -> None:
        try:
            await self.pipeline.warm_up(DEFAULT_TENANT)
        except StorageUnavailable as error:
            _log.warning("not_warmed_up", code=error.code)

    async def _start_uploads(self, stack: AsyncExitStack) -> None:
        await asyncio.to_thread(self.upload_store.open)
        self.uploads.start()
        stack.push_async_callback(self.uploads.stop)
        _in_background(stack, self.erasing.run)

    def _serve_metrics(self, stack: AsyncExitStack) -> None:
        port = self.settings.prometheus_port
        try:
            server, thread = start_http_server(port, self.settings.api_host, self.metrics.registry)
        except OSError as error:
            raise ConfigurationError(
                f"PROMETHEUS_PORT: port {port} cannot be opened ({error.strerror}); choose another, or set "
                "ENABLE_METRICS=false."
            ) from error

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        stack.callback(stop)


def _in_background(stack: AsyncExitStack, run: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run beside the requests; at the end of `stack` the event is set and the end awaited."""
    stop = asyncio.Event()
    task = asyncio.create_task(run(stop))

    async def finish() -> None:
        stop.set()
        await task

    stack.push_async_callback(finish)


def _today() -> date:
    return datetime.now(UTC).date()


def _reranking(settings: Settings, inner: Retriever) -> tuple[CrossEncoderReranker | None, RerankedSearch | None]:
    config = settings.retrieval.rerank
    if config.model is None:
        return None, None
    token = settings.hf_token.get_secret_value() if settings.hf_token else None
    reranker = CrossEncoderReranker(config.model, settings.model_cache_dir, token)
    return reranker, RerankedSearch(inner, reranker, config)


def _require_current_schema(url: str) -> None:
    if migrate.current(url) != migrate.head():
        raise ConfigurationError(
            "The database does not have the current schema; run `make migrate` (python -m app.storage.migrate)."
        )
