"""The original request bodies, shown in `/docs` and in the OpenAPI document."""

from typing import Any

_RAMESH: dict[str, Any] = {
    "lead_name": "Ramesh",
    "product_name": "AI Billing Software",
    "interaction_history": "Asked about pricing, stopped responding",
    "lead_stage": "consideration",
    "engagement_score": 65,
    "days_since_contact": 7,
    "tone_required": "friendly_helpful",
    "company_name": "TechCorp",
    "product_category": "SaaS",
}
_PROFILE: dict[str, Any] = {
    "lead_name": "Ramesh",
    "product_name": "AI Billing Software",
    "interaction_history": "Asked about pricing, stopped responding",
    "lead_score": 72,
    "lead_industry": "manufacturing",
    "company_size": "midmarket",
    "engagement_pattern": "periodic",
    "objections_raised": ["price"],
    "days_since_contact": 7,
    "geographic_region": "US",
}
_RAG: dict[str, Any] = {
    "lead_context": _RAMESH,
    "rag_config": {
        "top_k": 5,
        "retrieval_threshold": 0.7,
        "source_types": ["pricing", "features", "case_studies"],
        "use_hybrid_search": True,
    },
    "max_tokens": 150,
}
_MINIMAL: dict[str, Any] = {
    "lead_context": {
        "lead_name": "Ramesh",
        "product_name": "AI Billing Software",
        "interaction_history": "Asked about pricing",
        "lead_stage": "consideration",
        "engagement_score": 65,
        "days_since_contact": 7,
    }
}
_FINETUNED: dict[str, Any] = {
    "lead_profile": _PROFILE,
    "company_name": "TechCorp",
    "product_category": "SaaS",
    "temperature": 0.7,
    "max_tokens": 150,
}
_HYBRID: dict[str, Any] = {
    "lead_context": {**_PROFILE, "engagement_score": 68, "company_name": "TechCorp", "product_category": "SaaS"},
    "rag_config": {
        "top_k": 5,
        "retrieval_threshold": 0.65,
        "use_reranking": True,
        "source_weights": {"pricing": 1.2, "case_studies": 1.0, "features": 0.9},
    },
    "generation_config": {
        "temperature": 0.7,
        "max_tokens": 150,
        "fusion_weight_rag": 0.6,
        "require_grounding": True,
    },
}

RAG_REQUEST: Any = {"complete": {"value": _RAG}, "minimal": {"value": _MINIMAL}}
FINETUNED_REQUEST: Any = {"complete": {"value": _FINETUNED}}
HYBRID_REQUEST: Any = {"complete": {"value": _HYBRID}}
UNIFIED_REQUEST: Any = {
    "automatic": {"value": {**_MINIMAL, "generator": "auto"}},
    "rag": {"value": {**_RAG, "generator": "rag"}},
}
