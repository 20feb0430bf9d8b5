"""What is known about a lead."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Sender:
    """The person the message is written for."""

    name: str | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """Something we owe the lead, as the record states it. `due` is a calendar date."""

    text: str
    due: date | None = None


@dataclass(frozen=True, slots=True)
class ThreadMessage:
    """One earlier message. `author` is `us` or `lead`."""

    author: str
    text: str
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LeadContext:
    """Everything known about one lead: normalised, bounded, and with hostile text defused.

    All strings are single-spaced NFKC text without control, bidi or delimiter characters. `company_name` is the
    sending company (as in the original request); the lead's own company is `lead_company`. Scores are 0..100.
    """

    tenant: str
    lead_name: str
    product_name: str
    interaction_history: str = ""
    lead_stage: str | None = None
    lead_score: float | None = None
    engagement_score: float | None = None
    engagement_pattern: str | None = None
    days_since_contact: int | None = None
    tone_required: str | None = None
    company_name: str | None = None
    lead_company: str | None = None
    product_category: str | None = None
    lead_industry: str | None = None
    company_size: str | None = None
    objections_raised: tuple[str, ...] = ()
    geographic_region: str | None = None
    job_title: str | None = None
    notes: str | None = None
    tasks: tuple[Task, ...] = ()
    thread: tuple[ThreadMessage, ...] = ()
    language: str = "en"
    sender: Sender = Sender()
    custom: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
