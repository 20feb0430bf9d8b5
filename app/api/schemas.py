"""Request and response bodies. Requests are closed: an unknown field is refused by its path.

The four paths take one request model, so a caller switches the generator by one word. `lead_context` and
`lead_profile` are two names of one object; `company_name` and `product_category` may stand inside it or beside it.
"""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Long = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4_000)]
History = Annotated[str, StringConstraints(strip_whitespace=True, max_length=8_000)]
Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Unit = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Weight = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class SenderBody(Body):
    name: Short | None = None
    role: Short | None = None


class TaskBody(Body):
    text: Long
    due: date | None = None


class ThreadMessageBody(Body):
    author: Literal["us", "lead"]
    text: Long
    sent_at: datetime | None = None


class LeadBody(Body):
    """What the CRM knows about one lead. Only the name and the product are required."""

    lead_name: Name
    product_name: Name
    interaction_history: History = ""
    lead_stage: Short | None = None
    lead_score: Percent | None = None
    engagement_score: Percent | None = None
    engagement_pattern: Short | None = None
    days_since_contact: Annotated[int, Field(ge=0, le=36_500)] | None = None
    tone_required: Short | None = None
    company_name: Short | None = Field(None, description="The sending company.")
    lead_company: Short | None = Field(None, description="The company the lead works for.")
    product_category: Short | None = None
    lead_industry: Short | None = None
    company_size: Short | None = None
    objections_raised: Annotated[list[Short], Field(max_length=20)] = []
    geographic_region: Short | None = None
    job_title: Short | None = None
    notes: Long | None = None
    tasks: Annotated[list[TaskBody], Field(max_length=20)] = Field([], description="What we owe the lead.")
    thread: Annotated[list[ThreadMessageBody], Field(max_length=50)] = []
    language: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})?$")] = "en"
    sender: SenderBody = SenderBody()
    custom: Annotated[dict[Short, Short], Field(max_length=50)] = {}


class RagConfigBody(Body):
    """Omitted values come from `config/models.yaml`."""

    top_k: Annotated[int, Field(ge=1, le=20)] | None = None
    retrieval_threshold: Unit | None = None
    use_hybrid_search: bool | None = None
    use_reranking: bool = False
    source_types: Annotated[list[Short], Field(max_length=20)] = []
    source_weights: Annotated[dict[Short, Weight], Field(max_length=20)] = {}


class GenerationConfigBody(Body):
    temperature: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] | None = None
    max_tokens: Annotated[int, Field(ge=16, le=1024)] | None = None
    fusion_weight_rag: Unit | None = None
    require_grounding: bool = True
    seed: Annotated[int, Field(ge=0, lt=2**31)] | None = None


class FollowupRequest(Body):
    """One follow-up to write."""

    lead_context: LeadBody | None = None
    lead_profile: LeadBody | None = None
    company_name: Short | None = None
    product_category: Short | None = None
    rag_config: RagConfigBody = RagConfigBody()
    generation_config: GenerationConfigBody = GenerationConfigBody()
    temperature: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] | None = None
    max_tokens: Annotated[int, Field(ge=16, le=1024)] | None = None

    @model_validator(mode="after")
    def _one_lead(self) -> Self:
        if (self.lead_context is None) == (self.lead_profile is None):
            raise ValueError("send the lead as lead_context (or as lead_profile, its other name), exactly once")
        return self

    def lead_fields(self) -> dict[str, Any]:
        """The lead's fields, with the company and category taken from beside the lead where it has none."""
        lead = self.lead_context or self.lead_profile
        assert lead is not None  # guaranteed by _one_lead
        fields = lead.model_dump()
        fields["company_name"] = fields["company_name"] or self.company_name
        fields["product_category"] = fields["product_category"] or self.product_category
        return fields


class AnyFollowupRequest(FollowupRequest):
    """The request of `POST /api/v1/followups`, which also names the generator."""

    generator: Literal["rag", "finetuned", "hybrid", "auto"] = "auto"


# --------------------------------------------------------------------------- responses


class QuoteBody(BaseModel):
    """The words that support a claim. `start` and `end` are characters of the document version's text (or field)."""

    text: str
    source: str
    scope: Literal["knowledge", "lead"]
    evidence_id: str
    document_id: str | None
    start: int
    end: int
    page: int | None
    age_days: int | None


class ClaimBody(BaseModel):
    """One sentence of the message, `message[start:end]`, and what it rests on."""

    text: str
    start: int
    end: int
    kind: str
    verdict: Literal["supported", "contradicted", "misattributed", "unsupported", "stale", "exempt"]
    reason: str
    score: float
    quote: QuoteBody | None


class GroundingBody(BaseModel):
    """`no_evidence`: nothing relevant was found. `no_product_claims`: the message states nothing about the product."""

    verdict: Literal["grounded", "no_product_claims", "no_evidence"]
    verified: bool
    claims_supported: int
    claims_exempt: int
    sentences_dropped: int
    repairs: int


class StrategyBody(BaseModel):
    band: str
    score: float
    confidence: float
    tone: str
    goal: str
    approach: str
    cta_type: str
    edge_case: str
    topic: str | None
    send_after: date | None = Field(description="The lead is away until then; the message is written for later.")


class VersionsBody(BaseModel):
    model: str
    model_digest: str
    adapter: str | None
    prompt: str
    rules: str
    knowledge: int


class GenerationMetadataBody(BaseModel):
    num_docs_used: int
    fusion_weight: float
    timestamp: datetime


class FollowupResponse(BaseModel):
    """The message and everything it rests on. The original fields of all three paths are always present."""

    model_config = ConfigDict(protected_namespaces=())

    message_id: str
    subject: str
    message: str
    retrieval_sources: list[str]
    rag_sources: list[str]
    confidence_score: float
    confidence: float
    rag_confidence: float
    strategy_confidence: float
    hybrid_confidence: float
    personalization_score: float
    strategy_used: str
    grounding_verified: bool
    model_used: str
    model_version: str
    generator_used: str
    fallback: str | None
    cached: bool
    degraded: list[str]
    warnings: list[str]
    claims: list[ClaimBody]
    grounding: GroundingBody
    strategy: StrategyBody
    versions: VersionsBody
    generation_metadata: GenerationMetadataBody
    timings_ms: dict[str, float]


class ErrorBody(BaseModel):
    """Every error of the service has this shape."""

    code: str
    message: str
    details: list[dict[str, Any]]
    request_id: str


class HealthResponse(BaseModel):
    status: Literal["healthy", "degraded", "unhealthy"]
    models: dict[str, str]
    services: dict[str, str]
    version: str
