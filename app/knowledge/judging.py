"""From the candidates of one query to its passages: admitted, judged for relevance, ordered by fused score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from app.config_files import Fusion, RelevanceWeights
from app.embeddings.base import Vectors
from app.followups.types import RetrievalOptions
from app.knowledge.duplicates import without_duplicates
from app.knowledge.fusion import Finding, fused_scores
from app.knowledge.manual_versions import is_outdated
from app.knowledge.passage_memory import Background, Candidate
from app.knowledge.relevance import Signals, clear_contrast, contrast, relevance, term_coverage, term_weights
from app.knowledge.types import Passage


@dataclass(frozen=True, slots=True)
class Found:
    """The raw outcome for one query: ids, best first; by words with their scores. `vector` is the query's."""

    query: str
    vector: Vectors
    dense: tuple[str, ...]
    lexical: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Admission:
    """What a caller may see, how kinds of documents weigh, and what is usual in them."""

    options: RetrievalOptions
    include_internal: bool
    today: date
    source_weights: Mapping[str, float]
    background: Background

    def admits(self, candidate: Candidate, query: str) -> bool:
        chunk = candidate.chunk
        return (
            (self.include_internal or not chunk.internal)
            and (not self.options.source_types or chunk.source_type in self.options.source_types)
            and (chunk.effective_date is None or chunk.effective_date <= self.today)
            and (chunk.expiry_date is None or chunk.expiry_date >= self.today)
            and not is_outdated(chunk.source, query, self.background.outdated)
        )


class Judge:
    """Judges candidates by an embedding model's calibrated weights."""

    def __init__(self, weights: RelevanceWeights, fusion: Fusion, *, duplicates: bool = False) -> None:
        """`duplicates` stay in if true."""
        self._duplicates = duplicates
        self._weights = weights
        self._fusion = fusion
        self._clear = clear_contrast(weights)

    def passages(
        self, found: Found, candidates: Mapping[str, Candidate], admission: Admission, depth: int
    ) -> tuple[Passage, ...]:
        """At most `top_k` passages of relevance >= `threshold`, best first; each list contributes `depth` candidates.

        Ordered by fused score times the weight of the source type, then by relevance and id. Of near-identical ones
        the newest stays.
        """
        admitted = {
            chunk_id: candidates[chunk_id]
            for chunk_id in dict.fromkeys((*found.dense, *found.lexical))
            if chunk_id in candidates and admission.admits(candidates[chunk_id], found.query)
        }
        dense, lexical = _ranks(found.dense, admitted, depth), _ranks(found.lexical, admitted, depth)
        judged = [admitted[chunk_id] for chunk_id in (dense | lexical)]
        cosines, signals = _compare(found, judged, admission.background)
        findings = [
            Finding(
                signal.contrast,
                signal.coverage if admission.options.use_hybrid_search else 0.0,
                found.lexical.get(candidate.chunk.id, 0.0),
                dense.get(candidate.chunk.id),
                lexical.get(candidate.chunk.id),
            )
            for candidate, signal in zip(judged, signals, strict=True)
        ]
        scores = fused_scores(self._fusion, findings, self._clear)
        passages = [
            passage
            for candidate, cosine, signal, finding, score in zip(
                judged, cosines, signals, findings, scores, strict=True
            )
            if (passage := self._passage(candidate, cosine, signal, finding, score, admission)) is not None
        ]
        passages.sort(key=lambda passage: (-passage.fused_score, -passage.relevance, passage.chunk.id))
        top_k = admission.options.top_k
        return tuple(passages[:top_k] if self._duplicates else without_duplicates(passages, top_k))

    def _passage(
        self,
        candidate: Candidate,
        cosine: float,
        signals: Signals,
        finding: Finding,
        score: float,
        admission: Admission,
    ) -> Passage | None:
        likely = relevance(self._weights, signals)
        if likely < admission.options.threshold:
            return None
        chunk = candidate.chunk
        return Passage(
            chunk,
            likely,
            cosine,
            finding.dense_rank,
            finding.lexical_rank,
            score * admission.source_weights.get(chunk.source_type, 1.0),
            signals.contrast,
            signals.coverage,
            signals.heading_coverage,
        )


def _compare(
    found: Found, candidates: Sequence[Candidate], background: Background
) -> tuple[list[float], list[Signals]]:
    """Each candidate's cosine and the signals of its relevance. Vectors of another model count as unrelated."""
    unrelated = np.zeros_like(found.vector)
    rows = [unrelated if candidate.vector is None else candidate.vector for candidate in candidates]
    cosines = [float(cosine) for cosine in np.stack(rows) @ found.vector] if rows else []
    usual = 0.0 if background.centre is None else float(background.centre @ found.vector)
    telling = term_weights(found.query, background.holders, background.size)
    signals = [
        Signals(
            contrast(cosine, usual, background.size),
            term_coverage(telling, candidate.stems),
            term_coverage(telling, candidate.heading_stems),
        )
        for candidate, cosine in zip(candidates, cosines, strict=True)
    ]
    return cosines, signals


def _ranks(ids: Sequence[str] | Mapping[str, float], admitted: Mapping[str, Candidate], limit: int) -> dict[str, int]:
    """Ranks from 1 among the admitted ids, for the first `limit` of them."""
    kept = [chunk_id for chunk_id in ids if chunk_id in admitted][:limit]
    return {chunk_id: rank for rank, chunk_id in enumerate(kept, start=1)}
