"""Both databases, a real vector index: what superseded versions leave behind goes, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.config_files import RetentionConfig
from app.errors import StorageUnavailable
from app.knowledge.conflicts.types import StatedFigure
from app.knowledge.index_sync import IndexSync
from app.knowledge.retention import Retention
from app.knowledge.vector_index import VectorIndex
from app.storage.chunk_vectors import ChunkVectorRepository
from app.storage.database import Database
from app.storage.documents import DocumentRepository
from app.storage.erasing import Eraser
from app.storage.generations import GenerationRepository
from app.storage.index_log import IndexLog
from app.storage.records import GenerationRecord
from app.storage.retention import RetentionRepository
from app.storage.tables import ChunkRow, DocumentRow, StatedFigureRow, VersionRow
from tests.knowledge.published import DIGEST, Page, version_of


class Setup:
    """One database; `sync` and `retention` are those of the process that owns the index."""

    def __init__(self, database: Database, directory: Path) -> None:
        self.database = database
        self.documents = DocumentRepository(database)
        self.index = VectorIndex(directory, "knowledge")
        self.sync = self.follow(self.index)
        self.now = datetime.now(UTC) + timedelta(hours=2)
        self.retention = self.deleting()

    def follow(self, index: VectorIndex) -> IndexSync:
        vectors = ChunkVectorRepository(self.database, DIGEST)
        return IndexSync(self.documents, vectors, IndexLog(self.database), index, DIGEST)

    def deleting(self, **config: int) -> Retention:
        store = RetentionRepository(self.database)
        return Retention(store, lambda: self.sync.applied_seq, RetentionConfig(**config), lambda: self.now)

    async def publish(self, *texts: str, source: str = "a.md") -> list[str]:
        """Versions of one document, one after the other; their ids."""
        ids = []
        for text in texts:
            ids.append(await self.documents.stage("acme", version_of(Page(source, text))))
            await self.documents.publish("acme", ids[-1:])
        return ids

    async def chunks(self) -> dict[str, int]:
        """How many rows of chunks each version has."""
        query = select(ChunkRow.version_id, func.count()).group_by(ChunkRow.version_id)
        async with self.database.snapshot() as session:
            return {row[0]: row[1] for row in await session.execute(query)}

    async def texts(self) -> dict[str, str]:
        async with self.database.snapshot() as session:
            rows = await session.execute(select(VersionRow.id, VersionRow.text))
            return {row[0]: row[1] for row in rows}

    async def held(self, index: VectorIndex) -> set[str]:
        return await index.ids("acme", DIGEST)


@pytest.fixture
async def setup(database: Database, tmp_path: Path) -> AsyncIterator[Setup]:
    setup = Setup(database, tmp_path / "chroma")
    yield setup
    await setup.index.close()


def message(version_id: str, created_at: datetime, **evidence: Any) -> GenerationRecord:  # noqa: ANN401
    return GenerationRecord(
        id=f"message about {version_id}",
        tenant="acme",
        created_at=created_at,
        generator="rag",
        generator_used="rag",
        fallback=None,
        request_hash="hash",
        lead_ref="lead",
        message="The plan costs $5.",
        grounding_verdict="supported",
        knowledge_version=1,
        evidence=[{"id": "k1", "version_id": None}, {"id": "k2", "version_id": version_id, **evidence}],
    )


async def test_after_ten_ingestions_only_the_current_chunks_are_left(setup: Setup) -> None:
    ids = await setup.publish(*(f"one {n}\ntwo {n}" for n in range(10)))
    await setup.sync.apply_pending()
    assert len(await setup.chunks()) == 10
    await setup.retention.run()
    assert await setup.chunks() == {ids[-1]: 2}
    assert await setup.held(setup.index) == await setup.documents.current_chunk_ids("acme")


async def test_stated_figures_go_with_their_chunks(setup: Setup) -> None:
    for price in ("5", "7"):
        figure = StatedFigure(0, 0, 3, "Pro", "price", "USD", "", price, f"${price}")
        version = version_of(Page("a.md", f"${price}"))
        staged = await setup.documents.stage("acme", _with(version, figure))
        await setup.documents.publish("acme", [staged])
    await setup.sync.apply_pending()
    await setup.retention.run()
    async with setup.database.snapshot() as session:
        assert list((await session.execute(select(StatedFigureRow.value))).scalars()) == ["7"]


def _with(version: Any, figure: StatedFigure) -> Any:  # noqa: ANN401
    return replace(version, figures=(figure,))


async def test_nothing_goes_before_the_index_has_followed(setup: Setup) -> None:
    await setup.publish("one")
    await setup.sync.apply_pending()
    await setup.publish("two")
    await setup.retention.run()
    assert len(await setup.chunks()) == 2
    await setup.sync.apply_pending()
    await setup.retention.run()
    assert len(await setup.chunks()) == 1


async def test_current_and_staged_versions_are_never_touched(setup: Setup) -> None:
    [current] = await setup.publish("current", source="b.md")
    staged = await setup.documents.stage("acme", version_of(Page("c.md", "staged")))
    await setup.publish("one", "two")
    await setup.sync.apply_pending()
    store = RetentionRepository(setup.database)
    assert await store.drop_chunks([current, staged], 100) == 0
    await setup.deleting(superseded_versions=1, audit_days=0).run()
    assert {current, staged} <= set(await setup.chunks())
    texts = await setup.texts()
    assert (texts[current], texts[staged]) == ("current", "staged")


async def test_a_version_that_a_document_still_points_to_is_never_touched(setup: Setup) -> None:
    ids = await setup.publish("one", "two")
    await setup.sync.apply_pending()
    async with setup.database.session() as session:
        await session.execute(update(DocumentRow).values(current_version_id=ids[0]))
    assert await RetentionRepository(setup.database).drop_chunks(ids, 100) == 0


async def test_an_index_that_lags_behind_still_ends_right(setup: Setup, tmp_path: Path) -> None:
    """Two services with directories of their own follow one database; one of them was away."""
    late = VectorIndex(tmp_path / "late", "knowledge")
    behind = setup.follow(late)
    try:
        await setup.publish("one\ntwo\nthree")
        await behind.apply_pending()
        assert len(await setup.held(late)) == 3
        await setup.publish("four", "five\nsix")
        await setup.sync.apply_pending()
        await setup.retention.run()
        await behind.apply_pending()
        assert await setup.held(late) == await setup.documents.current_chunk_ids("acme")
        assert not list((tmp_path / "late").glob("*.unwiped")), "what was only superseded need not be wiped"
    finally:
        await late.close()


async def test_a_document_erased_later_leaves_a_lagging_index_too(setup: Setup, tmp_path: Path) -> None:
    late = VectorIndex(tmp_path / "late", "knowledge")
    behind = setup.follow(late)
    try:
        await setup.publish("one\ntwo\nthree")
        await behind.apply_pending()
        await setup.publish("four")
        await setup.sync.apply_pending()
        await setup.retention.run()
        [document] = await setup.documents.documents("acme")
        await Eraser(setup.database).erase("acme", document.document_id)
        await behind.apply_pending()
        assert await setup.held(late) == set()
        assert list((tmp_path / "late").glob("*.unwiped"))
    finally:
        await late.close()


async def test_the_work_of_a_killed_process_is_finished_by_the_next(setup: Setup) -> None:
    ids = await setup.publish("\n".join(f"line {n}" for n in range(12)), "one", "two")
    await setup.sync.apply_pending()
    store = RetentionRepository(setup.database)
    assert await store.drop_chunks(ids[:1], 5) == 5
    await setup.deleting().run()
    assert await setup.chunks() == {ids[-1]: 1}
    vectors = ChunkVectorRepository(setup.database, DIGEST)
    assert await vectors.ids_of_version("acme", ids[0]) == ([f"{ids[0]}:{n}" for n in range(12)], False)


async def test_a_run_ends_in_time_and_the_next_goes_on(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.knowledge.retention._CHUNKS", 2)
    ids = await setup.publish("a\nb\nc\nd\ne", "x", "y")
    await setup.sync.apply_pending()
    await setup.retention.run(seconds=0)
    assert sum((await setup.chunks()).values()) == 5
    await setup.retention.run()
    assert await setup.chunks() == {ids[-1]: 1}


async def test_an_outage_in_between_costs_nothing(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = await setup.publish("one", "two")
    await setup.sync.apply_pending()

    async def fails(*_: object) -> int:
        raise StorageUnavailable("gone")

    with monkeypatch.context() as broken:
        broken.setattr(RetentionRepository, "drop_chunks", fails)
        with pytest.raises(StorageUnavailable):
            await setup.retention.run()
    await setup.retention.run()
    assert await setup.chunks() == {ids[-1]: 1}


async def test_the_newest_superseded_texts_stay(setup: Setup) -> None:
    ids = await setup.publish(*(f"text {n}" for n in range(6)))
    others = await setup.publish("x", "y", source="b.md")
    await setup.sync.apply_pending()
    await setup.deleting(superseded_versions=2).run()
    texts = await setup.texts()
    assert [texts[id] for id in ids] == ["", "", "", "text 3", "text 4", "text 5"]
    assert [texts[id] for id in others] == ["x", "y"]


async def test_audited_quotes_can_still_be_shown(setup: Setup) -> None:
    """The text that a message rests on stays as long as the audit, whatever the number of newer versions."""
    ids = await setup.publish("The plan costs $5.", *(f"text {n}" for n in range(4)))
    await setup.sync.apply_pending()
    sent = message(ids[0], setup.now - timedelta(days=30), start=15, end=17)
    await GenerationRepository(setup.database).record(sent)
    await setup.deleting(superseded_versions=1, audit_days=31).run()
    texts = await setup.texts()
    [quoted] = [item for item in sent.evidence if item["version_id"]]
    assert texts[quoted["version_id"]][quoted["start"] : quoted["end"]] == "$5"
    assert texts[ids[1]] == ""
    assert ids[0] not in await setup.chunks()
    await setup.deleting(superseded_versions=1, audit_days=29).run()
    assert (await setup.texts())[ids[0]] == ""


async def test_texts_replaced_this_moment_stay_for_messages_under_way(setup: Setup) -> None:
    ids = await setup.publish("one", "two", "three")
    await setup.sync.apply_pending()
    setup.now = datetime.now(UTC)
    await setup.deleting(superseded_versions=1).run()
    assert (await setup.texts())[ids[0]] == "one"


async def test_an_old_content_that_comes_back_is_a_new_version(setup: Setup) -> None:
    await setup.publish("one", "two")
    await setup.sync.apply_pending()
    await setup.retention.run()
    [back] = await setup.publish("one")
    await setup.sync.apply_pending()
    await setup.retention.run()
    assert await setup.chunks() == {back: 1}
    assert await setup.held(setup.index) == {f"{back}:0"}


async def test_publications_meanwhile_lose_nothing(setup: Setup) -> None:
    async def republish() -> None:
        for n in range(10):
            await setup.publish(f"one {n}\ntwo {n}")

    async def follow() -> None:
        for _ in range(20):
            await setup.sync.apply_pending()
            await setup.retention.run()

    await asyncio.gather(republish(), follow())
    await follow()
    [document] = await setup.documents.documents("acme")
    assert await setup.chunks() == {document.version_id: 2}
    assert await setup.held(setup.index) == await setup.documents.current_chunk_ids("acme")
