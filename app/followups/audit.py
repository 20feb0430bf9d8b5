"""The audit row of every message: what was said, what it rests on, and which versions wrote it."""

import hashlib
import json
from datetime import datetime
from typing import Any

from app.followups.types import Evidence, EvidenceItem
from app.storage.generations import GenerationRepository
from app.storage.records import GenerationRecord


class GenerationAudit:
    """Writes rows for messages. A message that cannot be recorded is not handed out."""

    def __init__(self, generations: GenerationRepository) -> None:
        self._generations = generations

    async def record(
        self, tenant: str, generator: str, body: dict[str, Any], evidence: Evidence, request_hash: str
    ) -> None:
        """Raises `StorageUnavailable`."""
        await self._generations.record(
            GenerationRecord(
                id=body["message_id"],
                tenant=tenant,
                created_at=datetime.fromisoformat(body["generation_metadata"]["timestamp"]),
                generator=generator,
                generator_used=body["generator_used"],
                fallback=body["fallback"],
                request_hash=request_hash,
                lead_ref=_lead_reference(tenant, evidence.lead),
                message=body["message"],
                grounding_verdict=body["grounding"]["verdict"],
                knowledge_version=evidence.knowledge_version,
                claims=body["claims"],
                evidence=[_evidence(item) for item in evidence.knowledge],
                strategy=body["strategy"],
                versions=body["versions"],
            )
        )


def _lead_reference(tenant: str, facts: tuple[EvidenceItem, ...]) -> str:
    """Tells messages of one lead record apart from others without holding the record."""
    record = json.dumps([tenant, *((fact.source, fact.text) for fact in facts)], ensure_ascii=True)
    return hashlib.sha256(record.encode()).hexdigest()


def _evidence(item: EvidenceItem) -> dict[str, Any]:
    return {
        "id": item.id,
        "document_id": item.document_id,
        "version_id": item.version_id,
        "source": item.source,
        "page": item.page,
        "start": item.start,
        "end": item.end,
        "relevance": round(item.relevance, 4),
        "roles": [role.value for role in item.roles],
    }
