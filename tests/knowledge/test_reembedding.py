"""Another embedding model: stored chunks get its vectors, searches find them again."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.knowledge.reembedding import Reembedding, embedding_text
from app.storage.chunk_vectors import ChunkVectorRepository
from app.storage.database import Database
from app.storage.foreign_vectors import ForeignChunk, ForeignVectorRepository
from tests.knowledge.published import DIGEST, Page, WordVectors
from tests.knowledge.test_retriever import PAGES, Knowledge

OLD = "o" * 64
MANY = Page("many.md", "\n".join(f"Line {n} about nothing." for n in range(150)))


@pytest.fixture
async def knowledge(database: Database, tmp_path: Path) -> AsyncIterator[Knowledge]:
    knowledge = Knowledge(database, tmp_path / "chroma")
    await knowledge.publish(*PAGES, MANY, model=OLD)
    await knowledge.publish(Page("theirs.md", "Their plan."), tenant="globex", model=OLD)
    yield knowledge
    await knowledge.close()


@pytest.fixture
def reembedding(knowledge: Knowledge, database: Database) -> Reembedding:
    return Reembedding(ForeignVectorRepository(database, DIGEST), WordVectors(), knowledge.sync)


async def test_every_chunk_moves_over_and_is_found_by_vectors_again(
    knowledge: Knowledge, database: Database, reembedding: Reembedding
) -> None:
    [before, *_] = await knowledge.find("Team plan costs per month")
    assert before.dense_rank is None
    assert await reembedding.run() == 150 + 6 + 1
    own, foreign = await ChunkVectorRepository(database, DIGEST).current_ids("acme")
    assert (len(own), foreign) == (156, set())
    for tenant in ("acme", "globex"):
        assert (await knowledge.sync.compare(tenant)).equal
    [after, *_] = await knowledge.find("Team plan costs per month")
    assert after.chunk == before.chunk
    assert after.dense_rank == 1
    assert after.cosine > 0.5


async def test_the_knowledge_version_rises_once_and_only_then(knowledge: Knowledge, reembedding: Reembedding) -> None:
    before = await knowledge.documents.knowledge_versions()
    await reembedding.run()
    assert await knowledge.documents.knowledge_versions() == {name: number + 1 for name, number in before.items()}
    assert await reembedding.run() == 0
    assert await knowledge.documents.knowledge_versions() == {name: number + 1 for name, number in before.items()}


async def test_an_interrupted_run_is_taken_up(
    knowledge: Knowledge, database: Database, reembedding: Reembedding
) -> None:
    stored = ForeignVectorRepository(database, DIGEST)
    first = await stored.after("acme", "", 40)
    await stored.replace(first, WordVectors().embed([chunk.text for chunk in first]))
    assert await reembedding.run() == 150 + 6 + 1 - 40
    assert (await knowledge.sync.compare("acme")).equal


def test_headings_stand_above_the_text_once() -> None:
    assert embedding_text(ForeignChunk("1", ("Plans", "Team"), "It costs $9.")) == "Plans › Team\nIt costs $9."
    assert embedding_text(ForeignChunk("1", ("Plans",), "Plans\nIt costs $9.")) == "Plans\nIt costs $9."
    assert embedding_text(ForeignChunk("1", (), "It costs $9.")) == "It costs $9."
