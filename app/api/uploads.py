"""From a multipart request to a queued job."""

import asyncio
from collections.abc import Collection

from fastapi import Request
from pydantic import ValidationError

from app.api.deps import Visitor
from app.api.handlers import invalid_input
from app.api.knowledge_schemas import StatedBody
from app.api.middleware import too_large
from app.api.multipart import ReceivedUpload, UploadLimits, receive_upload
from app.container import Container
from app.errors import InvalidInput
from app.knowledge.loaders.formats import SUPPORTED_SUFFIXES
from app.storage.records import Job, NewJob

_MAX_KEY = 255
_GENERAL = "general"


async def accept_upload(request: Request, caller: Visitor) -> Job:
    """Receive the files and queue them. What can be refused is refused before the body has arrived.

    Raises `InvalidInput`, `KeyReused`, `UnsupportedMediaType`, `PayloadTooLarge`, `TooManyRequests` and
    `StorageUnavailable`.
    """
    container, settings = caller.container, caller.container.settings
    key = _idempotency_key(request)
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > settings.max_upload_bytes:
        raise too_large(settings.max_upload_bytes)
    if key is None:
        await container.jobs.check_queue(caller.tenant, settings.max_upload_jobs)
    file_bytes = settings.retrieval.parsing.file_mb << 20
    limits = UploadLimits(file_bytes, settings.max_upload_files, settings.upload_timeout_seconds)
    upload = await receive_upload(
        request, container.upload_store, limits, SUPPORTED_SUFFIXES, list(StatedBody.model_fields)
    )
    try:
        stated = _stated(upload, _source_types(container))
        job = await _enqueue(caller, upload, stated, key)
    except BaseException:
        await asyncio.to_thread(container.upload_store.discard, upload.receipt.job_id)
        raise
    if job.id == upload.receipt.job_id:
        container.upload_store.keep(job.id)
        container.uploads.wake()
    else:
        await asyncio.to_thread(container.upload_store.discard, upload.receipt.job_id)
    return job


async def _enqueue(caller: Visitor, upload: ReceivedUpload, stated: StatedBody, key: str | None) -> Job:
    container = caller.container
    job = NewJob(
        id=upload.receipt.job_id,
        tenant=caller.tenant,
        store=container.upload_store.identity,
        request_key=key,
        request_hash=upload.digest,
        stated=stated.model_dump(mode="json", exclude_none=True),
        files=tuple(upload.receipt.files),
    )
    return await container.jobs.enqueue(job, container.settings.max_upload_jobs)


def _stated(upload: ReceivedUpload, source_types: Collection[str]) -> StatedBody:
    """Raises `InvalidInput` naming each bad field."""
    try:
        stated = StatedBody.model_validate(upload.fields)
    except ValidationError as error:
        raise invalid_input(error.errors(), StatedBody) from error
    if stated.title is not None and len(upload.receipt.files) > 1:
        raise _invalid("title", "several files cannot have one title", "send title with one file only")
    if stated.source_type is not None and stated.source_type not in source_types:
        raise _invalid("source_type", "not a known kind of document", f"use one of {', '.join(sorted(source_types))}")
    return stated


def _source_types(container: Container) -> set[str]:
    return {_GENERAL, *container.settings.retrieval.source_types}


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not (0 < len(key) <= _MAX_KEY and key.isascii() and key.isprintable()):
        raise _invalid("Idempotency-Key", "not 1 to 255 printable ASCII characters", "send a UUID, for example")
    return key


def _invalid(field: str, problem: str, fix: str) -> InvalidInput:
    return InvalidInput(f"{field}: {problem}; {fix}.", [{"field": field, "problem": problem, "fix": fix}])
