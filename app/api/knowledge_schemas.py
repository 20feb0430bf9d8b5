"""Bodies of the knowledge endpoints."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.api.conflicts import ConflictBody
from app.api.schemas import Body, LeadBody, RagConfigBody

Query = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
Origin = Literal["folder", "upload"]

DOCUMENTS_PATH = "/api/v1/knowledge/documents"
SEARCH_PATH = "/api/v1/knowledge/search"


class StatedBody(Body):
    """What an upload may say about its files; it wins over what the files say themselves."""

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)] | None = None
    source_type: str | None = None
    internal: bool | None = None
    effective_date: date | None = None
    expiry_date: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.effective_date and self.expiry_date and self.expiry_date < self.effective_date:
            raise ValueError("expiry_date must not be before effective_date")
        return self


# --------------------------------------------------------------------------- jobs


class JobFileBody(BaseModel):
    """`status`: `waiting`, then `indexed` (with its chunks), `unchanged` (the same bytes were there already), or why
    not. `reason` is one word, `message` one sentence for a person."""

    name: str
    size_bytes: int
    status: str
    reason: str | None
    message: str | None
    chunks: int
    document_id: str | None


class ProgressBody(BaseModel):
    done: int
    total: int


class JobBody(BaseModel):
    """An upload. `done`: each file was dealt with. `failed`: none was, because of `error`."""

    job_id: str
    state: Literal["queued", "running", "done", "failed"]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    progress: ProgressBody
    files: list[JobFileBody]
    knowledge_version: int | None
    error: str | None
    conflicts: list[ConflictBody] | None = Field(
        None, description="What the documents of a finished job contradict now; null in lists and until it is done."
    )


class PageQuery(Body):
    """Which page of a list."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: Annotated[str, Field(max_length=2_000)] | None = Field(
        None, description="`next_cursor` of the page before."
    )


class JobListBody(BaseModel):
    """`next_cursor` asks for the next page; null on the last one."""

    jobs: list[JobBody]
    next_cursor: str | None


# --------------------------------------------------------------------------- documents


class DocumentBody(BaseModel):
    """`age_days` counts from the effective date, else from the day of publication. `removed` documents are no longer
    searched but not erased either."""

    document_id: str
    name: str
    title: str
    source_type: str
    internal: bool
    origin: Origin
    removed: bool
    version: int
    chunks: int
    effective_date: date | None
    expiry_date: date | None
    expired: bool
    published_at: datetime
    age_days: int


class DocumentQuery(PageQuery):
    source_type: Annotated[str, Field(max_length=100)] | None = None
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] | None = Field(
        None, description="Words that occur in the name or title."
    )
    include_removed: bool = False


class DocumentListBody(BaseModel):
    documents: list[DocumentBody]
    next_cursor: str | None


class VersionBody(BaseModel):
    """`current` is the version that searches see."""

    version_id: str
    number: int
    current: bool
    title: str
    source_type: str
    internal: bool
    origin: Origin
    effective_date: date | None
    expiry_date: date | None
    content_sha256: str
    published_at: datetime
    chunks: int


class ChunkBody(BaseModel):
    """`start` and `end` are characters of the version's text."""

    chunk_id: str
    ordinal: int
    text: str
    heading_path: list[str]
    start: int
    end: int
    page: int | None
    tokens: int


class ChunkPageBody(BaseModel):
    items: list[ChunkBody]
    next_cursor: str | None


class DocumentDetailBody(DocumentBody):
    """One document with its versions, newest first, and a page of the newest one's chunks.

    Versions that were replaced say how many chunks they had; those are deleted soon after."""

    versions: list[VersionBody]
    chunk_page: ChunkPageBody
    conflicts: list[ConflictBody] = Field(description="Where other documents give other figures for the same thing.")


class ErasedBody(BaseModel):
    """When this arrives, no search and no message uses the document any more. `still_wiping` names files in which
    overwritten bytes remain for the moment; the service wipes them in the background."""

    document_id: str
    versions: int
    chunks: int
    knowledge_version: int
    still_wiping: list[Literal["vector_index", "database_log"]]


# --------------------------------------------------------------------------- search


class SearchRequest(Body):
    """Either a query, or a lead as in a follow-up request: then what a follow-up would search for."""

    query: Query | None = None
    lead_context: LeadBody | None = None
    rag_config: RagConfigBody = RagConfigBody()
    include_internal: bool = Field(False, description="Also search internal documents; only with `query`.")
    include_rejected: bool = Field(False, description="Also list what was found and not chosen, and why.")

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        if (self.query is None) == (self.lead_context is None):
            raise ValueError("send either query or lead_context")
        if self.include_internal and self.query is None:
            raise ValueError("include_internal works only with query: messages never rest on internal documents")
        return self


class PassageBody(BaseModel):
    """One passage and its scores by stage.

    `cosine` and `dense_rank` come from the vector index, `lexical_rank` from the words; `fused_score` joins the ranks
    and weighs the source type; `relevance` is the calibrated probability, 0 to 1, that the passage answers the query.
    `contrast`, `coverage` and `heading_coverage` are what it is made of.
    """

    chunk_id: str
    document_id: str
    name: str
    title: str
    source_type: str
    internal: bool
    heading_path: list[str]
    page: int | None
    start: int
    end: int
    text: str
    effective_date: date | None
    expiry_date: date | None
    published_at: datetime
    cosine: float
    dense_rank: int | None
    lexical_rank: int | None
    fused_score: float
    relevance: float
    contrast: float
    coverage: float
    heading_coverage: float


class RejectedBody(PassageBody):
    """`duplicate`: it says the same as a chosen passage. `crowded_out`: it came after `top_k` others."""

    reasons: list[Literal["internal", "source_type", "expired", "below_threshold", "duplicate", "crowded_out"]]


class SearchedBody(BaseModel):
    """One search. `role` is what the message wanted with it (`answer`, `proof`, ...), null for a plain query."""

    query: str
    role: str | None
    preferred_source_types: list[str]
    passages: list[PassageBody]
    rejected: list[RejectedBody] | None


class EvidenceBody(BaseModel):
    chunk_id: str
    roles: list[str]


class SearchResponse(BaseModel):
    """`evidence` are the passages that a follow-up to this lead would rest on; null for a plain query."""

    model_config = ConfigDict(protected_namespaces=())

    searches: list[SearchedBody]
    evidence: list[EvidenceBody] | None
    knowledge_version: int
    degraded: list[str]
    warnings: list[str]


SEARCH_EXAMPLES: Any = {
    "query": {"value": {"query": "What does the Professional plan cost?", "include_rejected": True}},
    "lead": {
        "value": {
            "lead_context": {
                "lead_name": "Ramesh",
                "product_name": "AI Billing Software",
                "interaction_history": "Asked about pricing, stopped responding",
            },
            "rag_config": {"top_k": 5, "retrieval_threshold": 0.7},
        }
    },
}
