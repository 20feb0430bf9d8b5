"""`GET /api/v1/knowledge/conflicts`: where the caller's documents contradict each other."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from app.api.deps import CALLER_HEADERS, Caller, CallerDep, Visitor
from app.api.schemas import ErrorBody
from app.knowledge.conflicts.types import Standing

_ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": ErrorBody} for status in (401, 422, 500, 503)}

router = APIRouter(tags=["knowledge"])


class ConflictSide(BaseModel):
    """What one statement says. `standing` is what it is worth today; only `current` may be stated in a message."""

    document_id: str
    source: str
    page: int | None
    subject: str
    figure: str
    quote: str
    effective_date: date | None
    effective_date_source: str | None
    expiry_date: date | None
    standing: Standing


class ConflictBody(BaseModel):
    """Different figures for the same thing. `status` is `resolved` or `conflicting`; `resolution` says why."""

    id: str
    measure: str
    subject: str
    summary: str
    status: str
    resolution: str
    sides: list[ConflictSide]


class ConflictList(BaseModel):
    knowledge_version: int
    conflicts: list[ConflictBody]


@router.get(
    "/api/v1/knowledge/conflicts",
    operation_id="list_conflicts",
    response_model=ConflictList,
    responses=_ERRORS,
    openapi_extra=CALLER_HEADERS,
)
async def list_conflicts(caller: CallerDep) -> ConflictList:
    """Conflicting figures among the documents that are published now, open ones first."""
    version = await _version(caller)
    judged = await caller.container.conflicts.conflicts(caller.tenant, version)
    ordered = sorted(judged, key=lambda each: each.resolution.resolved)
    return ConflictList(
        knowledge_version=version, conflicts=[ConflictBody.model_validate(each.as_json()) for each in ordered]
    )


async def _version(caller: Caller | Visitor) -> int:
    # The clock lags a moment behind, but notices a restored database.
    await caller.container.knowledge_clock.state(caller.tenant)
    return await caller.container.documents.knowledge_version(caller.tenant)


async def conflicts_of(caller: Visitor, document_ids: Sequence[str]) -> list[ConflictBody]:
    """What these documents of the caller contradict now."""
    if not document_ids:
        return []
    version = await _version(caller)
    judged = await caller.container.conflicts.concerning(caller.tenant, version, document_ids)
    return [ConflictBody.model_validate(each.as_json()) for each in judged]
