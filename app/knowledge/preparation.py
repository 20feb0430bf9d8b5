"""One file on its way to stored chunks: compared with what is known, read, profiled and cut. Touches no database."""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from app.config_files import RetrievalConfig
from app.embeddings.base import Embedder
from app.errors import DocumentRefused
from app.knowledge.chunking import chunk_document
from app.knowledge.conflicts.extraction import stated_figures
from app.knowledge.conflicts.types import StatedFigure
from app.knowledge.ingestion_report import DocumentOutcome
from app.knowledge.loaders.base import refuse_larger_than
from app.knowledge.loaders.eml import ATTACHMENTS
from app.knowledge.profile import GENERAL, profile_document, unpublished
from app.knowledge.provenance import Provenance
from app.knowledge.source_files import SourceFile, content_hash, manifest_hash
from app.knowledge.types import ChunkedDocument, DocumentProfile, LoadedDocument
from app.storage.records import KnownDocument, Origin, StagedVersion

# Raise it when loaders, chunking or profiles change their output: every document is then ingested again.
PIPELINE_VERSION = 5


class Parser(Protocol):
    """Reads documents; called by several threads at once."""

    def parse(self, path: Path) -> LoadedDocument:
        """Raises `DocumentRefused`."""
        ...


@dataclass(frozen=True, slots=True)
class Known:
    """What the database holds of a tenant before the run: published documents by source, and staged versions by
    source, content and fingerprint."""

    published: Mapping[str, KnownDocument]
    staged: Mapping[tuple[str, str, str], StagedVersion]


@dataclass(frozen=True, slots=True)
class PreparedDocument:
    """A document that has to be stored; it still lacks its vectors."""

    source: str
    content_hash: str
    pipeline_fingerprint: str
    profile: DocumentProfile
    chunked: ChunkedDocument
    origin: Origin
    figures: tuple[StatedFigure, ...] = ()


@dataclass(frozen=True, slots=True)
class Examined:
    """What has to be done about one file: publish `staged`, store `document`, or nothing if both are None.

    `withdrawn`: it is no longer to be published, so the version before has to go.
    """

    outcome: DocumentOutcome
    staged: str | None = None
    document: PreparedDocument | None = None
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Preparation:
    """Prepares the files below `root`. Safe to call from several threads."""

    root: Path
    known: Known
    provenance: Provenance
    parser: Parser
    embedder: Embedder
    config: RetrievalConfig
    _manifests: dict[Path, str] = field(default_factory=dict)

    def examine(self, file: SourceFile) -> Examined:
        """Raises `ConfigurationError` for a broken manifest; what is wrong with the file itself is an outcome."""
        began = time.perf_counter()
        examined = self._examine(file)
        took = time.perf_counter() - began
        return replace(examined, outcome=replace(examined.outcome, seconds=took))

    def _examine(self, file: SourceFile) -> Examined:
        if file.kind in ("other", "outside"):
            return Examined(DocumentOutcome(file.source, "ignored", message=_IGNORED[file.kind]))
        try:
            return self._examine_document(file)
        except DocumentRefused as error:
            message, reason = error.message, error.reason
        except OSError as error:
            message = f"The file cannot be read: {error.strerror or type(error).__name__}."
            reason = "malformed"
        if file.source in self.known.published:
            message += " The version published before stays in use."
        return Examined(DocumentOutcome(file.source, "refused", reason=reason, message=message))

    def _examine_document(self, file: SourceFile) -> Examined:
        if file.kind == "unreadable":
            raise DocumentRefused("malformed", "The folder cannot be opened; check its permissions.")
        refuse_larger_than(self.config.parsing.file_mb << 20, file.path.stat().st_size)
        digest, fingerprint = content_hash(file.path), self._fingerprint(file)
        known = self.known.published.get(file.source)
        if known is not None and self.provenance.leaves_unchanged(known, digest, fingerprint):
            return Examined(DocumentOutcome(file.source, "unchanged", message="Unchanged since it was ingested."))
        staged = self.known.staged.get((file.source, digest, fingerprint))
        # What an upload staged before may have kept something of another version than the one in use.
        if staged is not None and (known is None or self.provenance.origin == "folder"):
            outcome = DocumentOutcome(
                file.source, "indexed", staged.chunks, message="Taken over from an interrupted run."
            )
            return Examined(outcome, staged=staged.version_id)
        return self._read(file, digest, fingerprint, known.profile if known else None)

    def _read(self, file: SourceFile, digest: str, fingerprint: str, before: DocumentProfile | None) -> Examined:
        document = self.parser.parse(file.path)
        said = unpublished(dict(document.metadata))
        if said is not None:
            outcome = DocumentOutcome(file.source, "ignored", message=_UNPUBLISHED.format(said=said))
            return Examined(outcome, withdrawn=before is not None)
        profile, kept = self._profile(file, document, before)
        chunked = chunk_document(document, self.embedder, self.config.chunking.max_tokens)
        left_out = _left_out(file, document)
        if not chunked.chunks:
            raise DocumentRefused("empty", f"The document holds no text. {left_out}".rstrip())
        news = "New." if before is None else "Changed: replaces the version before."
        outcome = DocumentOutcome(
            file.source,
            "indexed",
            len(chunked.chunks),
            message=" ".join(filter(None, (news, kept, left_out))),
            effective_date=profile.effective_date,
            expiry_date=profile.expiry_date,
            effective_source=profile.effective_source,
            expiry_source=profile.expiry_source,
        )
        origin = self.provenance.origin
        figures = stated_figures(file.source, profile, chunked.chunks)
        prepared = PreparedDocument(file.source, digest, fingerprint, profile, chunked, origin, figures)
        return Examined(outcome, document=prepared)

    def _profile(
        self, file: SourceFile, document: LoadedDocument, before: DocumentProfile | None
    ) -> tuple[DocumentProfile, str]:
        """The profile of a version that follows `before`, and in words what it keeps of that."""
        profile = self.provenance.apply(profile_document(file.path, self.root, document, self.config))
        known_type = before is not None and before.source_type in (GENERAL, *self.config.source_types)
        keep_type = known_type and not dict(document.metadata).get("source_type")
        return self.provenance.inherit(profile, before, keep_type=keep_type)

    def _fingerprint(self, file: SourceFile) -> str:
        """Everything besides the content that decides what is stored for a file."""
        folder = file.path.parent
        if folder not in self._manifests:
            self._manifests[folder] = self._folder_fingerprint(file)
        return self._manifests[folder]

    def _folder_fingerprint(self, file: SourceFile) -> str:
        config = self.config
        parts = [
            PIPELINE_VERSION,
            self.embedder.digest,
            config.chunking.max_tokens,
            config.source_types,
            config.internal_folders,
            manifest_hash(file.path, self.root),
            *self.provenance.fingerprint,
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


_UNPUBLISHED = "Left out: its front matter says {said}; remove that line to use the document."


def _left_out(file: SourceFile, document: LoadedDocument) -> str:
    """What of a mail was not read, as a sentence."""
    count = dict(document.metadata).get(ATTACHMENTS) if file.path.suffix.lower() == ".eml" else None
    return f"Attached files that were not read: {count}; ingest them as documents of their own." if count else ""


_IGNORED = {
    "other": "Not a document.",
    "outside": "A link that is not followed: to a folder, out of the folder, or to nothing; put the file itself there.",
}
