"""Leads, strategies and evidence for the tests of the safe template: an invented maker of warehouse software."""

from typing import Any

from app.followups.generators.base import GenerationInput
from app.followups.lead_context import lead_facts
from app.followups.types import (
    BlockKind,
    EdgeCase,
    Evidence,
    EvidenceItem,
    GenerationOptions,
    IntentBand,
    LeadContext,
    Need,
    NeedRole,
    Scope,
    Span,
    Strategy,
    Tone,
    Topic,
)

PRODUCT, COMPANY = "Depot Planner", "Nordkai"

Block = tuple[BlockKind, str]


def paragraph(text: str) -> Block:
    return BlockKind.PARAGRAPH, text


def row(text: str) -> Block:
    return BlockKind.TABLE_ROW, text


def passage(*blocks: Block, source: str = "pricing/prices.md", **fields: Any) -> EvidenceItem:  # noqa: ANN401
    """One passage whose blocks are joined as the chunker joins them."""
    text, spans = "", []
    for kind, words in blocks:
        text += "\n\n" if text else ""
        spans.append(Span(len(text), len(text) + len(words), kind))
        text += words
    values: dict[str, Any] = {"source_type": source.partition("/")[0], "title": source, "relevance": 0.9} | fields
    return EvidenceItem(
        id=f"{source}#{hash(text)}",
        scope=Scope.KNOWLEDGE,
        text=text,
        source=source,
        document_id=source,
        end=len(text),
        blocks=tuple(spans),
        **values,
    )


PRICES = passage(
    (BlockKind.HEADING, "Plans and prices"),
    row("Plan: Dock; Price per month: $80; Users: 5"),
    paragraph(
        "Our mid-tier plan is the Harbor plan. The Harbor plan costs $240 per month and includes route planning."
    ),
    paragraph("The Dock plan costs $80 per month and includes stock counts. See the table below for details."),
    paragraph("Annual billing lowers the price of every plan by 12%."),
)
ROI = passage(paragraph("Depot Planner typically pays for itself within 5 months."), source="roi/return.pdf")
CASE_FOOD = passage(
    paragraph("Vesterby Foods, a maker of frozen meals, cut its picking errors by 31% within two months."),
    source="case_studies/vesterby_foods.pdf",
    title="Vesterby Foods: frozen meals",
)
CASE_STEEL = passage(
    paragraph("Olsund Steel shortened its loading times by 22% in the first half-year."),
    source="case_studies/olsund_steel.pdf",
    title="Olsund Steel: manufacturing",
)
LINKS = passage(
    paragraph("Depot Planner exchanges orders with Logiva through a native connector every ten minutes."),
    paragraph("The REST API of Depot Planner covers orders, stock and routes."),
    source="integrations/connectors.html",
)
SAFETY = passage(
    paragraph("All data in Depot Planner is encrypted at rest with AES-256."), source="security/security.pdf"
)
FEATURES = passage(
    paragraph("Depot Planner shows the stock of every warehouse on one map."), source="features/overview.md"
)
ALL = (PRICES, ROI, CASE_FOOD, CASE_STEEL, LINKS, SAFETY, FEATURES)


def lead(**fields: Any) -> LeadContext:  # noqa: ANN401
    values: dict[str, Any] = {"tenant": "t", "lead_name": "Greta", "product_name": PRODUCT, "company_name": COMPANY}
    return LeadContext(**(values | fields))


def strategy(
    edge: EdgeCase = EdgeCase.QUESTION,
    topic: Topic | None = Topic.PRICING,
    subject: str | None = "pricing",
    band: IntentBand = IntentBand.HIGH,
    tone: Tone = Tone.FRIENDLY,
) -> Strategy:
    needs = (
        Need(NeedRole.ANSWER, f"{subject or ''} {topic or ''}"),
        Need(NeedRole.PROOF, "customer results", ("case_studies",)),
        Need(NeedRole.VALUE, f"what {PRODUCT} does", ("features",)),
    )
    return Strategy(band, 60, 0.8, tone, "goal", "approach", "cta", edge, topic, subject, needs)


def task(
    lead: LeadContext, strategy: Strategy, knowledge: tuple[EvidenceItem, ...] = ALL, word_limit: int = 120
) -> GenerationInput:
    evidence = Evidence(knowledge, lead_facts(lead), 1)
    return GenerationInput(lead, strategy, evidence, GenerationOptions(), word_limit, 1.0)
