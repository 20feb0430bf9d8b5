"""Claims, verdicts and the report of the grounding gate."""

from dataclasses import dataclass
from enum import StrEnum


class ClaimKind(StrEnum):
    """What a sentence does. Only the first four are exempt from needing support."""

    GREETING = "greeting"
    THANKS = "thanks"
    QUESTION = "question"
    CALL_TO_ACTION = "call_to_action"
    ASSERTION = "assertion"
    COMMITMENT = "commitment"
    OFFER = "offer"


class Verdict(StrEnum):
    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    MISATTRIBUTED = "misattributed"
    UNSUPPORTED = "unsupported"
    STALE = "stale"
    EXEMPT = "exempt"


@dataclass(frozen=True, slots=True)
class Quote:
    """The words of one evidence item that support a claim.

    `text == document.text[start:end]` for documents (characters of the version's text) and
    `field_value[start:end]` for lead facts. `age_days` counts from the document's effective date, else from its
    ingestion; None for lead facts.
    """

    evidence_id: str
    scope: str
    source: str
    text: str
    start: int
    end: int
    page: int | None = None
    document_id: str | None = None
    age_days: int | None = None


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """One sentence of the message, judged. `message[start:end] == text`. `reason` says why, in one clause.

    `score` is how well the words of the best quote cover the claim, 0..1 (1 for exempt sentences).
    """

    text: str
    start: int
    end: int
    kind: ClaimKind
    verdict: Verdict
    reason: str
    score: float
    quote: Quote | None = None


@dataclass(frozen=True, slots=True)
class GroundingReport:
    """All claims of one text, in order."""

    claims: tuple[ClaimResult, ...]

    @property
    def verified(self) -> bool:
        """True only if every claim is supported or exempt."""
        return all(claim.verdict in (Verdict.SUPPORTED, Verdict.EXEMPT) for claim in self.claims)

    @property
    def failures(self) -> tuple[ClaimResult, ...]:
        return tuple(c for c in self.claims if c.verdict not in (Verdict.SUPPORTED, Verdict.EXEMPT))

    @property
    def product_claims(self) -> tuple[ClaimResult, ...]:
        """Claims that rest on the knowledge base, or on nothing."""
        judged = (claim for claim in self.claims if claim.verdict is not Verdict.EXEMPT)
        return tuple(claim for claim in judged if claim.quote is None or claim.quote.scope == "knowledge")
