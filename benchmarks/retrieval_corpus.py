"""A company's documents of any number, generated: for measuring searches, not their quality.

Words follow Zipf's law over the vocabulary of the demo documents and invented words. Vectors lie around the real
vectors of the demo documents' paragraphs: clustered, and near queries about the same things, as real ones are.
"""

import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.embeddings.base import Embedder, Vectors
from app.followups.types import BlockKind, Span
from app.knowledge.types import Chunk, DocumentProfile
from app.storage.records import NewVersion

ROOT = Path(__file__).resolve().parent.parent
CHUNKS_PER_DOCUMENT = 20
DIGEST = "generated"
# Share of each source type among the documents; the last one is the rare one.
SOURCE_TYPES = {
    "documentation": 0.30,
    "features": 0.18,
    "blog": 0.15,
    "support": 0.11,
    "integrations": 0.08,
    "faq": 0.06,
    "case_studies": 0.05,
    "pricing": 0.04,
    "security": 0.02,
    "onboarding": 0.009,
    "roi": 0.001,
}
SUBJECTS = (
    "what does the Professional plan cost per month",
    "customer results with fewer billing errors",
    "integration with Salesforce and other CRM systems",
    "is our invoice data encrypted and where is it stored",
    "how long does onboarding take",
    "reporting and real-time analytics for finance",
    "recurring invoices and payment reminders",
    "support hours and response times",
    "objection that switching takes too much effort",
    "return on investment of automated billing",
    "approval of invoices by several people",
    "discount for annual billing",
)
_INTERNAL = 0.05
_VOCABULARY = 30_000
_WORD = re.compile(r"[a-z]{2,}")


class GeneratedCorpus:
    """Documents in a fixed order: document number n is the same in every run and for every size."""

    def __init__(self, embedder: Embedder) -> None:
        paragraphs = _paragraphs()
        self._centres = embedder.embed(paragraphs)
        self._topics = [_WORD.findall(paragraph.lower()) for paragraph in paragraphs]
        known = [word for topic in self._topics for word in topic]
        frequent = sorted(set(known), key=lambda word: (-known.count(word), word))
        self._words = frequent + [_invented(n) for n in range(_VOCABULARY - len(frequent))]
        weights = 1 / np.arange(1, len(self._words) + 1)
        self._cumulative = np.cumsum(weights / weights.sum())

    def documents(self, first: int, last: int) -> Iterator[NewVersion]:
        for number in range(first, last):
            yield self._document(number)

    def _document(self, number: int) -> NewVersion:
        random = np.random.default_rng(number)
        # Every 1000th document has the rare type, so that small corpora have it too.
        names, shares = list(SOURCE_TYPES), np.array(list(SOURCE_TYPES.values()))
        kind = names[-1] if number % 1000 == 7 else str(random.choice(names[:-1], p=shares[:-1] / shares[:-1].sum()))
        topics = random.integers(len(self._topics), size=CHUNKS_PER_DOCUMENT)
        texts = [self._text(random, topic) for topic in topics]
        title = " ".join(self._topics[topics[0]][:6])
        return NewVersion(
            source=f"{kind}/{number:06}.md",
            content_hash=str(number),
            pipeline_fingerprint=DIGEST,
            profile=DocumentProfile(title, kind, bool(random.random() < _INTERNAL), None, None),
            text="\n".join(texts),
            chunks=_chunks(texts, title),
            vectors=self._vectors(random, topics),
            embedding_model=DIGEST,
        )

    def _text(self, random: np.random.Generator, topic: int) -> str:
        length = int(random.integers(50, 130))
        common = [self._words[at] for at in np.searchsorted(self._cumulative, random.random(length))]
        own = self._topics[topic]
        for place in np.flatnonzero(random.random(length) < 0.3):
            common[place] = own[int(random.integers(len(own)))]
        return " ".join(common)

    def _vectors(self, random: np.random.Generator, topics: NDArray[np.int64]) -> Vectors:
        others = random.integers(len(self._topics), size=len(topics))
        noise = random.normal(size=(len(topics), self._centres.shape[1])) * 0.6 / np.sqrt(self._centres.shape[1])
        vectors = 0.8 * self._centres[topics] + 0.3 * self._centres[others] + noise
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        result: Vectors = vectors.astype(np.float32)
        return result


def queries(count: int, seed: int) -> list[str]:
    """Different questions about what the demo company sells; no two are equal, so no cache answers them."""
    random = np.random.default_rng(seed)
    return [f"{SUBJECTS[n % len(SUBJECTS)]} {_invented(int(random.integers(10**6)))} {n}" for n in range(count)]


def _chunks(texts: list[str], title: str) -> tuple[Chunk, ...]:
    starts = np.cumsum([0, *(len(text) + 1 for text in texts[:-1])])
    return tuple(
        Chunk(at, text, int(start), int(start) + len(text), (title,), None, len(text.split()) + 2,
              (Span(0, len(text), BlockKind.PARAGRAPH),), text)
        for at, (text, start) in enumerate(zip(texts, starts, strict=True))
    )  # fmt: skip


def _paragraphs() -> list[str]:
    texts = (path.read_text(encoding="utf-8") for path in sorted((ROOT / "knowledge_base").rglob("*.md")))
    parts = (" ".join(part.split()) for text in texts for part in text.split("\n\n"))
    return [part for part in dict.fromkeys(parts) if len(_WORD.findall(part.lower())) >= 8]


def _invented(number: int) -> str:
    """A pronounceable word that belongs to a number."""
    code = zlib.crc32(str(number).encode())
    syllables = []
    for _ in range(3):
        code, at = divmod(code, 21 * 5)
        syllables.append("bcdfghjklmnpqrstvwxyz"[at // 5] + "aeiou"[at % 5])
    return "".join(syllables)
