"""Uploads against a real service: killed in the middle of a job, and refused before their bodies are read."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from sqlalchemy import func, select

from app.settings import Settings
from app.storage.database import Database
from app.storage.tables import IngestionJobRow, VersionRow
from scripts.create_api_key import create
from tests.e2e.server import ROOT, free_port, running
from tests.e2e.uploading import DOCUMENTS, JOBS, Knowledge, migrated, plans
from tests.embeddings.models import MODELS

FILES = 40


@pytest.fixture
def settings(blank_database_url: str, tmp_path: Path) -> Settings:
    settings: Settings = migrated(tmp_path, blank_database_url, max_upload_bytes=100_000)
    return settings


@contextmanager
def process(folder: Path, database_url: str) -> Iterator[tuple[Knowledge, subprocess.Popen[bytes]]]:
    """A service in a process of its own, and its client; killed at the end if it still runs."""
    port = free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "CHROMA_PERSIST_DIR": str(folder / "chroma"),
        "UPLOAD_DIR": str(folder / "uploads"),
        "MODEL_CACHE_DIR": str(MODELS),
        "UPLOAD_LEASE_SECONDS": "1",
        "ENABLE_METRICS": "false",
        "API_PORT": str(port),
        "LOG_LEVEL": "ERROR",
    }
    with subprocess.Popen([sys.executable, "-m", "app"], cwd=ROOT, env=environment) as service:
        try:
            with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                _until_ready(client, service)
                yield Knowledge(client), service
        finally:
            service.send_signal(signal.SIGKILL)


def _until_ready(client: httpx2.Client, service: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert service.poll() is None
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.1)
    pytest.fail("the service did not become ready")


async def _stored(url: str) -> tuple[int, list[tuple[str, int]]]:
    """How many versions there are, and the state and attempts of every job."""
    database = Database(url)
    await database.connect()
    try:
        async with database.snapshot() as session:
            versions = (await session.execute(select(func.count()).select_from(VersionRow))).scalar_one()
            jobs = await session.execute(select(IngestionJobRow.state, IngestionJobRow.attempts))
            return versions, [(row[0], row[1]) for row in jobs]
    finally:
        await database.close()


def test_a_job_that_was_killed_is_finished_exactly_once(blank_database_url: str, tmp_path: Path) -> None:
    migrated(tmp_path, blank_database_url)
    files: dict[str, str | bytes] = {
        f"plans-{n}.md": plans(f"${n + 100}").replace("Harbor", f"H{n}") for n in range(FILES)
    }
    once = {"Idempotency-Key": "one-upload"}
    with process(tmp_path, blank_database_url) as (knowledge, service):
        job_id = knowledge.upload(files, once).json()["job_id"]
        deadline = time.monotonic() + 60
        while knowledge.get(f"{JOBS}/{job_id}")["state"] == "queued" and time.monotonic() < deadline:
            time.sleep(0.01)
        service.send_signal(signal.SIGKILL)
        service.wait()
    assert asyncio.run(_stored(blank_database_url))[1] == [("running", 1)], "the kill must come in the middle"
    with process(tmp_path, blank_database_url) as (knowledge, _):
        job = knowledge.wait(job_id)
        assert (job["state"], job["progress"]) == ("done", {"done": FILES, "total": FILES})
        assert {file["status"] for file in job["files"]} == {"indexed"}
        assert knowledge.upload(files, once).json()["job_id"] == job_id
        documents = knowledge.documents(limit=100)
        assert set(documents) == set(files)
        assert {document["version"] for document in documents.values()} == {1}
        assert not (tmp_path / "uploads" / job_id).exists()
    versions, jobs = asyncio.run(_stored(blank_database_url))
    assert (versions, jobs) == (FILES, [("done", 2)])


class TestLimits:
    """What is refused by its headers or its length is refused while the body is still missing."""

    @pytest.fixture
    def dialect(self) -> str:
        return "sqlite"

    @pytest.fixture
    def url(self, settings: Settings) -> Iterator[str]:
        asyncio.run(create("acme", "crm", settings.database_url))
        with running(settings.model_copy(update={"require_api_key": True})) as url:
            yield url

    @pytest.fixture
    def key(self, settings: Settings) -> str:
        return asyncio.run(create("acme", "uploads", settings.database_url)).key

    @staticmethod
    def answer(url: str, headers: dict[str, str], parts: int = 0) -> tuple[int, int]:
        """The status of an upload whose body never ends, and how many of at most `parts` pieces could be sent."""
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        form = "Content-Type: multipart/form-data; boundary=edge\r\n"
        piece = b"x" * 8192
        first = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.md"\r\n\r\n'
        address = urlsplit(url)
        with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=20) as connection:
            connection.sendall(f"POST {DOCUMENTS} HTTP/1.1\r\nHost: {address.netloc}\r\n{form}{head}\r\n".encode())
            sent = 0
            connection.setblocking(False)
            deadline = time.monotonic() + 20
            received = b""
            while b"\r\n" not in received and time.monotonic() < deadline:
                try:
                    received += connection.recv(4096)
                    continue
                except BlockingIOError:
                    pass
                if sent < parts:
                    data = first if sent == 0 else piece
                    connection.setblocking(True)
                    connection.sendall(f"{len(data):x}\r\n".encode() + data + b"\r\n")
                    connection.setblocking(False)
                    sent += 1
                time.sleep(0.01)
        return int(received.split(b" ")[1]), sent

    def test_a_declared_length_is_refused_before_any_of_it(self, url: str, key: str) -> None:
        status, _ = self.answer(url, {"X-API-Key": key, "Content-Length": "100001"})
        assert status == 413

    def test_an_undeclared_length_is_refused_as_soon_as_it_is_too_much(
        self, url: str, key: str, tmp_path: Path
    ) -> None:
        status, sent = self.answer(url, {"X-API-Key": key, "Transfer-Encoding": "chunked"}, parts=500)
        assert status == 413
        assert sent < 100, "only what fits and what was under way"
        assert [path for path in (tmp_path / "uploads").iterdir() if path.is_dir()] == []

    @pytest.mark.parametrize("key", [None, "wrong", "lfa_00000000_unknown"])
    def test_strangers_are_refused_before_the_body(self, url: str, key: str | None) -> None:
        given = {} if key is None else {"X-API-Key": key}
        for length in ("90000", "100001"):
            assert self.answer(url, {**given, "Content-Length": length})[0] == 401
