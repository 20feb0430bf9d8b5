"""From a folder of documents to published knowledge: each document is staged, then all become visible at once."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Protocol

from app.config_files import RetrievalConfig
from app.embeddings.base import Embedder
from app.knowledge.conflicts.register import Judged
from app.knowledge.ingestion_report import DocumentOutcome, IngestionReport
from app.knowledge.loaders.formats import SUPPORTED_SUFFIXES
from app.knowledge.parsing.document_parser import DocumentParser
from app.knowledge.preparation import Examined, Known, Parser, Preparation
from app.knowledge.provenance import FROM_FOLDER, Provenance
from app.knowledge.pruning import Prune, gone_documents
from app.knowledge.source_files import SourceFile, find_files
from app.knowledge.source_names import company_folder
from app.knowledge.vectorising import KnownVectors, with_vectors
from app.storage.records import DocumentSummary, KnownDocument, NewVersion, StagedVersion
from app.storage.rows import utc_now

# Small documents are stored after this many files at the latest, so that an interruption costs little.
_BATCH_FILES = 64
# How many files are prepared ahead, for each worker.
_AHEAD = 3
# What an interrupted run has staged is kept this long for the next one.
_KEEP_STAGED = timedelta(days=1)

Progress = Callable[[int, int, str], None]
Parsers = Callable[[int], AbstractContextManager[Parser]]


class DocumentStore(KnownVectors, Protocol):
    async def known_documents(self, tenant: str) -> Mapping[str, KnownDocument]: ...
    async def staged_versions(self, tenant: str) -> Mapping[tuple[str, str, str], StagedVersion]: ...
    async def stage_all(self, tenant: str, versions: Sequence[NewVersion]) -> Sequence[str]: ...
    async def publish(self, tenant: str, version_ids: Sequence[str], removed_sources: Sequence[str] = ()) -> int: ...
    async def discard_stale_staged(self, tenant: str, sources: Collection[str], before: datetime) -> int: ...
    async def note_folder(self, tenant: str, sources: Sequence[str], folder: str) -> None: ...
    async def documents(self, tenant: str) -> Sequence[DocumentSummary]: ...
    async def knowledge_version(self, tenant: str) -> int: ...
    async def ensure_tenant(self, tenant: str) -> None: ...


# Called with the tenant, what is staged and what will be removed, before both happen; an exception stops the run.
Review = Callable[[str, Sequence[str], Sequence[str]], Awaitable[None]]


class Conflicts(Protocol):
    async def conflicts(self, tenant: str, version: int) -> Sequence[Judged]: ...


@dataclass(frozen=True, slots=True)
class IngestionOptions:
    """How to ingest.

    A document is named by its path below `root`: the given one, else the folder from which it or its neighbours were
    ingested before, else the source itself. `prune` removes documents whose files are gone (see `gone_documents`). A
    dry run reads everything and stores nothing. `workers` documents are read at once.
    """

    root: Path | None = None
    prune: Prune = "no"
    dry_run: bool = False
    workers: int = 1


_DEFAULTS = IngestionOptions()


@dataclass(slots=True)
class _Run:
    """One run: what it is about, and what it has done so far."""

    tenant: str
    options: IngestionOptions
    provenance: Provenance
    known: Mapping[str, KnownDocument]
    progress: Progress | None
    root: Path = field(default_factory=Path)
    files: Sequence[SourceFile] = ()
    gone: Sequence[str] = ()
    outcomes: list[DocumentOutcome] = field(default_factory=list)
    staged: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)

    def find(self, source: Path) -> None:
        source = source.resolve() if source.exists() else source
        root = self.options.root
        above = root.resolve() if root else company_folder(source, self.known)
        self.root, self.files = find_files(source, SUPPORTED_SUFFIXES, above)
        self.gone = gone_documents(source, self.root, self.files, self.known, self.options.prune)

    def finish(self, outcome: DocumentOutcome) -> None:
        self.outcomes.append(outcome)
        if self.progress is not None:
            self.progress(len(self.outcomes), len(self.files), outcome.source)

    @property
    def moved(self) -> list[str]:
        """Documents that were found in another folder before, or in none that is known; uploads come from none."""
        if self.provenance.origin != "folder":
            return []
        folder = str(self.root)
        found = (outcome.source for outcome in self.outcomes if outcome.status in ("indexed", "unchanged"))
        return [source for source in found if source not in self.known or self.known[source].folder != folder]


class Ingestion:
    """Reads, cuts, embeds and stores documents. Holds a few documents in memory at a time, however many there are."""

    def __init__(  # noqa: PLR0913 - one collaborator each
        self,
        documents: DocumentStore,
        embedder: Embedder,
        config: RetrievalConfig,
        parsers: Parsers | None = None,
        review: Review | None = None,
        batch_chunks: int = 512,
        conflicts: Conflicts | None = None,
    ) -> None:
        """`parsers(workers)` opens what reads documents, that many at once; the product's own by default.

        Documents are embedded and stored together as soon as they have `batch_chunks` chunks.
        """
        self._documents = documents
        self._embedder = embedder
        self._config = config
        self._parsers = parsers or (lambda workers: DocumentParser(config.parsing, workers))
        self._review = review
        self._batch_chunks = batch_chunks
        self._conflicts = conflicts

    async def ingest(
        self,
        source: Path,
        tenant: str,
        options: IngestionOptions = _DEFAULTS,
        progress: Progress | None = None,
        provenance: Provenance = FROM_FOLDER,
    ) -> IngestionReport:
        """Ingest a folder, or one file, for `tenant`; `progress(done, total, source)` is called after every file.

        Nothing is visible before the last document is staged; a run that is interrupted or cancelled leaves the
        knowledge as it was, and the next one takes over what was staged already. A refused document keeps the version
        that was published before; a file that is what the folder held before an upload replaced it is unchanged.
        Raises `InvalidInput` for a path that cannot be ingested, `ConfigurationError` for a broken manifest, and
        `StorageUnavailable`.
        """
        began = time.monotonic()
        if not options.dry_run:
            await self._documents.ensure_tenant(tenant)
        known = Known(await self._documents.known_documents(tenant), await self._documents.staged_versions(tenant))
        run = _Run(tenant, options, provenance, known.published, progress)
        await asyncio.to_thread(run.find, source)
        with self._parsers(options.workers) as parser:
            await self._stage(run, Preparation(run.root, known, provenance, parser, self._embedder, self._config))
        version = await self._publish(run)
        outcomes = await self._complete(run)
        conflicts = await self._conflicts.conflicts(tenant, version) if self._conflicts else ()
        return IngestionReport(outcomes, version, time.monotonic() - began, options.dry_run, tuple(conflicts))

    async def _stage(self, run: _Run, preparation: Preparation) -> None:
        workers = run.options.workers
        batch: list[Examined] = []
        chunks = 0
        executor = ThreadPoolExecutor(workers, thread_name_prefix="preparing")
        try:
            async for examined in _examined(run.files, preparation, executor, _AHEAD * workers):
                batch.append(examined)
                chunks += len(examined.document.chunked.chunks) if examined.document else 0
                if chunks >= self._batch_chunks or len(batch) >= _BATCH_FILES:
                    await self._store(run, batch)
                    batch, chunks = [], 0
            await self._store(run, batch)
        finally:
            executor.shutdown(wait=False, cancel_futures=True)

    async def _store(self, run: _Run, batch: Sequence[Examined]) -> None:
        began = time.perf_counter()
        documents = [examined.document for examined in batch if examined.document]
        taken_over = [examined.staged for examined in batch if examined.staged]
        if documents and not run.options.dry_run:
            versions = await with_vectors(documents, run.tenant, self._documents, self._embedder)
            run.staged += await self._documents.stage_all(run.tenant, versions)
        run.staged += taken_over
        run.withdrawn += [examined.outcome.source for examined in batch if examined.withdrawn]
        share = (time.perf_counter() - began) / max(sum(len(document.chunked.chunks) for document in documents), 1)
        for examined in batch:
            own = len(examined.document.chunked.chunks) if examined.document else 0
            run.finish(replace(examined.outcome, seconds=examined.outcome.seconds + own * share))

    async def _publish(self, run: _Run) -> int:
        if run.options.dry_run:
            return await self._documents.knowledge_version(run.tenant)
        removed = [*run.gone, *run.withdrawn]
        if self._review is not None and (run.staged or removed):
            await self._review(run.tenant, run.staged, removed)
        version = await self._documents.publish(run.tenant, run.staged, removed)
        await self._documents.note_folder(run.tenant, run.moved, str(run.root))
        sources = {file.source for file in run.files}
        await self._documents.discard_stale_staged(run.tenant, sources, utc_now() - _KEEP_STAGED)
        return version

    async def _complete(self, run: _Run) -> tuple[DocumentOutcome, ...]:
        """The outcomes by source, with those that are gone, and with what is in use of those that are not."""
        outcomes = [*run.outcomes, *(DocumentOutcome(name, "removed", message=_GONE) for name in run.gone)]
        in_use = {document.source: document for document in await self._documents.documents(run.tenant)}
        completed = [
            _as_published(outcome, in_use.get(outcome.source))
            if outcome.status == "unchanged" or (outcome.status == "indexed" and not run.options.dry_run)
            else outcome
            for outcome in outcomes
        ]
        today = utc_now().date()
        explained = (_explained(outcome, today) for outcome in completed)
        return tuple(sorted(explained, key=lambda outcome: outcome.source))


_GONE = "Its file is gone from the folder."


async def _examined(
    files: Sequence[SourceFile], preparation: Preparation, executor: ThreadPoolExecutor, ahead: int
) -> AsyncIterator[Examined]:
    """The files in order, prepared by the executor, at most `ahead` of them at a time."""
    loop = asyncio.get_running_loop()
    window: deque[asyncio.Future[Examined]] = deque()
    for file in files:
        window.append(loop.run_in_executor(executor, preparation.examine, file))
        if len(window) >= ahead:
            yield await window.popleft()
    while window:
        yield await window.popleft()


def _as_published(outcome: DocumentOutcome, published: DocumentSummary | None) -> DocumentOutcome:
    if published is None:
        return outcome
    return replace(
        outcome,
        chunks=published.chunks,
        effective_date=published.effective_date,
        expiry_date=published.expiry_date,
        effective_source=published.effective_source,
        expiry_source=published.expiry_source,
    )


def _explained(outcome: DocumentOutcome, today: date) -> DocumentOutcome:
    return replace(outcome, message=" ".join(filter(None, (outcome.message, outcome.silence(today)))))
