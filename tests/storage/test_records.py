"""The index log, the audit of messages, and API keys."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import exc

from app.errors import NotFound
from app.storage.api_keys import ApiKeyRepository
from app.storage.database import Database
from app.storage.documents import DocumentRepository
from app.storage.generations import GenerationRepository
from app.storage.index_log import IndexLog
from app.storage.records import GenerationRecord, IndexChange
from tests.storage.building import Source, publish

RECORD = GenerationRecord(
    id="message-1",
    tenant="acme",
    created_at=datetime(2024, 5, 1, 9, 30, 15, 123456, tzinfo=UTC),
    generator="rag",
    generator_used="template",
    fallback="template",
    request_hash="r" * 64,
    lead_ref="l" * 64,
    message="Hi Ramesh, the Professional plan costs $299 per month – naïve or not. Shall we talk?",
    grounding_verdict="supported",
    knowledge_version=7,
    claims=[{"text": "The plan costs $299.", "start": 0, "score": 0.5, "quote": None}],
    evidence=[{"id": "e1", "page": 2}],
    strategy={"band": "high_intent", "needs": ["pricing"]},
    versions={"model": None, "rules": "abc"},
    timings={"total": 12.5},
)


class TestIndexLog:
    async def test_pending_changes_page_by_page(self, database: Database) -> None:
        log, repository = IndexLog(database), DocumentRepository(database)
        assert (await log.pending(0), await log.latest_seq()) == ([], 0)
        version_ids = await publish(repository, "acme", Source(source="a.md"), Source(source="b.md"))
        version_ids += await publish(repository, "globex", Source(source="c.md"))
        first = await log.pending(0, limit=2)
        rest = await log.pending(first[-1].seq, limit=2)
        assert [change.version_id for change in first + rest] == version_ids
        assert rest == [IndexChange(await log.latest_seq(), "globex", version_ids[2], "add")]

    async def test_each_index_has_its_own_position(self, database: Database) -> None:
        log = IndexLog(database)
        await log.advance("one", 3)
        assert (await log.position("one"), await log.position("two")) == (3, 0)

    async def test_a_position_never_moves_back(self, database: Database) -> None:
        log = IndexLog(database)
        for seq in (3, 5, 4):
            await log.advance("one", seq)
        assert await log.position("one") == 5


class TestGenerations:
    async def test_a_record_comes_back_as_it_was(self, database: Database) -> None:
        repository = GenerationRepository(database)
        await repository.record(RECORD)
        assert await repository.get("acme", "message-1") == RECORD

    async def test_instants_are_kept_in_utc(self, database: Database) -> None:
        repository = GenerationRepository(database)
        local = RECORD.created_at.astimezone(timezone(timedelta(hours=5, minutes=30)))
        await repository.record(replace(RECORD, created_at=local))
        found = (await repository.get("acme", "message-1")).created_at
        assert (found, found.utcoffset()) == (local, timedelta(0))

    async def test_one_id_is_written_once(self, database: Database) -> None:
        repository = GenerationRepository(database)
        await repository.record(RECORD)
        with pytest.raises(exc.IntegrityError):
            await repository.record(replace(RECORD, tenant="globex", message="another"))
        assert await repository.get("acme", "message-1") == RECORD


class TestApiKeys:
    async def test_found_until_revoked(self, database: Database) -> None:
        keys = ApiKeyRepository(database)
        created = await keys.create("acme", "crm", "lfa_12345678", "hash-1")
        assert await keys.find("hash-1") == created
        assert await keys.find("hash-2") is None
        await keys.revoke("acme", created.id)
        assert await keys.find("hash-1") is None
        (listed,) = await keys.list("acme")
        assert listed.revoked_at is not None
        await keys.revoke("acme", created.id)
        assert await keys.list("acme") == [listed]

    async def test_listed_in_the_order_of_creation(self, database: Database) -> None:
        keys = ApiKeyRepository(database)
        created = [await keys.create("acme", f"key {n}", "lfa_12345678", f"hash-{n}") for n in range(3)]
        assert await keys.list("acme") == created

    async def test_one_hash_belongs_to_one_key(self, database: Database) -> None:
        keys = ApiKeyRepository(database)
        await keys.create("acme", "crm", "lfa_12345678", "hash")
        with pytest.raises(exc.IntegrityError):
            await keys.create("globex", "crm", "lfa_12345678", "hash")

    async def test_revoking_a_missing_key(self, database: Database) -> None:
        with pytest.raises(NotFound):
            await ApiKeyRepository(database).revoke("acme", "missing")
