"""Ingests queued uploads, one job after the other, and survives being killed at any moment."""

import asyncio
import uuid
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

from app.errors import ConfigurationError, IndexLocked, IndexUnavailable, InvalidInput, NotFound, StorageUnavailable
from app.knowledge.ingestion import Progress
from app.knowledge.ingestion_report import DocumentOutcome, IngestionReport
from app.knowledge.manifest import ManifestEntry
from app.knowledge.provenance import Provenance
from app.knowledge.uploads.store import UploadStore
from app.observability import get_logger
from app.storage.jobs import JobRepository
from app.storage.records import CurrentDocument, Job, JobFile, JobState

_POLL_SECONDS = 1.0
_MAX_ATTEMPTS = 3
_HOUSEKEEPING_SECONDS = 3600.0
_INDEX_SECONDS = 10.0
_INTERRUPTED = "The service was stopped each time it ingested these files; upload them one by one to find the cause."
_UNFORESEEN = "Something went wrong here; upload the files again."
_log = get_logger("uploads")


class Ingest(Protocol):
    async def __call__(self, folder: Path, tenant: str, progress: Progress, provenance: Provenance) -> IngestionReport:
        """Ingest all files of `folder`, named by their paths below it."""
        ...


class Documents(Protocol):
    async def current(self, tenant: str, sources: Sequence[str]) -> Mapping[str, CurrentDocument]: ...


class Lock(Protocol):
    """Keeps scripts from ingesting at the same time. `acquire` raises `IndexLocked` or `IndexUnavailable`."""

    def acquire(self, owner: str) -> None: ...
    def release(self) -> None: ...


@dataclass(frozen=True, slots=True)
class WorkerParts:
    """What a worker works with. `applied_version` says how far the vector index has come for a tenant."""

    jobs: JobRepository
    documents: Documents
    ingest: Ingest
    store: UploadStore
    lock: Lock
    applied_version: Callable[[str], int]
    lease_seconds: float = 15.0
    keep_days: int = 30


class UploadWorker:
    """Claims a job, ingests its files, writes down what became of each.

    A job whose worker died is claimed again when its lease ends. Ingesting twice is harmless: what was published the
    first time is unchanged the second time.
    """

    def __init__(self, parts: WorkerParts) -> None:
        self._parts = parts
        self._name = uuid.uuid4().hex
        self._cleaned_at = float("-inf")

    async def run(self, stop: asyncio.Event, wake: asyncio.Event) -> None:
        """Work until `stop` is set; `wake` ends a pause early. A job under way is given back."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                wake.clear()
                if not await self._step(stopping):
                    await _first_of(stopping, wake.wait(), asyncio.sleep(_POLL_SECONDS))
        finally:
            stopping.cancel()

    async def _step(self, stopping: "asyncio.Task[Any]") -> bool:
        """Do one job if there is one and nobody else ingests; whether there may be another."""
        try:
            await self._clean()
            if not await self._parts.jobs.waiting(self._parts.store.identity):
                return False
            self._parts.lock.acquire("the uploads of the service")
            try:
                return await self._next(stopping)
            finally:
                self._parts.lock.release()
        except (IndexLocked, IndexUnavailable):
            return False
        except StorageUnavailable as error:
            _log.warning("uploads_wait", code=error.code)
            return False
        except Exception as error:  # noqa: BLE001 - an unforeseen error must not end the ingestion of uploads silently
            _log.error("uploads_failed", exc_info=error)
            return False

    async def _clean(self) -> None:
        if monotonic() - self._cleaned_at < _HOUSEKEEPING_SECONDS:
            return
        self._cleaned_at = monotonic()
        await self._parts.jobs.forget_finished(self._parts.keep_days)
        keep = await self._parts.jobs.unfinished_ids(self._parts.store.identity)
        await asyncio.to_thread(self._parts.store.sweep, keep)

    async def _next(self, stopping: "asyncio.Task[Any]") -> bool:
        parts = self._parts
        job = await parts.jobs.claim(parts.store.identity, self._name, parts.lease_seconds)
        if job is None:
            return False
        if job.attempts > _MAX_ATTEMPTS:
            await self._finish(job, "failed", job.files, failure=_INTERRUPTED)
            return True
        _log.info("upload_started", count=len(job.files))
        progress = _Progress()
        work = asyncio.create_task(self._ingest(job, progress))
        beat = asyncio.create_task(self._keep_lease(job, progress))
        await asyncio.wait([work, beat, stopping], return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            work.cancel()
        beat.cancel()
        await asyncio.gather(work, beat, return_exceptions=True)
        await self._conclude(job, work)
        return True

    async def _keep_lease(self, job: Job, progress: "_Progress") -> None:
        """Returns when the job is no longer ours."""
        parts = self._parts
        while True:
            await asyncio.sleep(min(1.0, parts.lease_seconds / 3))
            try:
                if not await parts.jobs.extend(job.id, self._name, parts.lease_seconds, progress.done):
                    return
            except StorageUnavailable as error:
                _log.warning("lease_not_extended", code=error.code)

    async def _ingest(self, job: Job, progress: "_Progress") -> IngestionReport:
        folder = self._parts.store.files(job.id)
        if not folder.is_dir():
            raise InvalidInput("The uploaded files are gone from the work directory; upload them again.")
        provenance = Provenance("upload", ManifestEntry.model_validate(job.stated))
        report = await self._parts.ingest(folder, job.tenant, progress, provenance)
        await self._until_indexed(job.tenant, report.knowledge_version)
        return report

    async def _until_indexed(self, tenant: str, version: int) -> None:
        """Wait for the vector index, but not for long: words find the documents already."""
        deadline = monotonic() + _INDEX_SECONDS
        while self._parts.applied_version(tenant) < version and monotonic() < deadline:
            await asyncio.sleep(0.05)

    async def _conclude(self, job: Job, work: "asyncio.Task[IngestionReport]") -> None:
        if work.cancelled():
            # The service stops: that says nothing about the files.
            await self._parts.jobs.release(job.id, self._name, attempted=False)
            return
        error = work.exception()
        if error is None:
            report = work.result()
            await self._finish(job, "done", await self._settled(job, report), report.knowledge_version)
        elif isinstance(error, StorageUnavailable | NotFound) and job.attempts < _MAX_ATTEMPTS:
            await self._parts.jobs.release(job.id, self._name)
            await asyncio.sleep(_POLL_SECONDS)
        else:
            _log.error("upload_failed", exc_info=error)
            known = isinstance(error, InvalidInput | ConfigurationError | StorageUnavailable)
            await self._finish(job, "failed", job.files, failure=str(error) if known else _UNFORESEEN)

    async def _finish(
        self,
        job: Job,
        state: JobState,
        files: Sequence[JobFile],
        knowledge_version: int | None = None,
        failure: str | None = None,
    ) -> None:
        await self._parts.jobs.finish(job.id, self._name, state, files, knowledge_version, failure)
        await asyncio.to_thread(self._parts.store.discard, job.id)
        _log.info("upload_finished", state=state, count=len(files))

    async def _settled(self, job: Job, report: IngestionReport) -> list[JobFile]:
        """The files of the job with what became of each."""
        outcomes = {outcome.source: outcome for outcome in report.outcomes}
        current = await self._parts.documents.current(job.tenant, [file.name for file in job.files])
        return [_settle(file, job, outcomes.get(file.name), current.get(file.name)) for file in job.files]


def _settle(file: JobFile, job: Job, outcome: DocumentOutcome | None, current: CurrentDocument | None) -> JobFile:
    if outcome is None:
        return replace(file, status="refused", reason="malformed", message="The file was not found; upload it again.")
    status = outcome.status
    if current is None:
        return replace(file, status=status, reason=outcome.reason, message=outcome.message or None)
    if status == "unchanged" and current.published_at >= job.created_at:
        # Published by an earlier attempt at this job, whose worker was killed before it could say so.
        status = "indexed"
    return replace(
        file,
        status=status,
        reason=outcome.reason,
        message=outcome.message or None,
        chunks=current.chunks,
        document_id=current.document_id,
    )


class _Progress:
    """How many files were read; called by the ingestion after each."""

    def __init__(self) -> None:
        self.done = 0

    def __call__(self, done: int, total: int, source: str) -> None:
        del total, source
        self.done = done


async def _first_of(running: "asyncio.Task[Any]", *others: Coroutine[Any, Any, Any]) -> None:
    """Wait until one ends; `running` goes on, the others are cancelled."""
    tasks = [asyncio.create_task(other) for other in others]
    try:
        await asyncio.wait([running, *tasks], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
