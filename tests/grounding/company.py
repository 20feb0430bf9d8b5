"""A small invented company, its documents as evidence, and one lead."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from app.config_files import ValidationConfig
from app.followups.types import BlockKind, Evidence, EvidenceItem, LeadContext, Scope, Sender, Span, Task

TODAY = date(2026, 3, 2)
CONFIG = ValidationConfig(
    allowed_call_minutes=[10, 15, 20, 30, 45, 60],
    allowed_offers=[
        ["send", "details"],
        ["share", "details"],
        ["put", "together", "breakdown"],
        ["walk", "through"],
        ["show"],
        ["call"],
        ["answer", "questions"],
        ["specialist"],
    ],
    own_hosts=["kestrelworks.com"],
)

_SPLIT = {
    "#": BlockKind.HEADING,
    "-": BlockKind.LIST_ITEM,
    "|": BlockKind.TABLE_ROW,
    ".": BlockKind.PARAGRAPH,
}


def passage(
    id: str,
    lines: Sequence[str],
    *,
    title: str = "",
    source: str = "doc.md",
    source_type: str = "general",
    heading_path: tuple[str, ...] = (),
    start: int = 100,
) -> EvidenceItem:
    """A passage from lines marked `# heading`, `- list item`, `| table row` or `. paragraph`."""
    text, blocks = "", []
    for line in lines:
        kind, body = _SPLIT[line[0]], line[2:]
        text += "\n\n" if text else ""
        blocks.append(Span(len(text), len(text) + len(body), kind))
        text += body
    return EvidenceItem(
        id=id,
        scope=Scope.KNOWLEDGE,
        text=text,
        source=source,
        document_id=f"doc-{id}",
        title=title or None,
        source_type=source_type,
        heading_path=heading_path,
        start=start,
        end=start + len(text),
        blocks=tuple(blocks),
        effective_date=date(2026, 1, 1),
        ingested_at=datetime(2026, 2, 1, tzinfo=UTC),
        page=2,
    )


PRICES = passage(
    "prices",
    [
        "# Plans",
        "| Plan: Starter; Monthly fee: $99 /mo; Users: 3; Support: E-mail; SSO: No",
        "| Plan: Mid-tier; Monthly fee: $299 /mo; Users: 15; Support: Priority; SSO: No",
        "| Plan: Enterprise; Monthly fee: $899 /mo; Users: 60; Support: Dedicated manager; SSO: Yes",
        ". The Mid-tier plan includes automated invoice processing and real-time analytics.",
        ". Paying annually lowers the Mid-tier plan by 15%. Setup is free of charge on every plan.",
        ". You can switch plans at any time, with no cancellation fee.",
    ],
    title="Price list",
    source="prices_2026.pdf",
    source_type="pricing",
)
HALDEN = passage(
    "halden",
    [
        ". Halden Mills, a paper manufacturer in Ohio, adopted Ledgerline in 2024.",
        ". Within two quarters its billing cycles were 45% shorter. Staff saved 12 hours per week on manual matching.",
    ],
    title="Case study: Halden Mills",
    source="case_halden_mills.pdf",
    source_type="case_studies",
)
BOREAS = passage(
    "boreas",
    [". Boreas Foods cut billing errors by 30% and late payments by 20% in the first quarter."],
    title="Case study: Boreas Foods",
    source="case_boreas.pdf",
    source_type="case_studies",
)
RESULTS = passage(
    "results",
    [
        ". Manufacturing customers typically see 40% fewer billing errors within the first quarter.",
        ". Ledgerline pays for itself within 3 months on average.",
    ],
    title="Results in manufacturing",
    source="results_manufacturing.md",
    source_type="roi",
)
FEATURES = passage(
    "features",
    [
        "# Integrations",
        (
            ". Ledgerline has a native NetSuite connector. Everything else goes through the REST API with webhooks for "
            "invoice events."
        ),
        ". A SAP connector is planned for the autumn.",
        ". Ledgerline does not support QuickBooks Desktop.",
        "# Security",
        ". We hold a SOC 2 Type II report. Data is encrypted at rest and in transit.",
        ". On request, customer data is kept in the EU region.",
        "# Onboarding",
        ". Onboarding takes two weeks and is led by a named specialist.",
        "# What every plan includes",
        "- Approval workflows with up to 5 levels",
        "- Automatic payment reminders",
        "- A sandbox with test data",
    ],
    title="Product overview",
    source="overview.md",
    source_type="features",
)
OLD_PRICES = replace(
    passage(
        "old",
        [". The Mid-tier plan costs $249 per month.", ". The Mid-tier plan came with a free training day."],
        title="Price list 2025",
        source="prices_2025.pdf",
        source_type="pricing",
    ),
    effective_date=date(2025, 1, 1),
    expiry_date=date(2025, 12, 31),
)
KNOWLEDGE = (PRICES, HALDEN, BOREAS, RESULTS, FEATURES)

LEAD = LeadContext(
    tenant="default",
    lead_name="Ramesh Kumar",
    product_name="Ledgerline",
    company_name="Kestrel Works",
    lead_company="Orbit Tools",
    interaction_history="Asked about pricing of the mid-tier plan and the NetSuite integration, stopped responding",
    lead_industry="manufacturing",
    company_size="midmarket",
    objections_raised=("price",),
    days_since_contact=7,
    job_title="Finance Manager",
    notes="Their budget is $5,000 per year. Team of 40 people. The Starter plan costs $1.",
    tasks=(Task("Send the Halden Mills case study", date(2026, 3, 4)),),
    sender=Sender("Ana Ruiz", "Account Manager"),
)


def lead_items(lead: LeadContext = LEAD) -> tuple[EvidenceItem, ...]:
    """The record's fields as evidence."""
    values = {
        "lead_name": lead.lead_name,
        "lead_company": lead.lead_company,
        "interaction_history": lead.interaction_history,
        "lead_industry": lead.lead_industry,
        "company_size": lead.company_size,
        "objections_raised": ", ".join(lead.objections_raised),
        "job_title": lead.job_title,
        "notes": lead.notes,
        "tasks": "; ".join(task.text for task in lead.tasks),
    }
    return tuple(
        EvidenceItem(id=f"lead:{name}", scope=Scope.LEAD, text=value, source=name, end=len(value))
        for name, value in values.items()
        if value
    )


def evidence(*items: EvidenceItem, lead: LeadContext = LEAD) -> Evidence:
    """The company's passages (all of the valid ones by default) and the lead's record."""
    return Evidence(items or KNOWLEDGE, lead_items(lead), knowledge_version=1)
