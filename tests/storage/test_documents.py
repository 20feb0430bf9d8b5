"""Staging, publishing and reading documents, on both databases."""

import asyncio
import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import NotFound
from app.followups.types import BlockKind, Span
from app.knowledge.types import KnowledgeState, StoredChunk
from app.storage.database import Database
from app.storage.documents import DocumentRepository
from app.storage.erasing import Eraser
from app.storage.index_log import IndexLog
from app.storage.records import KnowledgeCounts, StagedVersion, text_hash
from app.storage.rows import utc_now
from tests.storage.building import DIMENSION, Source, new_version, publish

PRICING = Source(source="pricing.md", texts=["The Professional plan costs $299.", "The Team plan costs $99."], seed=1)
PRICING_2 = replace(PRICING, texts=["The Professional plan costs $349."], content_hash="hash-2", seed=2)
SUPPORT = Source(source="support/terms.md", texts=["We answer within a day."], source_type="support", title="Terms")


@pytest.fixture
def repository(database: Database) -> DocumentRepository:
    return DocumentRepository(database)


async def current_texts(repository: DocumentRepository, tenant: str = "acme") -> set[str]:
    ids = await repository.current_chunk_ids(tenant)
    return {chunk.text for chunk in (await repository.chunks(tenant, sorted(ids))).values()}


async def actions(database: Database) -> list[tuple[str, str]]:
    return [(change.action, change.version_id) for change in await IndexLog(database).pending(0)]


class TestStaging:
    async def test_what_is_staged_is_invisible(self, repository: DocumentRepository) -> None:
        version_id = await repository.stage("acme", new_version(PRICING))
        assert await repository.known_documents("acme") == {}
        assert await repository.documents("acme") == []
        assert await repository.current_chunk_ids("acme") == set()
        assert await repository.chunks("acme", [f"{version_id}:0"]) == {}
        assert await repository.knowledge_version("acme") == 0
        assert await repository.counts("acme") == KnowledgeCounts(documents=0, chunks=0, staged=1)

    async def test_an_interrupted_run_finds_its_work(self, repository: DocumentRepository) -> None:
        version_id = await repository.stage("acme", new_version(PRICING))
        key = ("pricing.md", "hash-1", "pipeline-1")
        assert await repository.staged_versions("acme") == {key: StagedVersion(version_id, len(PRICING.texts))}
        again = await repository.stage("acme", new_version(PRICING))
        assert (await repository.staged_versions("acme"))[key].version_id == again
        await repository.discard_stale_staged("acme", [PRICING.source], utc_now())
        assert await repository.staged_versions("acme") == {}

    async def test_vectors_are_found_by_the_text_that_was_embedded(self, repository: DocumentRepository) -> None:
        version = new_version(PRICING)
        hashes = [text_hash(chunk.embedding_text) for chunk in version.chunks]
        for _ in range(2):
            await repository.stage("acme", version)
        found = await repository.vectors_of_texts("acme", version.embedding_model, [*hashes, b"?" * 16])
        assert {key: vector.tolist() for key, vector in found.items()} == {
            key: vector.tolist() for key, vector in zip(hashes, version.vectors, strict=True)
        }
        assert await repository.vectors_of_texts("acme", "another model", hashes) == {}
        assert await repository.vectors_of_texts("globex", version.embedding_model, hashes) == {}

    async def test_the_folder_of_a_document_is_remembered(self, repository: DocumentRepository) -> None:
        await publish(repository, "acme", PRICING, SUPPORT)
        await repository.note_folder("acme", [PRICING.source], "/kb")
        folders = {source: known.folder for source, known in (await repository.known_documents("acme")).items()}
        assert folders == {PRICING.source: "/kb", SUPPORT.source: None}

    async def test_stale_work_is_discarded(self, repository: DocumentRepository) -> None:
        (published,) = await publish(repository, "acme", PRICING)
        kept = await repository.stage("acme", new_version(SUPPORT))
        stale = await repository.stage("acme", new_version(PRICING_2))
        long_ago = utc_now() - timedelta(days=1)
        assert await repository.discard_stale_staged("acme", [PRICING_2.source], long_ago) == 1
        assert (await repository.version_vectors("acme", stale))[0] == []
        assert len((await repository.version_vectors("acme", kept))[0]) == 1
        assert len((await repository.version_vectors("acme", published))[0]) == 2
        with pytest.raises(NotFound):
            await repository.publish("acme", [stale])
        assert await repository.discard_stale_staged("acme", [], utc_now()) == 1
        assert (await repository.version_vectors("acme", kept))[0] == []

    async def test_a_document_without_chunks(self, repository: DocumentRepository) -> None:
        (version_id,) = await publish(repository, "acme", replace(PRICING, texts=[]))
        assert await repository.counts("acme") == KnowledgeCounts(documents=1, chunks=0, staged=0)
        ids, vectors = await repository.version_vectors("acme", version_id)
        assert (ids, vectors.shape) == ([], (0, 0))

    async def test_two_runs_at_once_number_their_versions(self, repository: DocumentRepository) -> None:
        staged = [repository.stage("acme", new_version(replace(PRICING, content_hash=str(n)))) for n in range(8)]
        assert len(set(await asyncio.gather(*staged))) == 8

    def test_vectors_must_match_the_chunks(self) -> None:
        with pytest.raises(ValueError, match="2 chunks"):
            replace(new_version(PRICING), vectors=np.zeros((1, DIMENSION), dtype=np.float32))


class TestPublishing:
    async def test_a_run_becomes_visible_as_a_whole(self, repository: DocumentRepository) -> None:
        version_ids = [await repository.stage("acme", new_version(source)) for source in (PRICING, SUPPORT)]
        assert await repository.publish("acme", version_ids) == 1
        known = await repository.known_documents("acme")
        assert {source: document.version_id for source, document in known.items()} == {
            "pricing.md": version_ids[0],
            "support/terms.md": version_ids[1],
        }
        assert known["pricing.md"].content_hash == "hash-1"
        assert known["pricing.md"].pipeline_fingerprint == "pipeline-1"
        assert await repository.counts("acme") == KnowledgeCounts(documents=2, chunks=3, staged=0)

    async def test_a_new_version_replaces_the_former(self, repository: DocumentRepository, database: Database) -> None:
        (first,) = await publish(repository, "acme", PRICING)
        (second,) = await publish(repository, "acme", PRICING_2)
        assert await current_texts(repository) == {"The Professional plan costs $349."}
        assert await repository.chunks("acme", [f"{first}:0", f"{first}:1"]) == {}
        assert await actions(database) == [("add", first), ("add", second), ("remove", first)]
        assert await repository.knowledge_version("acme") == 2
        (summary,) = await repository.documents("acme")
        assert (summary.number, summary.chunks, summary.version_id) == (2, 1, second)

    async def test_repeating_changes_nothing(self, repository: DocumentRepository, database: Database) -> None:
        (first,) = await publish(repository, "acme", PRICING)
        assert await repository.publish("acme", [first, first]) == 1
        (second,) = await publish(repository, "acme", PRICING_2)
        before = await actions(database)
        assert await repository.publish("acme", [first]) == 2
        assert await repository.publish("acme", []) == 2
        assert await actions(database) == before
        assert set(await repository.current_chunk_ids("acme")) == {f"{second}:0"}

    async def test_of_two_versions_in_one_run_the_newer_wins(self, repository: DocumentRepository) -> None:
        older = await repository.stage("acme", new_version(PRICING))
        newer = await repository.stage("acme", new_version(PRICING_2))
        await repository.publish("acme", [newer, older])
        assert await repository.current_chunk_ids("acme") == {f"{newer}:0"}

    async def test_removing_and_bringing_back(self, repository: DocumentRepository, database: Database) -> None:
        first, support = await publish(repository, "acme", PRICING, SUPPORT)
        assert await repository.publish("acme", [], removed_sources=["pricing.md", "unknown.md"]) == 2
        assert [summary.source for summary in await repository.documents("acme")] == ["support/terms.md"]
        assert await repository.current_chunk_ids("acme") == {f"{support}:0"}
        assert await repository.publish("acme", [], removed_sources=["pricing.md"]) == 2
        assert (await actions(database))[-1] == ("remove", first)
        (again,) = await publish(repository, "acme", PRICING)
        assert again != first
        assert await repository.current_chunk_ids("acme") == {f"{support}:0", f"{again}:0", f"{again}:1"}

    async def test_removed_and_published_in_one_call_stays(self, repository: DocumentRepository) -> None:
        await publish(repository, "acme", PRICING)
        second = await repository.stage("acme", new_version(PRICING_2))
        assert await repository.publish("acme", [second], removed_sources=["pricing.md"]) == 2
        assert await repository.current_chunk_ids("acme") == {f"{second}:0"}

    async def test_an_unknown_version_publishes_nothing(self, repository: DocumentRepository) -> None:
        version_id = await repository.stage("acme", new_version(PRICING))
        with pytest.raises(NotFound):
            await repository.publish("acme", [version_id, "missing"])
        assert await repository.counts("acme") == KnowledgeCounts(documents=0, chunks=0, staged=1)

    async def test_more_versions_than_fit_one_statement(
        self, repository: DocumentRepository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.storage.rows._BATCH", 5)
        sources = [replace(SUPPORT, source=f"{number:04}.md") for number in range(12)]
        version_ids = await publish(repository, "acme", *sources)
        found = await repository.chunks("acme", [f"{version_id}:0" for version_id in version_ids])
        assert len(found) == 12
        await repository.publish("acme", [], removed_sources=[source.source for source in sources])
        assert await repository.counts("acme") == KnowledgeCounts(documents=0, chunks=0, staged=0)


class TestReading:
    async def test_a_chunk_comes_back_as_it_was(self, repository: DocumentRepository) -> None:
        before = utc_now()
        wanted = replace(PRICING, expiry_date=date(2024, 12, 31), internal=True)
        (version_id,) = await publish(repository, "acme", wanted)
        document_id = (await repository.known_documents("acme"))["pricing.md"].document_id
        found = (await repository.chunks("acme", [f"{version_id}:1"]))[f"{version_id}:1"]
        assert before <= found.ingested_at <= utc_now()
        assert found == StoredChunk(
            id=f"{version_id}:1",
            document_id=document_id,
            version_id=version_id,
            source="pricing.md",
            title="Pricing",
            source_type="pricing",
            internal=True,
            text="The Team plan costs $99.",
            start=35,
            end=59,
            heading_path=("Plans", "Professional"),
            page=2,
            blocks=(Span(0, 24, BlockKind.PARAGRAPH),),
            effective_date=date(2024, 1, 1),
            expiry_date=date(2024, 12, 31),
            ingested_at=found.ingested_at,
        )

    async def test_vectors_come_back_bit_by_bit(self, repository: DocumentRepository) -> None:
        version = new_version(replace(PRICING, texts=[f"Sentence {number}." for number in range(12)]))
        version_id = await repository.stage("acme", version)
        ids, vectors = await repository.version_vectors("acme", version_id)
        assert ids == [f"{version_id}:{number}" for number in range(12)]
        assert vectors.dtype == np.float32
        np.testing.assert_array_equal(vectors, version.vectors)

    async def test_summaries(self, repository: DocumentRepository) -> None:
        await publish(repository, "acme", replace(SUPPORT, source="b.md"), PRICING, replace(SUPPORT, source="B.md"))
        summaries = await repository.documents("acme")
        assert [summary.source for summary in summaries] == ["B.md", "b.md", "pricing.md"]
        assert (summaries[2].title, summaries[2].source_type, summaries[2].chunks) == ("Pricing", "pricing", 2)

    async def test_unknown_and_repeated_ids(self, repository: DocumentRepository) -> None:
        (version_id,) = await publish(repository, "acme", SUPPORT)
        assert await repository.chunks("acme", []) == {}
        found = await repository.chunks("acme", ["missing", f"{version_id}:0", f"{version_id}:0", "x' OR '1'='1"])
        assert list(found) == [f"{version_id}:0"]

    async def test_versions_of_all_tenants(self, repository: DocumentRepository) -> None:
        await repository.ensure_tenant("empty")
        await repository.ensure_tenant("empty")
        await publish(repository, "acme", PRICING)
        assert await repository.knowledge_versions() == {"empty": 0, "acme": 1}
        assert await repository.knowledge_versions("acme", "unknown") == {"acme": 1}
        assert await repository.knowledge_version("unknown") == 0

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(text=st.text(alphabet=st.characters(), max_size=60), heading=st.text(alphabet=st.characters(), max_size=20))
    async def test_any_text_can_be_stored_and_keeps_its_length(
        self, repository: DocumentRepository, text: str, heading: str
    ) -> None:
        """NUL and lone surrogates included, which no loader should give but a broken file might."""
        (version_id,) = await publish(repository, "acme", replace(PRICING, texts=[text], headings=(heading,)))
        (found,) = (await repository.chunks("acme", [f"{version_id}:0"])).values()
        assert len(found.text) == len(text)
        if "\0" not in text and text.isprintable():
            assert found.text == text


async def test_every_publication_has_a_name_of_its_own(repository: DocumentRepository, database: Database) -> None:
    assert await repository.knowledge_state("acme") == KnowledgeState(0, "")
    states = []
    for page in (PRICING, PRICING_2):
        await publish(repository, "acme", page)
        states.append(await repository.knowledge_state("acme"))
    [document] = await repository.documents("acme")
    await Eraser(database).erase("acme", document.document_id)
    states.append(await repository.knowledge_state("acme"))
    await publish(repository, "globex", PRICING)
    states.append(await repository.knowledge_state("globex"))
    assert [state.version for state in states] == [1, 2, 3, 1]
    assert len({state.publication for state in states} - {""}) == 4
    assert await repository.knowledge_state("acme") == states[2]


async def test_erasing_what_was_removed_before_is_a_publication_too(
    repository: DocumentRepository, database: Database
) -> None:
    await publish(repository, "acme", PRICING)
    [document] = await repository.documents("acme")
    assert await repository.publish("acme", [], [document.source]) == 2
    assert (await Eraser(database).erase("acme", document.document_id)).knowledge_version == 3
    assert await repository.knowledge_version("acme") == 3


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_restored_database_counts_on_under_other_names(database_url: str, tmp_path: Path) -> None:
    """What is published after going back to a backup has an old number, but not an old name."""

    async def publish_in(url: str, page: Source) -> KnowledgeState:
        opened = Database(url)
        await opened.connect()
        try:
            repository = DocumentRepository(opened)
            await publish(repository, "acme", page)
            return await repository.knowledge_state("acme")
        finally:
            await opened.close()

    await publish_in(database_url, PRICING)
    backup = tmp_path / "backup.db"
    shutil.copyfile(database_url.removeprefix("sqlite+aiosqlite:///"), backup)
    lost = await publish_in(database_url, PRICING_2)
    restored = await publish_in(f"sqlite+aiosqlite:///{backup}", PRICING_2)
    assert lost.version == restored.version
    assert lost.publication != restored.publication
