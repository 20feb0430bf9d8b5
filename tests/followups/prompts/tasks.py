"""Tasks that the prompt tests render. The company, its documents and its leads are invented."""

from dataclasses import replace
from datetime import date

from app.config_files import ValidationConfig
from app.followups.generators.base import GenerationInput
from app.followups.types import (
    BlockKind,
    EdgeCase,
    Evidence,
    EvidenceItem,
    GenerationOptions,
    IntentBand,
    LeadContext,
    NeedRole,
    Scope,
    Sender,
    Span,
    Strategy,
    Task,
    ThreadMessage,
    Tone,
    Topic,
    Violation,
)

RULES = ValidationConfig(
    banned_phrases=["just checking in", "quick question"],
    pressure_phrases=["last chance"],
    allowed_offers=[["send", "details"], ["walk", "through"]],
    allowed_call_minutes=[15, 30],
)
LEAD = LeadContext(
    tenant="tenant-canary",
    lead_name="Zaphod Canary",
    product_name="Ledger Cloud",
    interaction_history="Zaphod asked about pricing (zaphod@canary.example, +49 151 98765432), stopped responding",
    lead_stage="consideration",
    lead_score=81,
    engagement_score=65,
    days_since_contact=7,
    company_name="Northwind Tools",
    lead_company="Canary Freight GmbH",
    lead_industry="logistics",
    company_size="200",
    objections_raised=("price",),
    geographic_region="DACH",
    job_title="Finance Manager",
    notes="Canary Freight closes its books by hand.",
    tasks=(Task("send the security report", date(2026, 3, 2)),),
    thread=(
        ThreadMessage("us", "Hi Zaphod, here is the overview."),
        ThreadMessage("lead", "Thanks. What does the Team plan cost?"),
    ),
    sender=Sender("Mira Stone", "Account Executive"),
    custom=(("Renewal month", "June"),),
)
STRATEGY = Strategy(
    band=IntentBand.HIGH,
    score=81,
    confidence=0.8,
    tone=Tone.FRIENDLY,
    goal="give the fact they need and agree on a concrete next step",
    approach="direct_value",
    cta_type="specific",
    edge_case=EdgeCase.QUESTION,
    topic=Topic.PRICING,
    subject_of_interest="pricing",
    needs=(),
)


def passage(text: str, *kinds: BlockKind, role: NeedRole = NeedRole.ANSWER, name: str = "prices.pdf") -> EvidenceItem:
    """An evidence item whose blocks are the lines of `text`, of the given kinds (paragraphs by default)."""
    blocks: list[Span] = []
    start = 0
    for index, line in enumerate(text.split("\n")):
        kind = kinds[index] if index < len(kinds) else BlockKind.PARAGRAPH
        blocks.append(Span(start, start + len(line), kind))
        start += len(line) + 1
    return EvidenceItem(f"k-{name}", Scope.KNOWLEDGE, text, name, 0.9, (role,), blocks=tuple(blocks))


PRICES = replace(
    passage(
        "Plans\nThe Team plan costs $49 per month.\nPlan: Business; Price: $120 per month\nget /prices",
        BlockKind.HEADING,
        BlockKind.PARAGRAPH,
        BlockKind.TABLE_ROW,
        BlockKind.CODE,
    ),
    heading_path=("Pricing", "Plans"),
    page=2,
    effective_date=date(2026, 1, 1),
)
CASE = passage(
    "Harbour Lines closed its books in two days instead of five.",
    BlockKind.LIST_ITEM,
    role=NeedRole.PROOF,
    name="customers/harbour_lines.md",
)
EVIDENCE = Evidence((PRICES, CASE), (), knowledge_version=3)
TASK = GenerationInput(LEAD, STRATEGY, EVIDENCE, GenerationOptions(), word_limit=120, timeout_seconds=8)
REPAIR = replace(
    TASK,
    repair_of="Hi Zaphod, the Team plan costs $39. Shall I send details?",
    violations=(Violation("grounding", '"Hi Zaphod, the Team plan costs $39.": no source has this figure'),),
)
MINIMAL = replace(
    TASK,
    lead=LeadContext(tenant="t", lead_name="", product_name="Ledger Cloud"),
    strategy=replace(STRATEGY, edge_case=EdgeCase.NOTHING_KNOWN, topic=None, subject_of_interest=None),
    evidence=Evidence((), (), 0),
)
REJECTION = replace(TASK, strategy=replace(STRATEGY, edge_case=EdgeCase.REJECTION, cta_type="none"))
GOLDEN = {"question": TASK, "repair": REPAIR, "nothing_known": MINIMAL, "rejection": REJECTION}
