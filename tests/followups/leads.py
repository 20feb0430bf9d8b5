"""Builders of leads and strategies for the tests of this folder."""

from datetime import date
from typing import Any

from app.config_files import ScoringConfig, ValidationConfig
from app.followups.lead_context import build_lead_context
from app.followups.types import EdgeCase, IntentBand, LeadContext, Strategy, Tone, Topic
from app.settings import load_settings

TODAY = date(2025, 12, 20)
SCORING = ScoringConfig()


def lead(history: str = "", **fields: Any) -> LeadContext:  # noqa: ANN401 - any request field
    given = {"lead_name": "Ramesh", "product_name": "AI Billing Software", "interaction_history": history}
    return build_lead_context("acme", given | fields)


def said(text: str) -> list[dict[str, str]]:
    """A thread whose only message is the lead's."""
    return [{"author": "lead", "text": text}]


def strategy(edge_case: EdgeCase = EdgeCase.QUESTION, tone: Tone = Tone.PROFESSIONAL, **fields: Any) -> Strategy:  # noqa: ANN401 - any field
    values: dict[str, Any] = {
        "band": IntentBand.HIGH,
        "score": 72.0,
        "confidence": 0.5,
        "tone": tone,
        "goal": "answer",
        "approach": "direct_value",
        "cta_type": "specific",
        "edge_case": edge_case,
        "topic": Topic.PRICING,
        "subject_of_interest": "pricing",
        "needs": (),
    }
    return Strategy(**(values | fields))


def rules() -> ValidationConfig:
    """The rules as shipped."""
    return load_settings().validation
