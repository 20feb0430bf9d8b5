"""Frozen types that pass between the stages of a follow-up, in the order in which they appear.

FollowupRequest -> LeadContext -> Strategy -> Evidence -> Prompt -> Draft -> GroundingReport -> ValidationReport
-> response body

This module imports nothing of the product. The request type belongs to the HTTP edge; the two reports belong to
`grounding.types` and to this module.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

# --------------------------------------------------------------------------- lead context


class GeneratorName(StrEnum):
    """The generators a caller can ask for; `template` is only ever a fallback."""

    RAG = "rag"
    FINETUNED = "finetuned"
    HYBRID = "hybrid"
    AUTO = "auto"


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


# --------------------------------------------------------------------------- strategy


class IntentBand(StrEnum):
    HIGH = "high_intent"
    MEDIUM = "medium_intent"
    LOW = "low_intent"


class Tone(StrEnum):
    """How the reader is addressed (by seniority, industry or the request)."""

    FORMAL = "formal"
    PROFESSIONAL = "professional"
    FRIENDLY = "friendly"
    TECHNICAL = "technical"


class EdgeCase(StrEnum):
    """A situation read from the record that overrides the band."""

    NONE = "none"
    REJECTION = "rejection"
    OPTED_OUT = "opted_out"
    OBJECTION = "objection"
    QUESTION = "question"
    OUT_OF_OFFICE = "out_of_office"
    EXISTING_CUSTOMER = "existing_customer"
    GONE_COLD = "gone_cold"
    NOTHING_KNOWN = "nothing_known"


class Topic(StrEnum):
    """What the lead's question, objection or interest is about; closed so that wording and metrics can rely on it."""

    PRICING = "pricing"
    DISCOUNT = "discount"
    ROI = "roi"
    INTEGRATION = "integration"
    SECURITY = "security"
    ONBOARDING = "onboarding"
    TIMING = "timing"
    SWITCHING = "switching"
    SUPPORT = "support"
    FEATURES = "features"
    CUSTOMERS = "customers"
    CONTRACT = "contract"
    COMPETITOR = "competitor"
    DEMO = "demo"
    TRIAL = "trial"
    OTHER = "other"


class NeedRole(StrEnum):
    """The place a piece of evidence takes in the message."""

    ANSWER = "answer"
    PROOF = "proof"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Need:
    """One thing the message wants to find in the knowledge base.

    `query` is a search text built from the lead context, never the raw history. `source_types` are preferred (not
    required) kinds of document, best first. `asked` are the lead's own words in it, empty where the record only names
    a topic. `earlier` is what the lead said before, where the question cannot be understood without it.
    """

    role: NeedRole
    query: str
    source_types: tuple[str, ...] = ()
    asked: str = ""
    earlier: str = ""


@dataclass(frozen=True, slots=True)
class Strategy:
    """What to say and how. `score` and `confidence`: see `strategy.py` for the formulas (0..100 and 0..1).

    `subject_of_interest` is the lead's own words for what they asked or objected to, as a short noun phrase fit for
    use inside a sentence ("NetSuite integration"), or None. `away_until` is set for `OUT_OF_OFFICE` when stated.
    """

    band: IntentBand
    score: float
    confidence: float
    tone: Tone
    goal: str
    approach: str
    cta_type: str
    edge_case: EdgeCase
    topic: Topic | None
    subject_of_interest: str | None
    needs: tuple[Need, ...]
    away_until: date | None = None

    @property
    def uses_product_evidence(self) -> bool:
        """False where the message must not pitch."""
        return self.edge_case not in (EdgeCase.REJECTION, EdgeCase.OPTED_OUT)


# --------------------------------------------------------------------------- evidence


class Scope(StrEnum):
    KNOWLEDGE = "knowledge"
    LEAD = "lead"


class BlockKind(StrEnum):
    """What a piece of a document is; decides whether it can be quoted as a sentence."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE_ROW = "table_row"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of an evidence text: `text[start:end]`, in characters."""

    start: int
    end: int
    kind: BlockKind


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """One passage of a company document, or one field of the lead record.

    `text` is exactly what the document version holds from `start` to `end` (characters). `blocks` say, by kind and
    relative to `text`, what of it may be used; without blocks, all of it. `relevance` is calibrated, 0..1. For lead
    facts `source` is the field's name, `document_id`, `page` and dates are None and `relevance` is 1. `roles` are the
    needs it was found for.
    """

    id: str
    scope: Scope
    text: str
    source: str
    relevance: float = 1.0
    roles: tuple[NeedRole, ...] = ()
    document_id: str | None = None
    version_id: str | None = None
    title: str | None = None
    source_type: str | None = None
    heading_path: tuple[str, ...] = ()
    page: int | None = None
    start: int = 0
    end: int = 0
    blocks: tuple[Span, ...] = ()
    effective_date: date | None = None
    expiry_date: date | None = None
    ingested_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Statements (the blocks of `item`) that may not be stated as a present fact, and why.

    `conflicting`: another document says otherwise and nothing decides which is right; else a newer one replaced it.
    """

    item: EvidenceItem
    conflicting: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the message may rely on. `knowledge` is sorted by relevance, best first.

    `withdrawn` supports nothing; it only lets the gate say why.
    """

    knowledge: tuple[EvidenceItem, ...]
    lead: tuple[EvidenceItem, ...]
    knowledge_version: int
    degraded: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    withdrawn: tuple[Withdrawn, ...] = ()


# --------------------------------------------------------------------------- prompt and draft


@dataclass(frozen=True, slots=True)
class GenerationOptions:
    """What the caller may choose about generation. Temperatures 0..2, weights 0..1."""

    temperature: float = 0.7
    max_tokens: int = 200
    seed: int | None = None
    fusion_weight_rag: float = 0.6
    require_grounding: bool = True


@dataclass(frozen=True, slots=True)
class RetrievalOptions:
    """What the caller may choose about retrieval. `threshold` is a calibrated relevance, 0..1."""

    top_k: int = 5
    threshold: float = 0.7
    use_hybrid_search: bool = True
    use_reranking: bool = False
    source_types: tuple[str, ...] = ()
    source_weights: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class ChatTurn:
    """`role` is `system`, `user` or `assistant`."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """Rendered turns plus what is needed to undo masking. `placeholders` maps placeholder -> original value."""

    turns: tuple[ChatTurn, ...]
    version: str
    placeholders: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A generator's text and everything needed to reproduce it. `text` has placeholders restored."""

    text: str
    generator: str
    model: str
    model_digest: str
    prompt_version: str
    adapter_digest: str | None = None
    fallback: str | None = None
    warnings: tuple[str, ...] = ()
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


# --------------------------------------------------------------------------- validation and result


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken message rule. `rule` is a stable name; `problem` tells a writer what to change."""

    rule: str
    problem: str


@dataclass(frozen=True, slots=True)
class ValidationReport:
    violations: tuple[Violation, ...]

    @property
    def passed(self) -> bool:
        return not self.violations


@dataclass(frozen=True, slots=True)
class Scores:
    """Numbers of the response, each 0..1; formulas in `scoring.py`."""

    confidence: float
    strategy_confidence: float
    hybrid_confidence: float
    personalization: float
