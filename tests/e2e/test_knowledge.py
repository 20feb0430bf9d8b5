"""Uploading, listing, showing, erasing and searching documents over HTTP, on either kind of database."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select, text

from app.settings import Settings
from app.storage.database import Database
from app.storage.migrate import migration_engine
from app.storage.tables import ChunkRow
from scripts.create_api_key import create
from tests.e2e.server import running
from tests.e2e.uploading import DOCUMENTS, JOBS, Knowledge, migrated, plans


@pytest.fixture
def settings(blank_database_url: str, tmp_path: Path) -> Settings:
    settings: Settings = migrated(tmp_path, blank_database_url)
    return settings


@pytest.fixture
def knowledge(settings: Settings) -> Iterator[Knowledge]:
    with running(settings) as url, httpx2.Client(base_url=url, timeout=60) as client:
        yield Knowledge(client)


def test_an_uploaded_document_is_found_quoted_and_replaced(knowledge: Knowledge) -> None:
    assert knowledge.ask()["grounding"]["verdict"] == "no_evidence"
    job = knowledge.ingest({"pricing/plans.md": plans("$240")}, effective_date="2026-05-20")
    assert (job["state"], job["progress"], job["error"]) == ("done", {"done": 1, "total": 1}, None)
    [file] = job["files"]
    assert (file["name"], file["status"], file["reason"], file["chunks"]) == ("pricing/plans.md", "indexed", None, 1)
    answer = knowledge.ask()
    assert "$240" in answer["message"]
    assert answer["degraded"] == []
    assert knowledge.ingest({"pricing/plans.md": plans("$265")})["files"][0]["document_id"] == file["document_id"]
    answer = knowledge.ask()
    assert "$265" in answer["message"]
    assert "$240" not in answer["message"]
    shown = knowledge.get(f"{DOCUMENTS}/{file['document_id']}")
    assert [(version["number"], version["current"]) for version in shown["versions"]] == [(2, True), (1, False)]
    assert (shown["source_type"], shown["origin"], shown["effective_date"]) == ("pricing", "upload", None)
    assert shown["versions"][1]["effective_date"] == "2026-05-20"
    [chunk] = shown["chunk_page"]["items"]
    assert "$265" in chunk["text"]
    assert knowledge.ingest({"pricing/plans.md": plans("$265")})["files"][0]["status"] == "unchanged"


async def test_chunks_of_replaced_versions_go_while_the_service_runs(knowledge: Knowledge, settings: Settings) -> None:
    for price in ("$240", "$265", "$280"):
        knowledge.ingest({"plans.md": plans(price)})
    database = Database(settings.database_url)
    await database.connect()
    try:
        deadline = time.monotonic() + 20
        while (rows := await _chunks(database)) != 1 and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
        assert rows == 1
    finally:
        await database.close()
    [document] = knowledge.documents().values()
    shown = knowledge.get(f"{DOCUMENTS}/{document['document_id']}")
    assert [version["chunks"] for version in shown["versions"]] == [1, 1, 1]
    assert "$280" in knowledge.ask()["message"]


async def _chunks(database: Database) -> int:
    async with database.snapshot() as session:
        return (await session.execute(select(func.count()).select_from(ChunkRow))).scalar_one()


def test_uploads_that_contradict_each_other_say_so(knowledge: Knowledge) -> None:
    first = knowledge.ingest({"plans.md": plans("$240")})
    assert first["conflicts"] == []
    second = knowledge.ingest({"offer.md": plans("$265")})
    [conflict] = second["conflicts"]
    assert conflict["status"] == "conflicting"
    assert {(side["source"], side["figure"]) for side in conflict["sides"]} == {
        ("plans.md", "$240 per month"),
        ("offer.md", "$265 per month"),
    }
    for job in (first, second):
        shown = knowledge.get(f"{DOCUMENTS}/{job['files'][0]['document_id']}")
        assert shown["conflicts"] == second["conflicts"]
    message = knowledge.ask()["message"]
    assert "$240" not in message
    assert "$265" not in message
    knowledge.ingest({"offer.md": plans("$240")})
    assert knowledge.get(f"{JOBS}/{second['job_id']}")["conflicts"] == []
    assert knowledge.get(JOBS)["jobs"][0]["conflicts"] is None


def test_each_file_has_its_own_outcome(knowledge: Knowledge) -> None:
    job = knowledge.ingest({"good.md": plans("$240"), "empty.txt": b" ", "broken.pdf": b"%PDF-1.7 nothing"})
    outcomes = {file["name"]: (file["status"], file["reason"]) for file in job["files"]}
    assert job["state"] == "done"
    assert outcomes["good.md"] == ("indexed", None)
    assert outcomes["empty.txt"][1] == "empty"
    assert outcomes["broken.pdf"][1] == "malformed"
    assert all(file["message"].endswith(".") for file in job["files"] if file["status"] != "indexed")
    assert set(knowledge.documents()) == {"good.md"}


def test_lists_are_paged_and_filtered(knowledge: Knowledge) -> None:
    names = [f"{letter}.md" for letter in "Bzaéç"]
    for name in names:
        knowledge.ingest({name: f"# Notes {name}\n\nThe text of {name} is its own."})
    knowledge.ingest({"pricing/fees.md": "# Fees_of %\n\nFive percent."})
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = knowledge.get(DOCUMENTS, **query)
        seen += [document["name"] for document in page["documents"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == sorted([*names, "pricing/fees.md"])
    assert set(knowledge.documents(source_type="pricing")) == {"pricing/fees.md"}
    assert set(knowledge.documents(text="FEES_OF %")) == {"pricing/fees.md"}
    assert knowledge.documents(text="s_of_") == {}
    first = knowledge.get(JOBS, limit=4)
    rest = knowledge.get(JOBS, limit=4, cursor=first["next_cursor"])
    jobs = [job["files"][0]["name"] for job in [*first["jobs"], *rest["jobs"]]]
    assert jobs == ["pricing/fees.md", *reversed(names)]
    assert rest["next_cursor"] is None


def test_passages_of_a_restored_database_are_read_anew(knowledge: Knowledge, settings: Settings) -> None:
    """Without a restart: another database has come to the same number with other texts."""
    knowledge.ingest({"plans.md": plans("$240")})
    query: dict[str, Any] = {"query": "Harbor plan costs", "rag_config": {"retrieval_threshold": 0}}
    assert "$240" in str(knowledge.search(**query)["searches"][0]["passages"])
    engine = migration_engine(settings.database_url)
    try:
        with engine.begin() as connection:
            connection.execute(text("UPDATE chunks SET text = replace(text, '$240', '$265')"))
            connection.execute(text("UPDATE tenants SET publication = 'restored'"))
    finally:
        engine.dispose()
    time.sleep(settings.index_poll_seconds)
    assert "$265" in str(knowledge.search(**query)["searches"][0]["passages"])


def test_a_refused_upload_names_the_file(knowledge: Knowledge) -> None:
    several: dict[str, str | bytes] = {f"{n}.md": plans(f"${n}") for n in range(3)}
    unread = knowledge.upload({**several, "photo.png": b"PNG"})
    assert unread.status_code == 415
    assert unread.json()["message"].startswith("photo.png: .png is not read;")
    assert unread.json()["details"][0] | {"fix": ""} == {
        "field": "file[3]", "name": "photo.png", "problem": "format not supported", "fix": ""
    }  # fmt: skip
    twice = knowledge.upload({"a.md": plans("$1"), "A.md": plans("$2")})
    assert (twice.status_code, twice.json()["message"][:5]) == (422, "A.md:")


def test_one_key_makes_one_job(knowledge: Knowledge) -> None:
    key = {"Idempotency-Key": "a-1"}
    first = knowledge.upload({"plans.md": plans("$240")}, key)
    again = knowledge.upload({"plans.md": plans("$240")}, key)
    other = knowledge.upload({"plans.md": plans("$999")}, key)
    assert first.json()["job_id"] == again.json()["job_id"]
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    knowledge.wait(first.json()["job_id"])
    assert knowledge.upload({"plans.md": plans("$240")}, key).json()["state"] == "done"
    assert len(knowledge.get(JOBS)["jobs"]) == 1


def test_two_uploads_at_once_lose_nothing(knowledge: Knowledge) -> None:
    jobs = [knowledge.upload({f"{n}.md": plans(f"${n}00"), "shared.md": plans(f"${n}")}).json() for n in range(1, 6)]
    assert {knowledge.wait(job["job_id"])["state"] for job in jobs} == {"done"}
    assert set(knowledge.documents()) == {"1.md", "2.md", "3.md", "4.md", "5.md", "shared.md"}
    shown = knowledge.get(f"{DOCUMENTS}/{knowledge.documents()['shared.md']['document_id']}")
    assert "$5 per month" in shown["chunk_page"]["items"][0]["text"]
    assert len(shown["versions"]) == 5


# --------------------------------------------------------------------------- tenants


@pytest.fixture
def tenants(settings: Settings) -> Iterator[tuple[Knowledge, Knowledge]]:
    keys = [asyncio.run(create(name, "crm", settings.database_url)).key for name in ("acme", "globex")]
    guarded = settings.model_copy(update={"require_api_key": True})
    with running(guarded) as url, httpx2.Client(base_url=url, timeout=60) as client:
        yield Knowledge(client, keys[0]), Knowledge(client, keys[1])


def test_no_tenant_sees_or_erases_what_is_anothers(tenants: tuple[Knowledge, Knowledge]) -> None:
    owner, stranger = tenants
    job = owner.ingest({"plans.md": plans("$240")})
    document = f"{DOCUMENTS}/{job['files'][0]['document_id']}"
    requests = [
        ("GET", f"{JOBS}/{job['job_id']}", f"{JOBS}/missing"),
        ("GET", document, f"{DOCUMENTS}/missing"),
        ("DELETE", document, f"{DOCUMENTS}/missing"),
    ]
    for method, foreign, missing in requests:
        answers = [
            stranger.client.request(method, path, headers={**stranger.headers, "X-Request-ID": "same"})
            for path in (foreign, missing)
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
    assert stranger.documents() == {}
    assert stranger.get(JOBS)["jobs"] == []
    assert stranger.search(query="Harbor plan price", include_rejected=True)["searches"][0]["passages"] == []
    cursor = owner.get(DOCUMENTS, limit=1)["next_cursor"]
    assert cursor is None
    assert "$240" in owner.ask()["message"]
    key = {"Idempotency-Key": "same for both"}
    mine, theirs = (tenant.upload({"a.md": plans("$1")}, key).json()["job_id"] for tenant in tenants)
    assert mine != theirs
    for method, path in (
        ("GET", JOBS),
        ("GET", DOCUMENTS),
        ("POST", DOCUMENTS),
        ("DELETE", document),
        ("GET", document),
    ):
        assert owner.client.request(method, path).status_code == 401
