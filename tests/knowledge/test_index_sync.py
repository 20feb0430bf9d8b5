"""Real database (both dialects), real Chroma: the index follows what is published."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from chromadb.api.models.Collection import Collection

from app.embeddings.base import Vectors
from app.errors import IndexLocked, IndexUnavailable, StorageUnavailable
from app.knowledge import index_sync, index_wipe
from app.knowledge.index_rebuild import REBUILT
from app.knowledge.index_sync import IndexDifference, IndexSync
from app.knowledge.vector_index import VectorIndex
from app.storage.chunk_vectors import ChunkVectorRepository
from app.storage.database import Database
from app.storage.documents import DocumentRepository
from app.storage.erasing import Eraser
from app.storage.index_log import IndexLog
from tests.knowledge.published import DIGEST, Page, version_of
from tests.knowledge.test_index_lock import owner


class Setup:
    """One database with an index; several indexes may follow the same database."""

    def __init__(self, database: Database, directory: Path) -> None:
        self.database = database
        self.directory = directory
        self.documents = DocumentRepository(database)
        self.log = IndexLog(database)
        self.index = VectorIndex(directory, "knowledge")
        self.sync = self.new_sync(self.index)

    def new_sync(self, index: VectorIndex) -> IndexSync:
        vectors = ChunkVectorRepository(self.database, DIGEST)
        return IndexSync(self.documents, vectors, self.log, index, DIGEST)

    async def publish(self, tenant: str, *pages: Page, removed: tuple[str, ...] = (), model: str = DIGEST) -> int:
        staged = [await self.documents.stage(tenant, version_of(page, model)) for page in pages]
        return await self.documents.publish(tenant, staged, removed)

    async def held(self, tenant: str) -> set[str]:
        return await self.index.ids(tenant, DIGEST)

    async def agree(self, *tenants: str) -> bool:
        return all([await self.held(tenant) == await self.documents.current_chunk_ids(tenant) for tenant in tenants])


@pytest.fixture
async def setup(database: Database, tmp_path: Path) -> AsyncIterator[Setup]:
    setup = Setup(database, tmp_path / "chroma")
    yield setup
    await setup.index.close()


async def test_applies_what_was_published_once(setup: Setup) -> None:
    await setup.publish("acme", Page("a.md", "one\ntwo"), Page("b.md", "three"))
    assert await setup.sync.apply_pending() == 2
    assert len(await setup.held("acme")) == 3
    assert await setup.agree("acme")
    assert await setup.sync.apply_pending() == 0


async def test_a_changed_document_replaces_its_old_ids(setup: Setup) -> None:
    await setup.publish("acme", Page("a.md", "one\ntwo"))
    await setup.sync.apply_pending()
    old = await setup.held("acme")
    await setup.publish("acme", Page("a.md", "three"))
    await setup.sync.apply_pending()
    assert not old & await setup.held("acme")
    assert await setup.agree("acme")


async def test_a_removed_document_leaves_the_index(setup: Setup) -> None:
    await setup.publish("acme", Page("a.md", "one"), Page("b.md", "two"))
    await setup.publish("acme", removed=("a.md",))
    await setup.sync.apply_pending()
    assert len(await setup.held("acme")) == 1
    assert await setup.agree("acme")


async def test_staged_versions_stay_out(setup: Setup) -> None:
    await setup.documents.stage("acme", version_of(Page("a.md", "one")))
    assert await setup.sync.apply_pending() == 0
    assert await setup.held("acme") == set()


async def test_tenants_are_kept_apart(setup: Setup) -> None:
    await setup.publish("acme", Page("a.md", "one"))
    await setup.publish("globex", Page("a.md", "one\ntwo"))
    await setup.sync.apply_pending()
    assert await setup.agree("acme", "globex")
    assert not await setup.held("acme") & await setup.held("globex")


async def test_knows_which_version_the_index_holds(setup: Setup) -> None:
    assert setup.sync.applied_version("acme") == 0
    await setup.publish("acme", Page("a.md", "one"))
    version = await setup.publish("acme", Page("b.md", "two"))
    assert setup.sync.applied_version("acme") == 0
    await setup.sync.apply_pending()
    assert setup.sync.applied_version("acme") == version == 2
    assert setup.sync.applied_version("globex") == 0


async def test_the_position_survives_a_restart(setup: Setup) -> None:
    await setup.publish("acme", Page("a.md", "one"))
    await setup.sync.apply_pending()
    await setup.index.close()
    index = VectorIndex(setup.directory, "knowledge")
    assert await setup.new_sync(index).apply_pending() == 0
    await index.close()


async def test_applying_again_changes_nothing(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a crash between Chroma taking the changes and the position being stored."""
    await setup.publish("acme", Page("a.md", "one"))
    await setup.publish("acme", Page("a.md", "two"), Page("b.md", "three"))

    async def crash(index_name: str, seq: int) -> None:
        raise StorageUnavailable("gone")

    with monkeypatch.context() as patched:
        patched.setattr(setup.log, "advance", crash)
        with pytest.raises(StorageUnavailable):
            await setup.sync.apply_pending()
    assert await setup.sync.apply_pending() == 4
    assert await setup.agree("acme")


async def test_a_second_index_and_a_deleted_one_are_built_from_the_log(setup: Setup, tmp_path: Path) -> None:
    await setup.publish("acme", Page("a.md", "one\ntwo"))
    await setup.publish("acme", Page("a.md", "three"))
    await setup.sync.apply_pending()
    other = VectorIndex(tmp_path / "other", "knowledge")
    await setup.new_sync(other).apply_pending()
    assert await other.ids("acme", DIGEST) == await setup.held("acme")
    await other.close()
    shutil.rmtree(tmp_path / "other")
    again = VectorIndex(tmp_path / "other", "knowledge")
    await setup.new_sync(again).apply_pending()
    assert await again.ids("acme", DIGEST) == await setup.held("acme")
    await again.close()


async def test_compares_and_repairs_every_id(setup: Setup) -> None:
    await setup.publish("acme", Page("a.md", "one\ntwo\nthree"))
    await setup.sync.apply_pending()
    lost, *_ = sorted(await setup.held("acme"))
    await setup.index.remove("acme", DIGEST, [lost])
    await setup.index.add("acme", DIGEST, ["stray:0"], version_of(Page("x", "stray")).vectors)
    difference = await setup.sync.compare("acme")
    assert difference == IndexDifference(frozenset({lost}), frozenset({"stray:0"}), 0)
    assert not difference.equal
    assert await setup.sync.reconcile("acme") == difference
    assert await setup.agree("acme")
    assert (await setup.sync.compare("acme")).equal
    [[(found, score)]] = await setup.index.search("acme", DIGEST, version_of(Page("a.md", "one")).vectors, 1)
    assert score == pytest.approx(1, abs=1e-5)


async def test_the_first_catch_up_repairs_every_tenant(setup: Setup) -> None:
    for tenant in ("acme", "globex"):
        await setup.publish(tenant, Page("a.md", "one\ntwo"))
    await setup.sync.apply_pending()
    for tenant in ("acme", "globex"):
        await setup.index.remove(tenant, DIGEST, list(await setup.held(tenant)))
    restarted = setup.new_sync(setup.index)
    await restarted.catch_up()
    assert await setup.agree("acme", "globex")


async def test_vectors_of_another_model_are_counted_not_mixed_in(setup: Setup) -> None:
    await setup.publish("acme", Page("a.md", "one"))
    await setup.publish("acme", Page("b.md", "two\nthree"), model="e" * 64)
    await setup.sync.apply_pending()
    difference = await setup.sync.compare("acme")
    assert (difference.equal, difference.unusable) == (True, 2)
    assert len(await setup.held("acme")) == 1


async def test_many_changes_at_once(setup: Setup) -> None:
    for start in (0, 300):
        await setup.publish("acme", *(Page(f"{n}.md", f"text {n} of {start}") for n in range(300)))
    assert await setup.sync.apply_pending() == 900
    assert await setup.agree("acme")


class TestRun:
    @pytest.fixture(autouse=True)
    async def running(self, setup: Setup) -> AsyncIterator[None]:
        stop = asyncio.Event()
        task = asyncio.create_task(setup.sync.run(0.02, stop))
        yield
        stop.set()
        await asyncio.wait_for(task, 5)

    @staticmethod
    async def until_applied(setup: Setup, version: int) -> None:
        async with asyncio.timeout(10):
            while setup.sync.applied_version("acme") < version:
                await asyncio.sleep(0.01)

    async def test_follows_publications(self, setup: Setup) -> None:
        for number in range(3):
            await self.until_applied(setup, await setup.publish("acme", Page(f"{number}.md", "one")))
            assert await setup.agree("acme")

    async def test_outlives_an_outage_and_says_so_once(self, setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
        failures = 0
        said: list[tuple[str, str]] = []

        class Log:
            def warning(self, event: str, code: str) -> None:
                said.append((event, code))

        async def fail(after_seq: int, limit: int) -> list[object]:
            nonlocal failures
            failures += 1
            raise StorageUnavailable("gone")

        with monkeypatch.context() as patched:
            patched.setattr(setup.log, "pending", fail)
            patched.setattr(index_sync, "_log", Log())
            async with asyncio.timeout(10):
                while failures < 3:
                    await asyncio.sleep(0.01)
        assert said == [("vector_index_not_current", "storage_unavailable")]
        await self.until_applied(setup, await setup.publish("acme", Page("a.md", "one")))
        assert await setup.agree("acme")


async def test_run_takes_over_when_the_other_owner_is_gone(setup: Setup) -> None:
    version = await setup.publish("acme", Page("a.md", "one"))
    stop = asyncio.Event()
    with owner(setup.directory):
        task = asyncio.create_task(setup.sync.run(0.02, stop))
        await asyncio.sleep(0.1)
        assert setup.sync.applied_version("acme") == 0
        with pytest.raises(IndexLocked):
            await setup.sync.apply_pending()
        with pytest.raises(IndexUnavailable):
            await setup.held("acme")
    await TestRun.until_applied(setup, version)
    assert await setup.agree("acme")
    stop.set()
    await asyncio.wait_for(task, 5)


class TestRebuilding:
    async def test_the_new_collection_holds_what_is_current(self, setup: Setup) -> None:
        await setup.publish("acme", Page("a.md", "one\ntwo"), Page("b.md", "three"))
        await setup.publish("globex", Page("a.md", "other"))
        await setup.sync.apply_pending()
        await setup.index.add("acme", DIGEST, ["stray:0"], version_of(Page("x", "stray")).vectors)
        await setup.sync.rebuild("acme")
        assert await setup.agree("acme", "globex")
        assert (await setup.sync.compare("acme", vectors=True)).equal

    async def test_publications_meanwhile_are_not_lost(self, setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
        await setup.publish("acme", Page("a.md", "one"), Page("b.md", "two"))
        await setup.sync.apply_pending()
        switch = setup.index.switch
        read = ChunkVectorRepository.read

        async def publish_while_reading(
            self: ChunkVectorRepository, tenant: str, ids: Sequence[str]
        ) -> dict[str, Vectors]:
            found = await read(self, tenant, ids)
            monkeypatch.setattr(ChunkVectorRepository, "read", read)
            await setup.publish("acme", Page("a.md", "changed"), removed=("b.md",))
            return found

        async def switch_before_searches(tenant: str, digest: str) -> None:
            assert await setup.agree("acme"), "the one in use follows until the switch"
            await switch(tenant, digest)

        monkeypatch.setattr(ChunkVectorRepository, "read", publish_while_reading)
        monkeypatch.setattr(setup.index, "switch", switch_before_searches)
        await setup.sync.rebuild("acme")
        assert await setup.agree("acme")

    async def test_a_tenant_without_documents_has_nothing_to_rebuild(self, setup: Setup) -> None:
        await setup.publish("acme", Page("a.md", "one"))
        await setup.publish("acme", removed=("a.md",))
        await setup.sync.apply_pending()
        await setup.sync.rebuild("acme")
        assert await setup.held("acme") == set()

    @pytest.mark.parametrize("steps", [0, 1, 2, 3])
    async def test_a_crash_at_any_step_leaves_one_whole_collection(self, setup: Setup, steps: int) -> None:
        """Steps of a switch: nothing, old retired, new named, old deleted; then the process is gone."""
        await setup.publish("acme", Page("a.md", "one\ntwo"))
        await setup.sync.apply_pending()
        ids = sorted(await setup.held("acme"))
        vectors = np.stack(list((await setup.index.vectors("acme", DIGEST, ids)).values()))
        await setup.index.add("acme", DIGEST + REBUILT, ids, vectors)
        name, client = setup.index._name("acme", DIGEST), setup.index._client
        done = 0
        for rename_from, rename_to in ((name, f"{name}-retired"), (name + REBUILT, name)):
            if done < steps:
                client.get_collection(rename_from, embedding_function=None).modify(name=rename_to)
                done += 1
        if done < steps:
            client.delete_collection(f"{name}-retired")
        await setup.index.close()
        again = VectorIndex(setup.directory, "knowledge")
        await again.open()
        assert await again.ids("acme", DIGEST) == set(ids)
        assert [collection.name for collection in again._client.list_collections()] == [name]
        await again.close()


class TestWiping:
    @staticmethod
    async def erase_one(setup: Setup) -> set[str]:
        """The ids that remain after a document was erased whose vectors are still in the files."""
        await setup.publish("acme", Page("a.md", "one\ntwo"), Page("b.md", "three"))
        await setup.sync.apply_pending()
        document = next(summary for summary in await setup.documents.documents("acme") if summary.source == "b.md")
        await Eraser(setup.database).erase("acme", document.document_id)
        await setup.sync.apply_pending()
        return await setup.held("acme")

    async def test_the_copy_holds_what_remains(self, setup: Setup) -> None:
        left = await self.erase_one(setup)
        assert len(left) == 2
        await setup.sync.forget_erased()
        assert await setup.held("acme") == left
        assert (await setup.sync.compare("acme", vectors=True)).equal
        assert not list(setup.directory.glob("*.unwiped"))

    @pytest.mark.parametrize("survived", range(4))
    async def test_a_crash_at_any_change_of_collections_loses_nothing(
        self, setup: Setup, monkeypatch: pytest.MonkeyPatch, survived: int
    ) -> None:
        """Old renamed, new named, old deleted: the process ends before the first, second ... of them, or after all."""
        left = await self.erase_one(setup)
        changes = 0

        def dying(change: Callable[..., object]) -> Callable[..., object]:
            def call(*arguments: object, **named: object) -> object:
                nonlocal changes
                changes += 1
                if changes > survived:
                    raise OSError("killed")
                return change(*arguments, **named)

            return call

        with monkeypatch.context() as patched:
            client = type(setup.index._client)
            patched.setattr(Collection, "modify", dying(Collection.modify))
            patched.setattr(client, "delete_collection", dying(client.delete_collection))
            patched.setattr(index_wipe, "finish", dying(index_wipe.finish))
            with pytest.raises(IndexUnavailable):
                await setup.index.wipe()
        await setup.index.close()
        again = VectorIndex(setup.directory, "knowledge")
        await again.open()
        try:
            assert await again.ids("acme", DIGEST) == left
            assert len(again._client.list_collections()) == 1
            await again.wipe()
            assert await again.ids("acme", DIGEST) == left
            assert not list(setup.directory.glob("*.unwiped"))
        finally:
            await again.close()


async def test_wrong_vectors_are_found_and_mended(setup: Setup) -> None:
    await setup.publish("acme", Page("a.md", "one\ntwo"))
    await setup.sync.apply_pending()
    wrong = sorted(await setup.held("acme"))[:1]
    await setup.index.add("acme", DIGEST, wrong, version_of(Page("x", "stray")).vectors)
    assert (await setup.sync.compare("acme")).equal
    assert (await setup.sync.reconcile("acme", vectors=True)).wrong == frozenset(wrong)
    assert (await setup.sync.compare("acme", vectors=True)).equal
