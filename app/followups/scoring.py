"""Stage 8: the numbers of the response. Each is 0..1 and says something checkable.

- `confidence` (also `rag_confidence`): estimate that all product claims are supported. With claims, the product over
  the claims of how fully the quoted words cover the claim, times the mean calibrated relevance of the passages quoted;
  0 as soon as one claim is not supported. Without product claims: 1 where none is wanted (a rejection), else 0, because
  nothing from the documents stands behind the message.
- `strategy_confidence`: see `strategy.py`.
- `hybrid_confidence` = w * confidence + (1 - w) * strategy_confidence, w = weight of the evidence row.
- `personalization`: share of the available attributes of the lead that the text uses, weighted by `_WEIGHTS`.
"""

from collections.abc import Iterator
from math import prod

from app.followups.topics import topic_rules
from app.followups.types import Evidence, LeadContext, Scores, Strategy
from app.grounding.types import GroundingReport, Verdict
from app.language.names import first_name
from app.language.words import content_stems

_WEIGHTS = {
    "name": 0.15,
    "topic": 0.25,
    "subject": 0.15,
    "product": 0.1,
    "industry": 0.12,
    "company": 0.08,
    "role": 0.05,
    "size": 0.04,
    "region": 0.03,
    "task": 0.03,
}
_USED_SHARE = 0.5


def score_followup(
    message: str,
    lead: LeadContext,
    strategy: Strategy,
    evidence: Evidence,
    report: GroundingReport,
    weight_rag: float,
) -> Scores:
    """The numbers for a finished `message`. `weight_rag` is the fusion weight, 0..1."""
    confidence = _confidence(strategy, evidence, report)
    hybrid = weight_rag * confidence + (1 - weight_rag) * strategy.confidence
    return Scores(
        confidence=round(confidence, 4),
        strategy_confidence=round(strategy.confidence, 4),
        hybrid_confidence=round(hybrid, 4),
        personalization=round(_personalization(message, lead, strategy), 4),
    )


def _confidence(strategy: Strategy, evidence: Evidence, report: GroundingReport) -> float:
    claims = report.product_claims
    if not claims:
        return 0.0 if strategy.uses_product_evidence else 1.0
    if any(claim.verdict is not Verdict.SUPPORTED for claim in claims):
        return 0.0
    relevance = {item.id: item.relevance for item in evidence.knowledge}
    used = {claim.quote.evidence_id for claim in claims if claim.quote is not None}
    found = [relevance[id] for id in used if id in relevance]
    return _unit(prod(claim.score for claim in claims) * (sum(found) / len(found) if found else 0.0))


def _personalization(message: str, lead: LeadContext, strategy: Strategy) -> float:
    stems = frozenset(content_stems(message))
    attributes = list(_attributes(lead, strategy))
    total = sum(_WEIGHTS[name] for name, _ in attributes)
    used = sum(_WEIGHTS[name] for name, text in attributes if _uses(stems, text))
    if strategy.topic in topic_rules():
        total += _WEIGHTS["topic"]
        used += _WEIGHTS["topic"] if topic_rules()[strategy.topic].words.search(message) else 0.0
    return _unit(used / total) if total else 0.0


def _attributes(lead: LeadContext, strategy: Strategy) -> Iterator[tuple[str, str]]:
    """What the record offers, as name and text."""
    available = (
        ("name", first_name(lead.lead_name) if lead.lead_name else None),
        ("subject", strategy.subject_of_interest),
        ("product", lead.product_name),
        ("industry", lead.lead_industry),
        ("company", lead.lead_company),
        ("role", lead.job_title),
        ("size", lead.company_size),
        ("region", lead.geographic_region),
        ("task", lead.tasks[0].text if lead.tasks else None),
    )
    return ((name, text) for name, text in available if text)


def _uses(stems: frozenset[str], text: str) -> bool:
    wanted = content_stems(text)
    return bool(wanted) and sum(stem in stems for stem in wanted) >= _USED_SHARE * len(wanted)


def _unit(value: float) -> float:
    return min(1.0, max(0.0, value))
