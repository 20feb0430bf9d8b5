"""Documents for tests that need stored ones but no files: short texts, one chunk per line."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from app.embeddings.base import Vectors
from app.followups.types import BlockKind, Span
from app.knowledge.loaders.registry import load
from app.knowledge.types import Chunk, DocumentProfile, LoadedDocument
from app.storage.records import NewVersion

DIGEST = "d" * 64
WIDTH = 32


@dataclass(frozen=True)
class Page:
    """One document to publish: every line becomes a chunk."""

    source: str
    text: str
    source_type: str = "general"
    internal: bool = False
    effective_date: date | None = None
    expiry_date: date | None = None
    heading_path: tuple[str, ...] = field(default=())


class WordVectors:
    """An embedder in which texts are near each other when they share words; needs no model."""

    name = "words"
    digest = DIGEST
    dimension = WIDTH
    max_tokens = 100

    def warm_up(self) -> None:
        return None

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) + 2 for text in texts]

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.full((len(texts), WIDTH), 1e-3, dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().replace(".", " ").split():
                vectors[row] += np.random.default_rng(list(word.encode())).normal(size=WIDTH)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


class DirectParser:
    """Reads documents in this process: for tests of what comes after, which need not wait for child processes."""

    def parse(self, path: Path) -> LoadedDocument:
        return load(path, 50 << 20)


def direct_parsers(workers: int) -> AbstractContextManager[DirectParser]:
    return nullcontext(DirectParser())


def version_of(page: Page, embedding_model: str = DIGEST, fingerprint: str = "f") -> NewVersion:
    lines = page.text.split("\n")
    starts = [sum(len(line) + 1 for line in lines[:at]) for at in range(len(lines))]
    chunks = tuple(
        Chunk(
            ordinal=at,
            text=line,
            start=start,
            end=start + len(line),
            heading_path=page.heading_path,
            page=None,
            tokens=len(line.split()) + 2,
            blocks=(Span(0, len(line), BlockKind.PARAGRAPH),),
            embedding_text=line,
        )
        for at, (line, start) in enumerate(zip(lines, starts, strict=True))
    )
    return NewVersion(
        source=page.source,
        content_hash=str(hash(page.text)),
        pipeline_fingerprint=fingerprint,
        profile=DocumentProfile(page.source, page.source_type, page.internal, page.effective_date, page.expiry_date),
        text=page.text,
        chunks=chunks,
        vectors=WordVectors().embed(lines),
        embedding_model=embedding_model,
    )
