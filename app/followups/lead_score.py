"""How likely a lead is to buy, 0..100, and how firmly the record says so.

A given `lead_score` is used as it is. Otherwise the weighted mean of the known parts (weights of
`config/scoring.yaml`, renormalised over the parts that are known), each 0..100:

- engagement: `engagement_score`, else a value for the words of `engagement_pattern`;
- interaction frequency: 100 * (1 - 0.6^n) for n contacts, counted as messages of the lead plus events in the history;
- recency: 100 * 0.5^(days / 30) for the days since the last contact;
- company size: 25 * log10(employees), 0..100; words stand for typical sizes.

Nothing known gives 0.
"""

import math
import re
from dataclasses import dataclass

from app.config_files import LeadScoreWeights, StrategySelection
from app.followups.types import IntentBand, LeadContext

_RECENCY_HALF_LIFE_DAYS = 30
_NEW_CONTACT_SHARE = 0.6
# Beyond this distance to the next band, more distance makes the band no firmer.
_FIRM_DISTANCE = 15

_PATTERNS: tuple[tuple[str, float], ...] = (
    (r"\b(?:none|inactive|dormant|unresponsive|no engagement|silent|ghost\w*|cold)\b", 10),
    (
        r"\b(?:declin\w+|dropp\w+|fading|decreas\w+|cooling|sporadic|rare\w*|low|minimal|infrequent|one-?time|once)\b",
        25,
    ),
    (r"\b(?:periodic\w*|occasional\w*|moderate|medium|average|monthly|intermittent|mixed)\b", 50),
    (r"\b(?:regular\w*|steady|consistent\w*|weekly|increas\w+|growing|rising|warm)\b", 70),
    (r"\b(?:daily|very high|high|highly|frequent\w*|active\w*|strong|intense|hot|engaged|power)\b", 85),
)
_SIZES: tuple[tuple[str, float], ...] = (
    (r"\b(?:solo|freelanc\w+|self-?employed|individual|sole|one-person)\b", 1),
    (r"\b(?:micro|startup|start-up|very small|early-?stage)\b", 10),
    (r"\b(?:smb|sme|small)\b", 50),
    (r"\b(?:mid-?market|mid-?size\w*|medium\w*|mid|scale-?up)\b", 500),
    (r"\b(?:large|big|corporate)\b", 3000),
    (r"\b(?:enterprise|multinational|global|fortune)\b", 10_000),
)
_NUMBER = re.compile(r"\d{1,3}(?:[,. ]\d{3})+|\d+(?:\.\d+)?(?=\s*k\b)|\d+", re.IGNORECASE)
_EVENT_END = re.compile(r"[.;,|\n]+\s+|\s+(?:and then|then|and)\s+")


@dataclass(frozen=True, slots=True)
class LeadScore:
    """`value` is 0..100; `completeness` is the weight of the known parts, 0..1 (1 for a given score)."""

    value: float
    completeness: float


def lead_score(lead: LeadContext, weights: LeadScoreWeights, days: int | None) -> LeadScore:
    """The score of `lead`; `days` since the last contact, if known."""
    if lead.lead_score is not None:
        return LeadScore(float(lead.lead_score), 1.0)
    parts = (
        (weights.engagement_weight, _engagement(lead)),
        (weights.interaction_frequency_weight, _frequency(lead)),
        (weights.recency_weight, None if days is None else 100 * 0.5 ** (days / _RECENCY_HALF_LIFE_DAYS)),
        (weights.company_size_weight, _company_size(lead.company_size)),
    )
    known = [(weight, value) for weight, value in parts if value is not None]
    total = sum(weight for weight, _ in known)
    if not total:
        return LeadScore(0.0, 0.0)
    value = sum(weight * value for weight, value in known) / total
    return LeadScore(round(min(100.0, max(0.0, value)), 2), total / sum(weight for weight, _ in parts))


def band_of(score: float, selection: StrategySelection) -> IntentBand:
    """The one band of `score`: a band begins at the lower end of its range, so 69.5 is below 70."""
    if score >= selection.high_intent.score_range[0]:
        return IntentBand.HIGH
    return IntentBand.MEDIUM if score >= selection.medium_intent.score_range[0] else IntentBand.LOW


def band_confidence(score: LeadScore, selection: StrategySelection) -> float:
    """How firmly the record decides the band, 0..1: (0.5 + 0.5 * min(1, distance / 15)) * completeness.

    `distance` is from the score to the nearest edge between two bands: on an edge, two bands are equally right.
    """
    edges = (selection.medium_intent.score_range[0], selection.high_intent.score_range[0])
    distance = min(abs(score.value - edge) for edge in edges)
    return round((0.5 + 0.5 * min(1.0, distance / _FIRM_DISTANCE)) * score.completeness, 4)


def _engagement(lead: LeadContext) -> float | None:
    if lead.engagement_score is not None:
        return float(lead.engagement_score)
    return _matching(lead.engagement_pattern, _PATTERNS)


def _frequency(lead: LeadContext) -> float | None:
    events = [event for event in _EVENT_END.split(lead.interaction_history) if event.strip(" .")]
    contacts = len(events) + sum(message.author == "lead" for message in lead.thread)
    return 100 * (1 - _NEW_CONTACT_SHARE**contacts) if contacts else None


def _company_size(text: str | None) -> float | None:
    numbers = [_employees(match, text or "") for match in _NUMBER.finditer(text or "")]
    employees = sum(numbers[:2]) / len(numbers[:2]) if numbers else _matching(text, _SIZES)
    return min(100.0, 25 * math.log10(max(1.0, employees))) if employees is not None else None


def _employees(match: re.Match[str], text: str) -> float:
    thousands = text[match.end() :].lstrip()[:1].casefold() == "k"
    plain = match[0] if thousands else re.sub(r"[,. ]", "", match[0])
    return float(plain) * (1000 if thousands else 1)


def _matching(text: str | None, table: tuple[tuple[str, float], ...]) -> float | None:
    return next((value for pattern, value in table if text and re.search(pattern, text, re.IGNORECASE)), None)
