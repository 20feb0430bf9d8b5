"""From a folder of documents to published knowledge: each document is staged, then all become visible at once."""

import asyncio
import hashlib
import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

from app.config_files import RetrievalConfig
from app.embeddings.base import Embedder
from app.errors import DocumentRefused, InvalidInput, RefusalReason
from app.knowledge.chunking import chunk_document
from app.knowledge.loaders.registry import SUPPORTED_SUFFIXES, load
from app.knowledge.profile import profile_document
from app.knowledge.source_files import SourceFile, content_hash, find_files, manifest_hash
from app.storage.records import DocumentSummary, KnownDocument, NewVersion

# Raise it when loaders, chunking or profiles change their output: every document is then ingested again.
PIPELINE_VERSION = 1

Status = Literal["indexed", "unchanged", "refused", "ignored", "removed"]
Progress = Callable[[int, int, str], None]


class DocumentStore(Protocol):
    async def known_documents(self, tenant: str) -> Mapping[str, KnownDocument]: ...
    async def staged(self, tenant: str, source: str, content_hash: str, pipeline_fingerprint: str) -> str | None: ...
    async def stage(self, tenant: str, version: NewVersion) -> str: ...
    async def publish(self, tenant: str, version_ids: Sequence[str], removed_sources: Sequence[str] = ()) -> int: ...
    async def discard_stale_staged(self, tenant: str, keep: Collection[str] = ()) -> int: ...
    async def documents(self, tenant: str) -> Sequence[DocumentSummary]: ...
    async def ensure_tenant(self, tenant: str) -> None: ...


@dataclass(frozen=True, slots=True)
class DocumentOutcome:
    """What became of one file. `reason` and `message` are set for refused ones; `chunks` only for indexed ones."""

    source: str
    status: Status
    chunks: int = 0
    reason: RefusalReason | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class IngestionReport:
    """One outcome per file, by source. `knowledge_version` is the tenant's after the run."""

    outcomes: tuple[DocumentOutcome, ...]
    knowledge_version: int
    seconds: float

    def having(self, status: Status) -> tuple[DocumentOutcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.status == status)

    @property
    def chunks(self) -> int:
        return sum(outcome.chunks for outcome in self.outcomes)


@dataclass(frozen=True, slots=True)
class _Run:
    """What stays the same for all files of one run."""

    tenant: str
    root: Path
    known: Mapping[str, KnownDocument]


class Ingestion:
    """Reads, cuts, embeds and stores documents. Holds one document in memory at a time."""

    def __init__(self, documents: DocumentStore, embedder: Embedder, config: RetrievalConfig) -> None:
        self._documents = documents
        self._embedder = embedder
        self._config = config

    async def ingest(
        self, source: Path, tenant: str, *, prune: bool = False, progress: Progress | None = None
    ) -> IngestionReport:
        """Ingest a folder, or one file, for `tenant`; `progress(done, total, source)` is called after every file.

        Nothing is visible before the last document is staged; an interrupted run leaves the knowledge as it was, and
        the next one takes over what was staged already. A refused document keeps the version that was published
        before. `prune` removes documents whose files are gone from the folder. Raises `InvalidInput` for a path that
        cannot be ingested, `ConfigurationError` for a broken manifest, and `StorageUnavailable`.
        """
        began = time.monotonic()
        root, files = await asyncio.to_thread(find_files, source, SUPPORTED_SUFFIXES)
        await self._documents.ensure_tenant(tenant)
        run = _Run(tenant, root, await self._documents.known_documents(tenant))
        gone = self._gone(source, files, run) if prune else []
        outcomes, staged = [], []
        for done, file in enumerate(files, start=1):
            outcome, version_id = await self._take(file, run)
            outcomes.append(outcome)
            if version_id is not None:
                staged.append(version_id)
            if progress is not None:
                progress(done, len(files), file.source)
        version = await self._documents.publish(tenant, staged, gone)
        await self._documents.discard_stale_staged(tenant)
        outcomes += [DocumentOutcome(name, "removed") for name in gone]
        return IngestionReport(await self._counted(tenant, outcomes), version, time.monotonic() - began)

    async def _counted(self, tenant: str, outcomes: Sequence[DocumentOutcome]) -> tuple[DocumentOutcome, ...]:
        """The outcomes by source, with the number of chunks of those that were published."""
        chunks = {document.source: document.chunks for document in await self._documents.documents(tenant)}
        return tuple(
            replace(outcome, chunks=chunks.get(outcome.source, 0)) if outcome.status == "indexed" else outcome
            for outcome in sorted(outcomes, key=lambda outcome: outcome.source)
        )

    @staticmethod
    def _gone(source: Path, files: Sequence[SourceFile], run: _Run) -> list[str]:
        if not any(file.kind == "document" for file in files) or source.is_file():
            raise InvalidInput(
                f"{source} holds no documents, so pruning would remove everything; give the folder that holds them all."
            )
        return sorted(set(run.known) - {file.source for file in files})

    async def _take(self, file: SourceFile, run: _Run) -> tuple[DocumentOutcome, str | None]:
        """The outcome for one file, and the id of the version to publish if there is a new one."""
        if file.kind == "other":
            return DocumentOutcome(file.source, "ignored"), None
        try:
            return await self._take_document(file, run)
        except DocumentRefused as error:
            message = error.message
            reason = error.reason
        except OSError as error:
            message = f"The file cannot be read: {error.strerror or type(error).__name__}."
            reason = "malformed"
        if file.source in run.known:
            message += " The version published before stays in use."
        return DocumentOutcome(file.source, "refused", reason=reason, message=message), None

    async def _take_document(self, file: SourceFile, run: _Run) -> tuple[DocumentOutcome, str | None]:
        digest = await asyncio.to_thread(content_hash, file.path)
        fingerprint = self._fingerprint(file, run.root)
        known = run.known.get(file.source)
        if known is not None and (known.content_hash, known.pipeline_fingerprint) == (digest, fingerprint):
            return DocumentOutcome(file.source, "unchanged"), None
        reusable = await self._documents.staged(run.tenant, file.source, digest, fingerprint)
        if reusable is not None:
            return DocumentOutcome(file.source, "indexed"), reusable
        version = await asyncio.to_thread(self._prepare, file, run.root, digest, fingerprint)
        version_id = await self._documents.stage(run.tenant, version)
        return DocumentOutcome(file.source, "indexed"), version_id

    def _prepare(self, file: SourceFile, root: Path, digest: str, fingerprint: str) -> NewVersion:
        document = load(file.path)
        profile = profile_document(file.path, root, document, self._config)
        chunked = chunk_document(document, self._embedder, self._config.chunking.max_tokens)
        if not chunked.chunks:
            raise DocumentRefused("empty", "The document holds no text.")
        return NewVersion(
            source=file.source,
            content_hash=digest,
            pipeline_fingerprint=fingerprint,
            profile=profile,
            text=chunked.text,
            chunks=chunked.chunks,
            vectors=self._embedder.embed([chunk.embedding_text for chunk in chunked.chunks]),
            embedding_model=self._embedder.digest,
        )

    def _fingerprint(self, file: SourceFile, root: Path) -> str:
        """Everything besides the content that decides what is stored for a file."""
        config = self._config
        parts = [
            PIPELINE_VERSION,
            self._embedder.digest,
            config.chunking.max_tokens,
            config.source_types,
            config.internal_folders,
            manifest_hash(file.path, root),
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
