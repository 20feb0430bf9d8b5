"""What to say to a lead, and how."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


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
    """What to say and how. `score` and `confidence`: formulas in `followups/strategy.py` (0..100 and 0..1).

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
