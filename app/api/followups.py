"""The three original paths and `POST /api/v1/followups`: one handler."""

from typing import Annotated, Any, TypeVar

import orjson
from fastapi import APIRouter, Body
from starlette.responses import Response

from app.api.deps import CALLER_HEADERS, Caller, CallerDep
from app.api.examples import FINETUNED_REQUEST, HYBRID_REQUEST, RAG_REQUEST, UNIFIED_REQUEST
from app.api.recall import RecallingRoute, respond
from app.api.schemas import AnyFollowupRequest, ErrorBody, FollowupRequest, FollowupResponse, RagConfigBody
from app.config_files import ModelsConfig
from app.followups.pipeline import FollowupOrder
from app.followups.types import GenerationOptions, GeneratorName, RetrievalOptions

_ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": ErrorBody} for status in (401, 413, 415, 422, 500, 503)}

T = TypeVar("T")

router = APIRouter(tags=["follow-ups"], route_class=RecallingRoute)


@router.post(
    "/rag/api/v1/rag/generate-followup",
    operation_id="generate_rag_followup",
    response_model=FollowupResponse,
    responses=_ERRORS,
    openapi_extra=CALLER_HEADERS,
)
async def rag(
    request: Annotated[FollowupRequest, Body(openapi_examples=RAG_REQUEST)],
    caller: CallerDep,
) -> Response:
    """Write a follow-up from the company's documents."""
    return await _answer(caller, GeneratorName.RAG, request)


@router.post(
    "/finetuned/api/v1/finetuned/generate-followup",
    operation_id="generate_finetuned_followup",
    response_model=FollowupResponse,
    responses=_ERRORS,
    openapi_extra=CALLER_HEADERS,
)
async def finetuned(
    request: Annotated[FollowupRequest, Body(openapi_examples=FINETUNED_REQUEST)],
    caller: CallerDep,
) -> Response:
    """Write a follow-up in the voice of the company's own conversations."""
    return await _answer(caller, GeneratorName.FINETUNED, request)


@router.post(
    "/hybrid/api/v1/hybrid/generate-followup",
    operation_id="generate_hybrid_followup",
    response_model=FollowupResponse,
    responses=_ERRORS,
    openapi_extra=CALLER_HEADERS,
)
async def hybrid(
    request: Annotated[FollowupRequest, Body(openapi_examples=HYBRID_REQUEST)],
    caller: CallerDep,
) -> Response:
    """Write a follow-up in the company's voice from its documents."""
    return await _answer(caller, GeneratorName.HYBRID, request)


@router.post(
    "/api/v1/followups",
    operation_id="create_followup",
    response_model=FollowupResponse,
    responses=_ERRORS,
    openapi_extra=CALLER_HEADERS,
)
async def followups(
    request: Annotated[AnyFollowupRequest, Body(openapi_examples=UNIFIED_REQUEST)],
    caller: CallerDep,
) -> Response:
    """Write a follow-up with the generator named in the body."""
    return await _answer(caller, GeneratorName(request.generator), request)


async def _answer(caller: Caller, generator: GeneratorName, request: FollowupRequest) -> Response:
    return respond(await caller.container.pipeline.run(to_order(caller, generator, request)))


def to_order(caller: Caller, generator: GeneratorName, request: FollowupRequest) -> FollowupOrder:
    """Fill what the caller left out from the configuration."""
    models = caller.container.settings.models
    return FollowupOrder(
        tenant=caller.tenant,
        generator=generator,
        lead=request.lead_fields,
        retrieval=retrieval_options(request.rag_config, models),
        generation=_generation(request, models),
        canonical=orjson.dumps(request.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS).decode(),
        sent=caller.sent,
        deadline_seconds=caller.deadline,
    )


def retrieval_options(chosen: RagConfigBody, models: ModelsConfig) -> RetrievalOptions:
    """What the caller chose, and the configured values for the rest."""
    defaults = models.rag.retrieval
    return RetrievalOptions(
        top_k=_first(chosen.top_k, defaults.top_k),
        threshold=_first(chosen.retrieval_threshold, defaults.threshold),
        use_hybrid_search=_first(chosen.use_hybrid_search, defaults.use_hybrid_search),
        use_reranking=chosen.use_reranking,
        source_types=tuple(chosen.source_types),
        source_weights=tuple(sorted(chosen.source_weights.items())),
    )


def _generation(request: FollowupRequest, models: ModelsConfig) -> GenerationOptions:
    chosen = request.generation_config
    return GenerationOptions(
        temperature=_first(chosen.temperature, request.temperature, models.finetuned.temperature),
        max_tokens=_first(chosen.max_tokens, request.max_tokens, models.finetuned.max_new_tokens),
        seed=chosen.seed,
        fusion_weight_rag=_first(chosen.fusion_weight_rag, models.hybrid.fusion_weight_rag),
        require_grounding=chosen.require_grounding,
    )


def _first(*values: T | None) -> T:
    return next(value for value in values if value is not None)
