"""The only place that constructs concrete parts. Constructing connects to nothing; `open` and `close` do."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import start_http_server

from app import __version__
from app.embeddings.cached import CachedEmbedder
from app.embeddings.sentence_transformer import SentenceTransformerEmbedder
from app.errors import ConfigurationError, IndexUnavailable
from app.followups.audit import GenerationAudit
from app.followups.cache import ResponseCache
from app.followups.drafting import DraftingStage
from app.followups.evidence import EvidenceStage
from app.followups.generators.base import Generator
from app.followups.generators.rag import RagGenerator
from app.followups.generators.registry import GeneratorRegistry
from app.followups.generators.template import SafeTemplate
from app.followups.pipeline import FollowupPipeline, Stages, rules_digest
from app.followups.prompts.builder import PromptBuilder
from app.grounding.gate import GroundingGate
from app.knowledge.catalog import DocumentCatalog
from app.knowledge.clock import KnowledgeClock
from app.knowledge.index_sync import IndexSync
from app.knowledge.lexical_index import LexicalIndex
from app.knowledge.passage_memory import PassageMemory
from app.knowledge.retriever import Indexes, Retriever
from app.knowledge.vector_index import VectorIndex
from app.language_models.remote import RemoteChatModel
from app.observability import Metrics, get_logger
from app.readiness import Readiness
from app.security.api_keys import Authenticator
from app.settings import Settings
from app.storage import migrate
from app.storage.api_keys import ApiKeyRepository
from app.storage.chunk_vectors import ChunkVectorRepository
from app.storage.database import Database
from app.storage.documents import DocumentRepository
from app.storage.generations import GenerationRepository
from app.storage.index_log import IndexLog

_log = get_logger("container")


class Container:
    """Every concrete part of one service, wired once.

    `open` connects in the order database, embedding model, vector index, chat model, cache, metrics server; `close`
    is the reverse, and a start that fails closes what it had opened.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self.database = Database(settings.database_url)
        self.cache = ResponseCache(settings.cache, self.metrics)
        self.authenticator = Authenticator(ApiKeyRepository(self.database))
        self._wire_knowledge()
        self.pipeline = self._wire_pipeline()
        self.readiness = Readiness(
            database=self.database,
            redis=self.cache,
            vector_index=self.vector_index,
            generators=self.generators.available(),
            chat_model=self.chat_model,
            version=__version__,
        )
        self._stack = AsyncExitStack()

    def _wire_knowledge(self) -> None:
        settings, models = self.settings, self.settings.models.rag
        token = settings.hf_token.get_secret_value() if settings.hf_token else None
        self.embedder = CachedEmbedder(
            SentenceTransformerEmbedder(models.embedding_model, settings.model_cache_dir, token)
        )
        self.vector_index = VectorIndex(Path(models.vector_db.persist_directory), models.vector_db.collection_name)
        self.documents = DocumentRepository(self.database)
        vectors = ChunkVectorRepository(self.database, self.embedder.digest)
        self.index_sync = IndexSync(
            self.documents, vectors, IndexLog(self.database), self.vector_index, self.embedder.digest
        )
        self.knowledge_clock = KnowledgeClock(self.documents, self.index_sync, settings.index_poll_seconds)
        lexical = LexicalIndex(self.database)
        indexes = Indexes(self.vector_index, lexical, PassageMemory(self.documents, vectors), self.documents)
        self.retriever = Retriever(indexes, self.embedder, settings.retrieval, lambda: datetime.now(UTC).date())
        self.catalog = DocumentCatalog(lexical, self.documents, self.knowledge_clock)

    def _wire_pipeline(self) -> FollowupPipeline:
        settings = self.settings
        template = SafeTemplate(settings.validation)
        self.chat_model = _chat_model(settings)
        rag: Generator = template
        if self.chat_model is not None:
            rag = RagGenerator(
                self.chat_model, PromptBuilder(settings.validation, profile=settings.models.rag.prompt_profile)
            )
        self.generators = GeneratorRegistry(rag)
        models = settings.models
        rules = (settings.scoring, settings.retrieval, settings.validation, models.rag.retrieval, models.hybrid)
        stages = Stages(
            evidence=EvidenceStage(self.retriever, self.catalog),
            generators=self.generators,
            drafting=DraftingStage(GroundingGate(settings.validation), template, settings.validation, self.metrics),
            template=template,
            cache=self.cache,
            audit=GenerationAudit(GenerationRepository(self.database)),
            knowledge=self.knowledge_clock,
        )
        return FollowupPipeline(
            stages,
            settings.scoring,
            settings.validation.word_limit,
            rules_digest(__version__, *(section.model_dump_json() for section in rules)),
            self.metrics,
        )

    async def open(self) -> None:
        """Connect everything, or raise what is wrong: `ConfigurationError`, `StorageUnavailable`, `IndexLocked`."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.database.close)
            await self.database.connect()
            await asyncio.to_thread(_require_current_schema, self.settings.database_url)
            stack.callback(self.retriever.close)
            await asyncio.to_thread(self.embedder.warm_up)
            stack.push_async_callback(self.vector_index.close)
            await self._start_index(stack)
            if self.chat_model is not None:
                stack.push_async_callback(self.chat_model.close)
                await self.chat_model.warm_up()
            stack.push_async_callback(self.cache.close)
            await self.cache.open()
            if self.settings.enable_metrics:
                self._serve_metrics(stack)
            self._stack = stack.pop_all()
        _log.info("started", version=__version__)

    async def close(self) -> None:
        await self._stack.aclose()
        _log.info("stopped", version=__version__)

    async def _start_index(self, stack: AsyncExitStack) -> None:
        """Own the index directory and keep it up to date. A broken index only degrades searches."""
        try:
            await self.index_sync.catch_up()
        except IndexUnavailable as error:
            _log.warning("vector_index_unavailable", exc_info=error)
        stop = asyncio.Event()
        task = asyncio.create_task(self._keep_index_current(stop))

        async def finish() -> None:
            stop.set()
            await task

        stack.push_async_callback(finish)

    async def _keep_index_current(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self.index_sync.run(self.settings.index_poll_seconds, stop)
            except Exception as error:  # noqa: BLE001 - an unforeseen error must not end the synchronisation silently
                _log.error("index_sync_failed", exc_info=error)
                await asyncio.sleep(self.settings.index_poll_seconds)

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


def _chat_model(settings: Settings) -> RemoteChatModel | None:
    """The configured chat model. A model name without a server or a key names a local model, which is not served."""
    models = settings.models.rag
    if not models.llm_model:
        return None
    if models.llm_provider == "openai" and not models.llm_base_url and not settings.llm_api_key:
        _log.warning("chat_model_has_no_server", reason="set LLM_BASE_URL or LLM_API_KEY")
        return None
    return RemoteChatModel(models, settings.llm_api_key)


def _require_current_schema(url: str) -> None:
    if migrate.current(url) != migrate.head():
        raise ConfigurationError(
            "The database does not have the current schema; run `make migrate` (python -m app.storage.migrate)."
        )
