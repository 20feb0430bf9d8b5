"""A thread with an event loop of its own for ingesting uploads, so that follow-ups never wait for it."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

from app.embeddings.base import Embedder
from app.errors import StorageUnavailable
from app.knowledge.index_lock import IndexLock
from app.knowledge.ingestion import Ingestion, IngestionOptions, Progress
from app.knowledge.ingestion_report import IngestionReport
from app.knowledge.parsing.document_parser import DocumentParser
from app.knowledge.provenance import Provenance
from app.knowledge.uploads.store import UploadStore
from app.knowledge.uploads.worker import UploadWorker, WorkerParts
from app.settings import Settings
from app.storage.database import Database
from app.storage.document_pages import DocumentPages
from app.storage.documents import DocumentRepository
from app.storage.jobs import JobRepository


class BackgroundUploads:
    """Runs `worker` with connections of `database`, both used in the thread alone, and `parser`."""

    def __init__(self, database: Database, worker: UploadWorker, parser: DocumentParser) -> None:
        self._database = database
        self._worker = worker
        self._parser = parser
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._wake = asyncio.Event()

    def start(self) -> None:
        self._thread = threading.Thread(target=asyncio.run, args=(self._main(),), name="uploads", daemon=True)
        self._thread.start()
        self._ready.wait()

    def wake(self) -> None:
        """There is something to do. Callable from any thread."""
        self._call(self._wake)

    async def stop(self) -> None:
        """Give back the job under way and end the thread."""
        self._call(self._stop)
        await asyncio.to_thread(self._parser.close)
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)

    def _call(self, event: asyncio.Event) -> None:
        if self._loop is not None:
            # The loop may have ended by itself.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(event.set)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready.set()
        try:
            # Sessions work as soon as the database does.
            with contextlib.suppress(StorageUnavailable):
                await self._database.connect()
            await self._worker.run(self._stop, self._wake)
        finally:
            await self._database.close()


def background_uploads(
    settings: Settings, embedder: Embedder, store: UploadStore, applied_version: Callable[[str], int]
) -> BackgroundUploads:
    """The parts of one service. `applied_version` says how far the vector index has come for a tenant."""
    database = Database(settings.database_url)
    parser = DocumentParser(settings.retrieval.parsing)
    ingestion = Ingestion(
        DocumentRepository(database), embedder, settings.retrieval, lambda _: contextlib.nullcontext(parser)
    )

    async def ingest(folder: Path, tenant: str, progress: Progress, provenance: Provenance) -> IngestionReport:
        return await ingestion.ingest(folder, tenant, IngestionOptions(root=folder), progress, provenance)

    parts = WorkerParts(
        jobs=JobRepository(database),
        documents=DocumentPages(database),
        ingest=ingest,
        store=store,
        lock=IndexLock(Path(settings.models.rag.vector_db.persist_directory), "ingestion"),
        applied_version=applied_version,
        lease_seconds=settings.upload_lease_seconds,
    )
    return BackgroundUploads(database, UploadWorker(parts), parser)
