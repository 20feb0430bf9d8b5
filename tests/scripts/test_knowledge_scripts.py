"""The real command lines in real processes, with the packaged embedding model."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from app.embeddings.backends import build_embedder
from app.knowledge.index_lock import IndexLock
from app.knowledge.vector_index import VectorIndex
from app.settings import load_settings
from app.storage.database import Database
from app.storage.documents import DocumentRepository
from app.storage.migrate import upgrade
from app.storage.tables import ChunkRow
from tests.embeddings.models import MODELS

ROOT = Path(__file__).resolve().parents[2]
SERVE = """
import asyncio, sys
from app.knowledge.workbench import open_workbench
from app.settings import load_settings
async def main():
    async with open_workbench(load_settings()) as bench:
        await bench.sync.catch_up()
        print("ready", flush=True)
        await bench.sync.run(0.2, asyncio.Event(), bench.care.serve)
asyncio.run(main())
"""


class Site:
    """One installation: a database, an index and a folder of documents, all in a temporary place."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite+aiosqlite:///{folder}/var/followup.db"
        self.index = folder / "chroma"
        self.documents = folder / "kb"
        for name, text in {
            "pricing/plans.md": "# Plans\n\nThe Team plan costs $299 per month.\n\n## Enterprise\n\nAsk for a quote.",
            "notes.txt": "Plain notes about onboarding in ten days.",
        }.items():
            self.write(name, text)

    def write(self, name: str, content: str | bytes) -> None:
        path = self.documents / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    @property
    def environment(self) -> dict[str, str]:
        own = {"DATABASE_URL": self.url, "CHROMA_PERSIST_DIR": str(self.index), "MODEL_CACHE_DIR": str(MODELS)}
        return {
            **os.environ,
            **own,
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "200",
            "HF_HUB_OFFLINE": "1",
            "OMP_NUM_THREADS": "1",
        }

    def command(self, script: str, *arguments: str) -> list[str]:
        return [sys.executable, str(ROOT / "scripts" / script), *arguments]

    def run(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(script, *arguments),
            env=self.environment,
            cwd=self.documents.parent,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stderr
        return done

    def ingest(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("ingest_documents.py", "--source", str(self.documents), *arguments)

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[str]]:
        """A process that owns the index and keeps it up to date, as the service does."""
        with subprocess.Popen(
            [sys.executable, "-c", SERVE], env=self.environment, cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            try:
                assert process.stdout.readline() == "ready\n"
                yield process
            finally:
                process.kill()

    async def held(self) -> set[str]:
        index = VectorIndex(self.index, "lead_knowledge_base")
        await index.open()
        try:
            return await index.ids("default", model_digest())
        finally:
            await index.close()

    async def stored(self, tenant: str = "default") -> tuple[set[str], list[str], int]:
        """Current chunk ids, sources, and the number of versions left staged."""
        database = Database(self.url)
        await database.connect()
        try:
            documents = DocumentRepository(database)
            names = [document.source for document in await documents.documents(tenant)]
            return await documents.current_chunk_ids(tenant), names, (await documents.counts(tenant)).staged
        finally:
            await database.close()

    async def chunk_rows(self) -> set[str]:
        """The chunks of all versions, current or not."""
        database = Database(self.url)
        await database.connect()
        try:
            async with database.snapshot() as session:
                return set((await session.execute(select(ChunkRow.id))).scalars())
        finally:
            await database.close()


def model_digest() -> str:
    return build_embedder(load_settings().models.rag, MODELS).digest


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.mark.parametrize("script", ["ingest_documents.py", "verify_vectordb.py", "calibrate_relevance.py"])
def test_explains_itself(site: Site, script: str) -> None:
    done = site.run(script, "--help")
    assert done.returncode == 0
    assert "--help" in done.stdout


async def test_chunks_of_replaced_documents_go_with_the_ingestion(site: Site) -> None:
    site.ingest()
    site.write("notes.txt", "Notes about onboarding in twelve days.")
    assert site.ingest().returncode == 0
    ids, _, _ = await site.stored()
    assert await site.chunk_rows() == ids == await site.held()


async def test_ingests_into_an_empty_installation_and_verifies(site: Site) -> None:
    done = site.ingest()
    assert (done.returncode, done.stderr) == (0, "")
    assert "The vector index is up to date" in done.stdout
    ids, names, staged = await site.stored()
    assert (names, staged) == (["notes.txt", "pricing/plans.md"], 0)
    assert await site.held() == ids
    again = site.ingest()
    assert again.returncode == 0
    assert await site.held() == (await site.stored())[0] == ids
    verified = site.run("verify_vectordb.py")
    assert (verified.returncode, verified.stderr) == (0, "")
    assert "equal to the database" in verified.stdout


async def test_refused_documents_are_named_and_the_exit_code_says_so(site: Site) -> None:
    site.write("broken[1].pdf", b"%PDF-1.7\nnot really")
    site.write("LICENSE", "MIT")
    done = site.ingest()
    assert done.returncode == 1
    assert "refused (malformed): broken[1].pdf: " in done.stdout
    assert "ignored: LICENSE: Not a document." in done.stdout
    assert (await site.stored())[1] == ["notes.txt", "pricing/plans.md"]


def test_a_report_names_every_file(site: Site) -> None:
    site.write("empty.md", " ")
    path = site.documents.parent / "out.json"
    dry = site.ingest("--dry-run", "--workers", "2", "--report", str(path))
    assert (dry.returncode, "Dry run, nothing was stored" in dry.stdout) == (1, True)
    planned = json.loads(path.read_text(encoding="utf-8"))
    done = site.ingest("--report", str(path))
    assert done.returncode == 1
    report = json.loads(path.read_text(encoding="utf-8"))
    words = {"empty.md": "empty", "notes.txt": "indexed", "pricing/plans.md": "indexed"}
    for written in (planned, report):
        assert {file["source"]: file["status"] for file in written["files"]} == words
        assert written["counts"] == {"empty": 1, "indexed": 2}
    assert (planned["dry_run"], planned["knowledge_version"]) == (True, 0)
    assert (report["dry_run"], report["knowledge_version"]) == (False, 1)
    unwritable = site.ingest("--report", str(path.parent))
    assert (unwritable.returncode, "--report" in unwritable.stderr) == (2, True)


async def test_if_empty_ingests_only_once(site: Site) -> None:
    assert site.ingest("--if-empty").returncode == 0
    site.write("new.md", "Something new.")
    assert site.ingest("--if-empty").stdout == ""
    assert len((await site.stored())[1]) == 2


@pytest.mark.parametrize(
    ("script", "arguments", "variables", "sentence"),
    [
        ("ingest_documents.py", ["--source", "nowhere"], {}, "There is no file or folder nowhere."),
        ("ingest_documents.py", ["--source", "kb"], {"EMBEDDING_MODEL": "/no/model"}, "EMBEDDING_MODEL"),
        ("ingest_documents.py", ["--source", "kb"], {"DATABASE_URL": "mysql://x"}, "DATABASE_URL"),
        ("verify_vectordb.py", [], {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "database"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    site: Site,
    script: str,
    arguments: list[str],
    variables: dict[str, str],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Site, "environment", {**site.environment, **variables})
    done = site.run(script, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr


class TestWithARunningService:
    async def test_an_ingestion_is_picked_up_without_a_lock_error(self, site: Site) -> None:
        upgrade(site.url)
        with site.serving() as process:
            done = site.ingest()
            assert (done.returncode, done.stderr) == (0, "")
            assert "Picked up by the running service in" in done.stdout
            process.kill()
        assert await site.held() == (await site.stored())[0]

    def test_it_verifies_repairs_and_rebuilds_for_others(self, site: Site) -> None:
        site.ingest()
        with site.serving():
            verified = site.run("verify_vectordb.py")
            assert (verified.returncode, verified.stderr) == (0, "")
            assert "equal to the database" in verified.stdout
            rebuilt = site.run("verify_vectordb.py", "--rebuild")
            assert (rebuilt.returncode, "default: rebuilt" in rebuilt.stdout) == (0, True)

    def test_an_owner_that_does_not_answer_is_named(self, site: Site) -> None:
        site.ingest()
        lock = IndexLock(site.index)
        lock.acquire("process 4711")
        try:
            done = site.run("verify_vectordb.py", "--wait", "1")
        finally:
            lock.release()
        assert (done.returncode, done.stdout) == (2, "")
        assert "process 4711" in done.stderr
        assert "within 1 s" in done.stderr


@pytest.mark.slow
class TestKilled:
    async def test_a_killed_ingestion_leaves_all_or_nothing_and_the_next_one_finishes(self, site: Site) -> None:
        for number in range(30):
            site.write(f"page_{number:02}.md", f"# Page {number}\n\n" + f"Fact {number} about invoices. " * 60)
        upgrade(site.url)
        for enough in (1, 9, 20):
            with subprocess.Popen(
                site.command("ingest_documents.py", "--source", str(site.documents)),
                env=site.environment,
                stdout=subprocess.DEVNULL,
            ) as process:
                while (await site.stored())[2] < enough:
                    assert process.poll() is None
                    await asyncio.sleep(0.02)
                process.kill()
            assert (await site.stored())[:2] == (set(), [])
        assert site.ingest().returncode == 0
        ids, names, staged = await site.stored()
        assert (len(names), staged) == (32, 0)
        assert len({chunk_id.split(":")[0] for chunk_id in ids}) == 32
        assert await site.held() == ids
        assert site.run("verify_vectordb.py").returncode == 0


class TestDamagedIndex:
    async def damage(self, site: Site) -> None:
        site.ingest()
        lost = sorted(await site.held())[:2]
        index = VectorIndex(site.index, "lead_knowledge_base")
        await index.open()
        await index.remove("default", model_digest(), lost)
        await index.close()

    async def test_is_found_and_mended(self, site: Site) -> None:
        await self.damage(site)
        found = site.run("verify_vectordb.py")
        assert found.returncode == 1
        assert "Differences found." in found.stdout
        mended = site.run("verify_vectordb.py", "--tenant", "default", "--repair")
        assert mended.returncode == 1
        assert "default: repaired" in mended.stdout
        assert site.run("verify_vectordb.py").returncode == 0
        assert await site.held() == (await site.stored())[0]

    async def test_wrong_vectors_are_found_by_searching_and_mended(self, site: Site) -> None:
        site.ingest()
        ids = sorted(await site.held())
        index = VectorIndex(site.index, "lead_knowledge_base")
        await index.open()
        await index.add("default", model_digest(), ids, np.ones((len(ids), 384), dtype=np.float32))
        await index.close()
        assert site.run("verify_vectordb.py").returncode == 1
        assert "default: repaired" in site.run("verify_vectordb.py", "--repair").stdout
        assert site.run("verify_vectordb.py").returncode == 0
