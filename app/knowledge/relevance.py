"""How likely a passage answers a query, as a number that means the same for every embedding model."""

import math
from collections.abc import Container, Mapping
from dataclasses import dataclass

from app.config_files import RelevanceWeights
from app.language.words import content_stems, stem

_DEFAULT = "default"
_FEW = 20
# Words that shape a question and say little about its subject: they count, but not as much as a rare word would.
_SHAPING_WEIGHT = 0.3
_SHAPING = frozenset(
    stem(word)
    for word in """
    whether long take takes taking get gets getting got make makes made need needs want wants know see seen go goes
    going work works working use uses used using try talk look help give tell ask asking like new good enough many lot
    really actually possible able could thing things way ways kind sort well main also exactly soon often available
    offer offers provide anything something someone anyone one two please including include current currently benefit
    benefits product
    """.split()  # noqa: SIM905 - a word list reads better as text
)


@dataclass(frozen=True, slots=True)
class Signals:
    """What the relevance of a passage is judged by: see `contrast` and, for the last two, `term_coverage`."""

    contrast: float
    coverage: float
    heading_coverage: float


def weights_for(model: str, configured: Mapping[str, RelevanceWeights]) -> RelevanceWeights:
    """The weights of `model` (a name, a directory or a hub id), else the configured or built-in default."""
    name = model.rstrip("/").rsplit("/", 1)[-1]
    return configured.get(name) or configured.get(_DEFAULT) or RelevanceWeights()


def relevance(weights: RelevanceWeights, signals: Signals) -> float:
    """The calibrated probability, 0..1, that the passage answers the query; rises with every signal."""
    score = (
        weights.intercept
        + weights.contrast * signals.contrast
        + weights.coverage * signals.coverage
        + weights.heading_coverage * signals.heading_coverage
    )
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, score))))


def clear_contrast(weights: RelevanceWeights) -> float:
    """The contrast at which a passage is as likely relevant as not, though no word of the query is in it; >= 0."""
    return max(0.0, -weights.intercept / weights.contrast) if weights.contrast else 0.0


def contrast(cosine: float, usual: float, size: int) -> float:
    """How much nearer a passage is to the query than `size` others are on average (`usual`), -2..2.

    All passages of one company share its subject, so a cosine alone says little. The fewer there are, the more of
    their common subject may be what was asked for, and the less is taken off.
    """
    return cosine - usual * size / (size + _FEW)


def term_weights(query: str, holders: Mapping[str, int], size: int) -> dict[str, float]:
    """How much each content stem of `query` tells, when `holders` of `size` usual passages hold it.

    A product's name is in nearly every passage of its maker and says little; a word in none of them says most.
    """
    return {
        word: math.log((size + 2) / (holders.get(word, 0) + 1)) * (_SHAPING_WEIGHT if word in _SHAPING else 1.0)
        for word in set(content_stems(query))
    }


def term_coverage(weights: Mapping[str, float], stems: Container[str]) -> float:
    """The share, by weight, of the query's words among `stems`, 0..1; 0 for a query without content words."""
    total = sum(weights.values())
    return sum(weight for word, weight in weights.items() if word in stems) / total if total else 0.0
