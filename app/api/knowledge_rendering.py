"""From what repositories and searches return to the bodies of the knowledge endpoints."""

from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

from app.api.conflicts import ConflictBody
from app.api.knowledge_schemas import (
    ChunkBody,
    ChunkPageBody,
    DocumentBody,
    DocumentDetailBody,
    EvidenceBody,
    JobBody,
    JobFileBody,
    PassageBody,
    ProgressBody,
    RejectedBody,
    SearchedBody,
    SearchResponse,
    VersionBody,
)
from app.followups.inspection import InspectedQuery, Inspection
from app.knowledge.types import Passage
from app.storage.records import Job, ListedChunk, ListedDocument, ListedVersion


def job_body(job: Job, conflicts: list[ConflictBody] | None = None) -> JobBody:
    files = [
        JobFileBody(
            name=file.name,
            size_bytes=file.size_bytes,
            status=file.status,
            reason=file.reason,
            message=file.message,
            chunks=file.chunks,
            document_id=file.document_id,
        )
        for file in job.files
    ]
    return JobBody(
        job_id=job.id,
        state=job.state,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        progress=ProgressBody(done=min(job.done, len(files)), total=len(files)),
        files=files,
        knowledge_version=job.knowledge_version,
        error=job.failure,
        conflicts=conflicts,
    )


def document_body(document: ListedDocument) -> DocumentBody:
    return DocumentBody(**_document_fields(document))


def detail_body(
    document: ListedDocument, versions: list[ListedVersion], page: ChunkPageBody, conflicts: list[ConflictBody]
) -> DocumentDetailBody:
    return DocumentDetailBody(
        **_document_fields(document),
        versions=[_version_body(version) for version in versions],
        chunk_page=page,
        conflicts=conflicts,
    )


def chunk_body(chunk: ListedChunk) -> ChunkBody:
    fields = asdict(chunk)
    return ChunkBody(chunk_id=fields.pop("id"), **fields)


def search_response(inspection: Inspection, *, rejected: bool) -> SearchResponse:
    evidence = inspection.evidence
    return SearchResponse(
        searches=[_searched_body(item, rejected) for item in inspection.queries],
        evidence=None
        if evidence is None
        else [EvidenceBody(chunk_id=id, roles=[role.value for role in roles]) for id, roles in evidence],
        knowledge_version=inspection.knowledge_version,
        degraded=list(inspection.degraded),
        warnings=list(inspection.warnings),
    )


def _document_fields(document: ListedDocument) -> dict[str, Any]:
    today = datetime.now(UTC).date()
    fields = asdict(document)
    fields["name"] = fields.pop("source")
    fields["version"] = fields.pop("number")
    expired = document.expiry_date is not None and document.expiry_date < today
    return fields | {
        "expired": expired,
        "age_days": _age(document.effective_date or document.published_at.date(), today),
    }


def _age(since: date, today: date) -> int:
    return max(0, (today - since).days)


def _version_body(version: ListedVersion) -> VersionBody:
    fields = asdict(version)
    fields.pop("created_at")
    fields["current"] = fields.pop("state") == "published"
    fields["content_sha256"] = fields.pop("content_hash")
    return VersionBody(**fields)


def _searched_body(item: InspectedQuery, rejected: bool) -> SearchedBody:
    left_out = [RejectedBody(**_passage_fields(other.passage), reasons=list(other.reasons)) for other in item.rejected]
    return SearchedBody(
        query=item.query,
        role=None if item.need is None else item.need.role.value,
        preferred_source_types=[] if item.need is None else list(item.need.source_types),
        passages=[PassageBody(**_passage_fields(passage)) for passage in item.passages],
        rejected=left_out if rejected else None,
    )


def _passage_fields(passage: Passage) -> dict[str, Any]:
    chunk = passage.chunk
    return {
        "chunk_id": chunk.id,
        "document_id": chunk.document_id,
        "name": chunk.source,
        "title": chunk.title,
        "source_type": chunk.source_type,
        "internal": chunk.internal,
        "heading_path": list(chunk.heading_path),
        "page": chunk.page,
        "start": chunk.start,
        "end": chunk.end,
        "text": chunk.text,
        "effective_date": chunk.effective_date,
        "expiry_date": chunk.expiry_date,
        "published_at": chunk.ingested_at,
        "cosine": passage.cosine,
        "dense_rank": passage.dense_rank,
        "lexical_rank": passage.lexical_rank,
        "fused_score": passage.fused_score,
        "relevance": passage.relevance,
        "contrast": passage.contrast,
        "coverage": passage.coverage,
        "heading_coverage": passage.heading_coverage,
    }
