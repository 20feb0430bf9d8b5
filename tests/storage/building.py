"""Small document versions and whole publications for the tests of storage and search."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from app.followups.types import BlockKind, Span
from app.knowledge.types import Chunk, DocumentProfile
from app.storage.documents import DocumentRepository
from app.storage.records import NewVersion

DIMENSION = 8


@dataclass(frozen=True, slots=True)
class Source:
    """What a test wants to say about a document."""

    source: str = "pricing.md"
    texts: Sequence[str] = ("The Professional plan costs $299 per month.",)
    content_hash: str = "hash-1"
    pipeline_fingerprint: str = "pipeline-1"
    title: str = "Pricing"
    source_type: str = "pricing"
    internal: bool = False
    headings: tuple[str, ...] = ("Plans", "Professional")
    effective_date: date | None = date(2024, 1, 1)
    expiry_date: date | None = None
    seed: int = 0


def new_version(wanted: Source) -> NewVersion:
    chunks, start = [], 0
    for ordinal, text in enumerate(wanted.texts):
        span = Span(0, len(text), BlockKind.PARAGRAPH)
        end = start + len(text)
        chunks.append(Chunk(ordinal, text, start, end, wanted.headings, ordinal + 1, 12, (span,), text))
        start = end + 2
    vectors = np.random.default_rng(wanted.seed).normal(size=(len(chunks), DIMENSION)).astype(np.float32)
    return NewVersion(
        source=wanted.source,
        content_hash=wanted.content_hash,
        pipeline_fingerprint=wanted.pipeline_fingerprint,
        profile=DocumentProfile(
            wanted.title, wanted.source_type, wanted.internal, wanted.effective_date, wanted.expiry_date
        ),
        text="\n\n".join(wanted.texts),
        chunks=tuple(chunks),
        vectors=vectors,
        embedding_model="model-digest",
    )


async def publish(repository: DocumentRepository, tenant: str, *wanted: Source) -> list[str]:
    """Stage and publish in one go; the version ids."""
    version_ids = [await repository.stage(tenant, new_version(source)) for source in wanted]
    await repository.publish(tenant, version_ids)
    return version_ids
