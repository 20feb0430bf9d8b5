"""The worker of uploads: a service that stops in the middle of a job loses nothing of it."""

import asyncio
from pathlib import Path

import pytest

from app.knowledge.index_lock import IndexLock
from app.knowledge.ingestion import Progress
from app.knowledge.ingestion_report import DocumentOutcome, IngestionReport
from app.knowledge.provenance import Provenance
from app.knowledge.uploads.store import UploadStore
from app.knowledge.uploads.worker import UploadWorker, WorkerParts
from app.storage.database import Database
from app.storage.document_pages import DocumentPages
from app.storage.jobs import JobRepository
from app.storage.records import NewJob

STOPS = 5


@pytest.fixture
def store(tmp_path: Path) -> UploadStore:
    store = UploadStore(tmp_path / "uploads")
    store.open()
    return store


@pytest.fixture
def dialect() -> str:
    return "sqlite"


class Ingesting:
    """Reads for as long as `slow` is set, so that a stop comes in the middle."""

    def __init__(self) -> None:
        self.slow = True
        self.begun = asyncio.Event()

    async def __call__(self, folder: Path, tenant: str, progress: Progress, provenance: Provenance) -> IngestionReport:
        del tenant, progress, provenance
        self.begun.set()
        while self.slow:
            await asyncio.sleep(3600)
        names = sorted(path.name for path in folder.iterdir())
        return IngestionReport(tuple(DocumentOutcome(name, "indexed", 1) for name in names), 1, 0.0)


async def test_however_often_the_service_stops_an_upload_is_ingested_in_the_end(
    database: Database, store: UploadStore, tmp_path: Path
) -> None:
    jobs = JobRepository(database)
    receipt = store.begin()
    receipt.begin_file("plans.md")
    receipt.write(b"# Plans")
    receipt.end_file()
    store.keep(receipt.job_id)
    await jobs.enqueue(NewJob(receipt.job_id, "acme", store.identity, None, "r", {}, tuple(receipt.files)), 5)
    ingesting = Ingesting()
    lock = IndexLock(tmp_path, "ingestion")

    def worker() -> UploadWorker:
        return UploadWorker(WorkerParts(jobs, DocumentPages(database), ingesting, store, lock, lambda _: 1))

    for _ in range(STOPS):
        stop = asyncio.Event()
        ingesting.begun.clear()
        running = asyncio.create_task(worker().run(stop, asyncio.Event()))
        await asyncio.wait_for(ingesting.begun.wait(), 10)
        stop.set()
        await asyncio.wait_for(running, 10)
        job = await jobs.get("acme", receipt.job_id)
        assert (job.state, job.attempts) == ("queued", 0)
        assert (store.files(receipt.job_id) / "plans.md").read_bytes() == b"# Plans"

    ingesting.slow = False
    stop = asyncio.Event()
    running = asyncio.create_task(worker().run(stop, asyncio.Event()))
    while (await jobs.get("acme", receipt.job_id)).state != "done":
        assert not running.done()
        await asyncio.sleep(0.01)
    stop.set()
    await asyncio.wait_for(running, 10)
    assert [file.status for file in (await jobs.get("acme", receipt.job_id)).files] == ["indexed"]
