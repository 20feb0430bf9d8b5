"""An erased document leaves nothing: not in answers, not in lists, not in the bytes of any file."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import psycopg
import pytest
import redis
from sqlalchemy.engine import make_url

from app.embeddings.base import Embedder
from app.settings import Settings
from tests.e2e.server import running
from tests.e2e.uploading import DOCUMENTS, Knowledge, migrated, plans

CANARY = "zzyzxcanary"
SECRET = f"# The {CANARY} memo\n\nDepot Planner's {CANARY} clause costs $777 per month for the Harbor plan.\n"


@pytest.fixture
def settings(blank_database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    settings: Settings = migrated(tmp_path, blank_database_url, redis_url=redis_url)
    return settings


@pytest.fixture
def knowledge(settings: Settings, embedder: Embedder) -> Iterator[Knowledge]:
    with running(settings) as url, httpx2.Client(base_url=url, timeout=60) as client:
        yield Knowledge(client)


def traces(folder: Path, needles: list[bytes]) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    contents = {path: path.read_bytes().lower() for path in files}
    return [path.name for path, data in contents.items() if any(needle in data for needle in needles)]


def rows_holding(url: str, needle: str) -> list[str]:
    """The tables of a PostgreSQL database in which a row holds `needle`."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        found = []
        for (table,) in tables:
            query = f'SELECT 1 FROM "{table}" AS row WHERE row::text ILIKE %s LIMIT 1'
            if connection.execute(query.encode(), (f"%{needle}%",)).fetchone():
                found.append(table)
        return found


def test_an_erased_document_is_nowhere(
    knowledge: Knowledge, settings: Settings, tmp_path: Path, redis_url: str
) -> None:
    kept = knowledge.ingest({"plans.md": plans("$240")})
    knowledge.ingest({"memo.md": SECRET.replace("$777", "$666")})
    job = knowledge.ingest({"memo.md": SECRET})
    document = f"{DOCUMENTS}/{job['files'][0]['document_id']}"
    found = knowledge.search(query=f"{CANARY} clause", rag_config={"retrieval_threshold": 0})
    chunk = found["searches"][0]["passages"][0]
    assert CANARY in chunk["text"]
    sqlite = settings.database_url.startswith("sqlite")
    needles = [CANARY.encode(), chunk["chunk_id"].encode()]
    assert traces(tmp_path, needles), "the search for traces must find them before, or it proves nothing"
    erased = knowledge.client.delete(document)
    assert (erased.status_code, erased.json()["versions"], erased.json()["still_wiping"]) == (200, 2, [])
    again = knowledge.search(query=f"{CANARY} clause", include_rejected=True, rag_config={"retrieval_threshold": 0})
    assert CANARY not in str(again["searches"][0]["passages"] + again["searches"][0]["rejected"])
    assert [knowledge.client.request(method, document).status_code for method in ("GET", "DELETE")] == [404, 404]
    assert set(knowledge.documents(include_removed=True)) == {"plans.md"}
    # Jobs keep the names of files, so the canary is in the content alone.
    assert traces(tmp_path, [CANARY.encode()]) == []
    assert traces(tmp_path / "chroma", needles) == []
    assert sqlite or rows_holding(settings.database_url, CANARY) == []
    with redis.Redis.from_url(redis_url) as client:
        assert not [key for key in client.scan_iter("*") if CANARY.encode() in (client.get(key) or b"").lower()]
    assert "$240" in knowledge.ask()["message"]
    assert kept["files"][0]["document_id"] in str(knowledge.documents())


def test_messages_stop_quoting_at_once_and_the_audit_keeps_what_was_sent(knowledge: Knowledge, redis_url: str) -> None:
    job = knowledge.ingest({"plans.md": plans("$240")})
    assert "$240" in knowledge.ask()["message"]
    assert knowledge.ask()["cached"]
    assert knowledge.client.delete(f"{DOCUMENTS}/{job['files'][0]['document_id']}").status_code == 200
    after = knowledge.ask()
    assert "$240" not in after["message"]
    assert after["grounding"]["verdict"] == "no_evidence"
    with redis.Redis.from_url(redis_url) as client:
        assert not [key for key in client.scan_iter("followup:*") if b"$240" in (client.get(key) or b"")]
    knowledge.ingest({"plans.md": plans("$265")})
    # A publication is seen within two seconds; until then the answer without documents may still be given.
    deadline = time.monotonic() + 2
    while "$265" not in (message := knowledge.ask()["message"]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert "$265" in message
