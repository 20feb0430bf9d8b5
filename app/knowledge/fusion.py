"""Two lists of candidates, one order: by scores, or by ranks."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.config_files import Fusion


@dataclass(frozen=True, slots=True)
class Finding:
    """What the two searches say about one candidate.

    `contrast` is how much nearer than usual it is to the query, `coverage` the weighted share of the query's words that
    it holds, 0..1; every candidate has both. `words` is its score in the full-text search, 0 if it is not in that list.
    Ranks count from 1, None = not in that list.
    """

    contrast: float
    coverage: float
    words: float
    dense_rank: int | None
    lexical_rank: int | None


def fused_scores(fusion: Fusion, findings: Sequence[Finding], clear: float) -> list[float]:
    """A score for each finding, higher is better, comparable within one search. By `fusion.method`:

    `scores`: `dense_share` of the contrast, `coverage_share` of the coverage and the rest of the full-text score, 0..1
    (a convex combination; Bruch, Gai and Ingber 2023). Contrast and full-text score count as shares of the best there
    is, the best contrast as at least `clear`, the one that a clearly related passage reaches, so that vectors that tell
    little do not outvote words that tell much.
    `rrf`: reciprocal rank fusion (Cormack, Clarke and Büttcher 2009).
    """
    if fusion.method == "rrf":
        return [_by_ranks(fusion, finding) for finding in findings]
    nearest = max(clear, *(finding.contrast for finding in findings), 0.0)
    best = max((finding.words for finding in findings), default=0.0)
    words_share = 1 - fusion.dense_share - fusion.coverage_share
    return [
        fusion.dense_share * _share(finding.contrast, nearest)
        + fusion.coverage_share * finding.coverage
        + words_share * _share(finding.words, best)
        for finding in findings
    ]


def _share(value: float, best: float) -> float:
    """Of the best, 0..1. What is no nearer than usual counts as nothing."""
    return max(value, 0.0) / best if best > 0 else 0.0


def _by_ranks(fusion: Fusion, finding: Finding) -> float:
    dense = 0.0 if finding.dense_rank is None else fusion.dense_weight / (fusion.rrf_k + finding.dense_rank)
    lexical = 0.0 if finding.lexical_rank is None else fusion.lexical_weight / (fusion.rrf_k + finding.lexical_rank)
    return dense + lexical
