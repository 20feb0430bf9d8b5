"""No method that takes a tenant shows or changes anything of another."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import pytest

from app.errors import NotFound
from app.knowledge.lexical_index import LexicalIndex
from app.storage.api_keys import ApiKeyRepository
from app.storage.chunk_vectors import ChunkVectorRepository
from app.storage.database import Database
from app.storage.documents import DocumentRepository
from app.storage.generations import GenerationRepository
from app.storage.records import GenerationRecord, KnowledgeCounts
from app.storage.rows import utc_now
from tests.storage.building import Source, new_version, publish

OWNER, STRANGER = "acme", "globex"
CANARY = Source(source="secret.md", texts=["The canary sings at midnight."], content_hash="canary")


@dataclass(frozen=True)
class World:
    """What the owner has, and the doors through which a stranger might come."""

    documents: DocumentRepository
    vectors: ChunkVectorRepository
    lexical: LexicalIndex
    generations: GenerationRepository
    keys: ApiKeyRepository
    published: str
    staged: str
    key_id: str


@pytest.fixture
async def world(database: Database) -> World:
    documents, keys = DocumentRepository(database), ApiKeyRepository(database)
    (published,) = await publish(documents, OWNER, CANARY)
    staged = await documents.stage(OWNER, new_version(replace(CANARY, content_hash="canary-2")))
    await documents.ensure_tenant(STRANGER)
    generations = GenerationRepository(database)
    record = GenerationRecord("m1", OWNER, utc_now(), "rag", "rag", None, "r", "l", "Hi", "supported", 1)
    await generations.record(record)
    key = await keys.create(OWNER, "crm", "lfa_1234", "hash")
    vectors = ChunkVectorRepository(database, "model-digest")
    return World(documents, vectors, LexicalIndex(database), generations, keys, published, staged, key.id)


async def vector_ids(world: World, tenant: str) -> list[str]:
    return (await world.documents.version_vectors(tenant, world.published))[0]


Read = Callable[[World, str], Awaitable[object]]
READS: dict[str, Read] = {
    "known_documents": lambda world, tenant: world.documents.known_documents(tenant),
    "staged_versions": lambda world, tenant: world.documents.staged_versions(tenant),
    "chunks": lambda world, tenant: world.documents.chunks(tenant, [f"{world.published}:0"]),
    "current_chunk_ids": lambda world, tenant: world.documents.current_chunk_ids(tenant),
    "version_vectors": vector_ids,
    "documents": lambda world, tenant: world.documents.documents(tenant),
    "knowledge_version": lambda world, tenant: world.documents.knowledge_version(tenant),
    "vectors.of_version": lambda world, tenant: world.vectors.of_version(tenant, world.published),
    "vectors.read": lambda world, tenant: world.vectors.read(tenant, [f"{world.published}:0"]),
    "lexical": lambda world, tenant: world.lexical.search(tenant, "canary midnight", 10, include_internal=True),
    "keys": lambda world, tenant: world.keys.list(tenant),
}
NOTHING = KnowledgeCounts(0, 0, 0)


@pytest.mark.parametrize("name", READS)
async def test_reading(world: World, name: str) -> None:
    assert await READS[name](world, OWNER), "the owner must find it, or the test proves nothing"
    assert not await READS[name](world, STRANGER)


async def test_counting(world: World) -> None:
    assert await world.documents.counts(OWNER) == KnowledgeCounts(documents=1, chunks=1, staged=1)
    assert await world.documents.counts(STRANGER) == NOTHING
    assert await world.vectors.current_ids(STRANGER) == (set(), set())


async def test_a_foreign_message_is_as_missing_as_a_missing_one(world: World) -> None:
    assert (await world.generations.get(OWNER, "m1")).message == "Hi"
    with pytest.raises(NotFound) as foreign:
        await world.generations.get(STRANGER, "m1")
    with pytest.raises(NotFound) as missing:
        await world.generations.get(STRANGER, "m2")
    assert (foreign.value.message, foreign.value.details) == (missing.value.message, missing.value.details)


async def test_publishing_and_removing(world: World) -> None:
    with pytest.raises(NotFound):
        await world.documents.publish(STRANGER, [world.staged])
    assert await world.documents.publish(STRANGER, [], removed_sources=["secret.md"]) == 0
    assert await world.documents.discard_stale_staged(STRANGER, ["secret.md"], utc_now()) == 0
    assert await world.documents.counts(OWNER) == KnowledgeCounts(documents=1, chunks=1, staged=1)


async def test_one_source_in_two_tenants(world: World) -> None:
    await publish(world.documents, STRANGER, replace(CANARY, texts=["A stranger's own page."]))
    await publish(world.documents, STRANGER, replace(CANARY, texts=["A newer page."], content_hash="2"))
    assert list(await world.documents.chunks(OWNER, [f"{world.published}:0"])) == [f"{world.published}:0"]
    assert await world.documents.knowledge_versions() == {OWNER: 1, STRANGER: 2}
    assert len(await world.lexical.search(OWNER, "canary page", 10)) == 1


async def test_revoking_a_key(world: World) -> None:
    with pytest.raises(NotFound) as foreign:
        await world.keys.revoke(STRANGER, world.key_id)
    with pytest.raises(NotFound) as missing:
        await world.keys.revoke(STRANGER, "missing")
    assert foreign.value.message == missing.value.message
    assert await world.keys.find("hash") is not None
