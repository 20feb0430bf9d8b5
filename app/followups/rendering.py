"""The finished message as the body of the HTTP response, without what belongs to a single request."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from app.followups.drafting import CheckedDraft
from app.followups.types import Evidence, GenerationOptions, Scores, Strategy
from app.grounding.types import ClaimResult, Verdict

_MODELS_USED = {"rag": "rag_llm", "finetuned": "finetuned_llm", "hybrid": "hybrid_llm"}


@dataclass(frozen=True, slots=True)
class Finished:
    """Everything that is known about a finished message."""

    message_id: str
    subject: str
    checked: CheckedDraft
    evidence: Evidence
    strategy: Strategy
    scores: Scores
    options: GenerationOptions
    rules_version: str
    warnings: Sequence[str]
    created_at: datetime


def render_body(done: Finished) -> dict[str, Any]:
    """JSON-ready fields of `FollowupResponse` except `cached`, `degraded` and `timings_ms`."""
    checked, evidence, scores = done.checked, done.evidence, done.scores
    draft, report = checked.draft, checked.report
    sources = display_names(_sources(checked, evidence))
    return {
        "message_id": done.message_id,
        "subject": done.subject,
        "message": draft.text,
        "retrieval_sources": sources,
        "rag_sources": sources,
        "confidence_score": scores.confidence,
        "confidence": scores.confidence,
        "rag_confidence": scores.confidence,
        "strategy_confidence": scores.strategy_confidence,
        "hybrid_confidence": scores.hybrid_confidence,
        "personalization_score": scores.personalization,
        "strategy_used": done.strategy.band.value,
        "grounding_verified": report.verified,
        "model_used": _MODELS_USED.get(draft.generator, f"safe_{draft.generator}"),
        "model_version": draft.model,
        "generator_used": draft.generator,
        "fallback": draft.fallback,
        "warnings": list(dict.fromkeys([*done.warnings, *draft.warnings])),
        "claims": [claim_body(claim) for claim in report.claims],
        "grounding": _grounding(checked, evidence, done.strategy),
        "strategy": _strategy(done.strategy),
        "versions": {
            "model": draft.model,
            "model_digest": draft.model_digest,
            "adapter": draft.adapter_digest,
            "prompt": draft.prompt_version,
            "rules": done.rules_version,
            "knowledge": evidence.knowledge_version,
        },
        "generation_metadata": {
            "num_docs_used": len(_cited(checked)),
            "fusion_weight": _evidence_share(done),
            "timestamp": done.created_at.isoformat(),
        },
    }


def _evidence_share(done: Finished) -> float:
    """The weight of the evidence in what was written: all of it, unless a voice was fused in or wrote alone."""
    written = done.checked.draft.generator
    return {"hybrid": done.options.fusion_weight_rag, "finetuned": 0.0}.get(written, 1.0)


def claim_body(claim: ClaimResult) -> dict[str, Any]:
    quote = claim.quote
    return {
        "text": claim.text,
        "start": claim.start,
        "end": claim.end,
        "kind": claim.kind.value,
        "verdict": claim.verdict.value,
        "reason": claim.reason,
        "score": round(claim.score, 4),
        "quote": None
        if quote is None
        else {
            "text": quote.text,
            "source": quote.source,
            "scope": quote.scope,
            "evidence_id": quote.evidence_id,
            "document_id": quote.document_id,
            "start": quote.start,
            "end": quote.end,
            "page": quote.page,
            "age_days": quote.age_days,
        },
    }


def display_names(sources: Sequence[str]) -> list[str]:
    """File names, or whole relative paths where two sources share a file name."""
    names = Counter(PurePosixPath(source).name for source in sources)
    return [name if names[name := PurePosixPath(source).name] == 1 else source for source in sources]


def _sources(checked: CheckedDraft, evidence: Evidence) -> list[str]:
    """Documents found for the message: cited ones first, in the order of the message, then by relevance."""
    return list(dict.fromkeys([*_cited(checked), *(item.source for item in evidence.knowledge)]))


def _cited(checked: CheckedDraft) -> list[str]:
    quotes = (claim.quote for claim in checked.report.claims)
    return list(dict.fromkeys(quote.source for quote in quotes if quote is not None and quote.scope == "knowledge"))


def _grounding(checked: CheckedDraft, evidence: Evidence, strategy: Strategy) -> dict[str, Any]:
    counts = Counter(claim.verdict for claim in checked.report.claims)
    if not strategy.uses_product_evidence:
        verdict = "no_product_claims"
    elif not evidence.knowledge:
        verdict = "no_evidence"
    elif checked.report.product_claims:
        verdict = "grounded"
    else:
        verdict = "no_product_claims"
    return {
        "verdict": verdict,
        "verified": checked.report.verified,
        "claims_supported": counts[Verdict.SUPPORTED],
        "claims_exempt": counts[Verdict.EXEMPT],
        "sentences_dropped": checked.dropped,
        "repairs": checked.repairs,
    }


def _strategy(strategy: Strategy) -> dict[str, Any]:
    return {
        "band": strategy.band.value,
        "score": round(strategy.score, 2),
        "confidence": round(strategy.confidence, 4),
        "tone": strategy.tone.value,
        "goal": strategy.goal,
        "approach": strategy.approach,
        "cta_type": strategy.cta_type,
        "edge_case": strategy.edge_case.value,
        "topic": strategy.topic.value if strategy.topic else None,
        "send_after": strategy.away_until.isoformat() if strategy.away_until else None,
    }
