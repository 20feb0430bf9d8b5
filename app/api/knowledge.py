"""A company's documents over HTTP: upload, list, show, erase, and look into a search."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request

from app.api.conflicts import conflicts_of
from app.api.cursors import decode_cursor, encode_cursor
from app.api.deps import CALLER_HEADERS, VisitorDep
from app.api.followups import retrieval_options
from app.api.knowledge_rendering import chunk_body, detail_body, document_body, job_body, search_response
from app.api.knowledge_schemas import (
    DOCUMENTS_PATH,
    SEARCH_EXAMPLES,
    SEARCH_PATH,
    ChunkPageBody,
    DocumentDetailBody,
    DocumentListBody,
    DocumentQuery,
    ErasedBody,
    JobBody,
    JobListBody,
    PageQuery,
    SearchRequest,
    SearchResponse,
)
from app.api.schemas import ErrorBody
from app.api.upload_docs import UPLOAD_OPENAPI
from app.api.uploads import accept_upload

router = APIRouter(tags=["knowledge"])


def _errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": ErrorBody} for status in (401, *statuses, 500, 503)}


@router.post(
    DOCUMENTS_PATH,
    operation_id="upload_documents",
    status_code=202,
    response_model=JobBody,
    responses=_errors(413, 415, 422, 429),
    openapi_extra=UPLOAD_OPENAPI,
)
async def upload(request: Request, caller: VisitorDep) -> JobBody:
    """Queue files to be ingested. A file with the name of a known document becomes a new version of it."""
    return job_body(await accept_upload(request, caller))


@router.get(
    "/api/v1/knowledge/jobs",
    operation_id="list_jobs",
    responses=_errors(422),
    openapi_extra=CALLER_HEADERS,
)
async def list_jobs(caller: VisitorDep, page: Annotated[PageQuery, Query()]) -> JobListBody:
    """Uploads, newest first. Those that ended more than 30 days ago are forgotten."""
    place = decode_cursor(page.cursor, int)
    before = None if place is None else int(place[0])
    jobs = await caller.container.jobs.page(caller.tenant, page.limit + 1, before)
    shown = jobs[: page.limit]
    more = encode_cursor(shown[-1].seq) if len(jobs) > page.limit else None
    return JobListBody(jobs=[job_body(job) for job in shown], next_cursor=more)


@router.get(
    "/api/v1/knowledge/jobs/{job_id}",
    operation_id="get_job",
    responses=_errors(404),
    openapi_extra=CALLER_HEADERS,
)
async def get_job(job_id: str, caller: VisitorDep) -> JobBody:
    """How far an upload has come, and what became of each of its files."""
    job = await caller.container.jobs.get(caller.tenant, job_id)
    if job.state != "done":
        return job_body(job)
    return job_body(job, await conflicts_of(caller, [file.document_id for file in job.files if file.document_id]))


@router.get(
    DOCUMENTS_PATH,
    operation_id="list_documents",
    responses=_errors(422),
    openapi_extra=CALLER_HEADERS,
)
async def list_documents(caller: VisitorDep, page: Annotated[DocumentQuery, Query()]) -> DocumentListBody:
    """Documents by name, whoever brought them."""
    place = decode_cursor(page.cursor, str, str)
    found = await caller.container.pages.page(
        caller.tenant,
        page.limit + 1,
        None if place is None else (str(place[0]), str(place[1])),
        page.source_type,
        page.text,
        include_removed=page.include_removed,
    )
    shown = found[: page.limit]
    more = encode_cursor(shown[-1].source, shown[-1].document_id) if len(found) > page.limit else None
    return DocumentListBody(documents=[document_body(document) for document in shown], next_cursor=more)


@router.get(
    DOCUMENTS_PATH + "/{document_id}",
    operation_id="get_document",
    responses=_errors(404, 422),
    openapi_extra=CALLER_HEADERS,
)
async def get_document(document_id: str, caller: VisitorDep, page: Annotated[PageQuery, Query()]) -> DocumentDetailBody:
    """One document: its versions, and the chunks of the newest one in pages."""
    document, versions = await caller.container.pages.get(caller.tenant, document_id)
    newest = versions[0].version_id
    # The cursor belongs to one version: a page of another would not fit what was read before.
    place = decode_cursor(page.cursor, str, int) or [newest, -1]
    version_id, after = str(place[0]), int(place[1])
    chunks = await caller.container.pages.chunks(caller.tenant, version_id, page.limit + 1, after)
    shown = chunks[: page.limit]
    more = encode_cursor(version_id, shown[-1].ordinal) if len(chunks) > page.limit else None
    return detail_body(
        document,
        versions,
        ChunkPageBody(items=[chunk_body(chunk) for chunk in shown], next_cursor=more),
        await conflicts_of(caller, [document_id]),
    )


@router.delete(
    DOCUMENTS_PATH + "/{document_id}",
    operation_id="erase_document",
    responses=_errors(404, 409),
    openapi_extra=CALLER_HEADERS,
)
async def erase_document(document_id: str, caller: VisitorDep) -> ErasedBody:
    """Erase a document with all its versions. Messages that were written from it keep the quotes they rest on."""
    erased = await caller.container.erasing.erase(caller.tenant, document_id)
    done = erased.erasure
    return ErasedBody(
        document_id=done.document_id,
        versions=done.versions,
        chunks=done.chunks,
        knowledge_version=done.knowledge_version,
        still_wiping=list(erased.still_wiping),
    )


@router.post(
    SEARCH_PATH,
    operation_id="search_knowledge",
    responses=_errors(413, 415, 422),
    openapi_extra=CALLER_HEADERS,
)
async def search(
    request: Annotated[SearchRequest, Body(openapi_examples=SEARCH_EXAMPLES)], caller: VisitorDep
) -> SearchResponse:
    """What is found, with scores by stage: for a query, or as a follow-up to a lead would search."""
    inspector = caller.container.inspector
    options = retrieval_options(request.rag_config, caller.container.settings.models)
    rejected = request.include_rejected
    if request.query is not None:
        found = await inspector.by_query(
            caller.tenant, request.query, options, include_internal=request.include_internal, rejected=rejected
        )
    else:
        assert request.lead_context is not None  # guaranteed by the model
        found = await inspector.by_lead(caller.tenant, request.lead_context.model_dump(), options, rejected=rejected)
    return search_response(found, rejected=rejected)
