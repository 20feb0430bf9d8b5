"""How likely a passage answers a query, as a number that means the same for every embedding model."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from app.config_files import RelevanceWeights

_DEFAULT = "default"


def weights_for(model: str, configured: Mapping[str, RelevanceWeights]) -> RelevanceWeights:
    """The weights of `model` (a name, a directory or a hub id), else the configured or built-in default."""
    name = model.rstrip("/").rsplit("/", 1)[-1]
    return configured.get(name) or configured.get(_DEFAULT) or RelevanceWeights()


def relevance(weights: RelevanceWeights, cosine: float, coverage: float) -> float:
    """The calibrated probability, 0..1. `cosine` -1..1, `coverage` 0..1 (`term_coverage`); rises with both."""
    score = weights.intercept + weights.cosine * cosine + weights.coverage * coverage
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, score))))


def term_weights(query_stems: Iterable[str], pool: Sequence[frozenset[str]]) -> dict[str, float]:
    """How much each word of a query tells, from how many candidates in `pool` hold it.

    A product's name is in nearly every passage of its maker and says little; a word in none of them says most.
    """
    stems = set(query_stems)
    holders = Counter(stem for passage in pool for stem in stems & passage)
    return {stem: math.log((len(pool) + 1.5) / (holders[stem] + 0.5)) for stem in stems}


def term_coverage(weights: Mapping[str, float], passage: frozenset[str]) -> float:
    """The share, by weight, of the query's words that a passage holds, 0..1; 0 for a query without such words."""
    total = sum(weights.values())
    return sum(weight for stem, weight in weights.items() if stem in passage) / total if total else 0.0
