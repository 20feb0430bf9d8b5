"""A publication is seen as a whole or not at all: by readers at the same time, and after the process was killed."""

import asyncio
import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from app.knowledge.lexical_index import LexicalIndex
from app.storage.database import Database
from app.storage.documents import DocumentRepository
from app.storage.index_log import IndexLog
from app.storage.publishing import publish_versions
from app.storage.rows import utc_now
from tests.storage.building import Source, new_version, publish

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = 12


def generation(number: int) -> list[Source]:
    """The whole folder, every chunk naming the generation it belongs to."""
    return [
        Source(
            source=f"{at:02}.md",
            texts=[f"Generation {number} of billing document {at}."] * 3,
            content_hash=f"{at}-{number}",
        )
        for at in range(DOCUMENTS)
    ]


async def assert_whole(database: Database, tenant: str = "acme") -> int:
    """Every view of the tenant shows one and the same generation, and it is complete; its number, 0 = none."""
    repository = DocumentRepository(database)
    version = await repository.knowledge_version(tenant)
    ids = sorted(await repository.current_chunk_ids(tenant))
    texts = {chunk.text for chunk in (await repository.chunks(tenant, ids)).values()}
    found = await LexicalIndex(database).search(tenant, "billing document", 10 * DOCUMENTS)
    if await repository.knowledge_version(tenant) != version:
        return version
    assert len(ids) == len(found) == (3 * DOCUMENTS if version else 0)
    assert {chunk_id for chunk_id, _ in found} == set(ids)
    assert len({text.split(" of ")[0] for text in texts}) == min(version, 1)
    return version


async def test_readers_never_see_a_half(database: Database) -> None:
    repository = DocumentRepository(database)
    await publish(repository, "acme", *generation(0))
    done = asyncio.Event()

    async def read() -> set[int]:
        seen = set()
        while not done.is_set():
            seen.add(await assert_whole(database))
        return seen

    readers = [asyncio.create_task(read()) for _ in range(3)]
    for number in range(1, 6):
        await publish(repository, "acme", *generation(number))
    done.set()
    seen = set().union(*await asyncio.gather(*readers))
    assert len(seen) > 1, "the readers ran before or after the publications, not during them"
    assert await assert_whole(database) == 6


async def test_one_publication_at_a_time(database: Database) -> None:
    """A change that is numbered first and committed last would be skipped by an index for ever."""
    repository, log = DocumentRepository(database), IndexLog(database)
    first = await repository.stage("acme", new_version(Source()))
    second = await repository.stage("globex", new_version(Source()))
    async with database.session() as session:
        await publish_versions(session, database.dialect, "acme", [first], [])
        other = asyncio.create_task(repository.publish("globex", [second]))
        await asyncio.sleep(0.2)
        assert not other.done()
    await other
    assert [change.version_id for change in await log.pending(0)] == [first, second]


async def test_changes_of_tenants_that_publish_at_once_are_seen_in_order(database: Database) -> None:
    repository, log = DocumentRepository(database), IndexLog(database)
    followed: list[int] = []
    done = asyncio.Event()

    async def follow() -> None:
        while True:
            last_round = done.is_set()
            followed.extend(change.seq for change in await log.pending(followed[-1] if followed else 0))
            if last_round:
                return

    async def run(tenant: str) -> None:
        for number in range(4):
            await publish(repository, tenant, Source(texts=[f"Text {number}."], content_hash=str(number)))

    follower = asyncio.create_task(follow())
    await asyncio.gather(*(run(tenant) for tenant in ("acme", "globex", "initech")))
    done.set()
    await follower
    assert followed == [change.seq for change in await log.pending(0)]
    assert len(followed) == 3 * (4 + 3)


async def publish_for_ever(url: str) -> None:
    """The work of the process that is going to be killed."""
    database = Database(url)
    await database.connect()
    repository, number = DocumentRepository(database), 0
    while True:
        number += 1
        version_ids = [await repository.stage("acme", new_version(source)) for source in generation(number)]
        sys.stdout.write("staged\n")
        sys.stdout.flush()
        await repository.publish("acme", version_ids)
        sys.stdout.write("published\n")
        sys.stdout.flush()


@pytest.mark.parametrize("kill_after", ["staged", "published"])
async def test_a_killed_process_leaves_a_whole(database_url: str, kill_after: str) -> None:
    randomness, versions = random.Random(kill_after), [0]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.storage.test_atomicity", database_url]
    database = Database(database_url)
    await database.connect()
    for _ in range(3):
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            while process.stdout.readline() != f"{kill_after}\n":
                assert process.poll() is None
            # A publication takes some tens of milliseconds, staging a little longer.
            time.sleep(randomness.random() * 0.05)
            process.kill()
        versions.append(await assert_whole(database))
        repository = DocumentRepository(database)
        await repository.discard_stale_staged("acme", [], utc_now())
        await publish(repository, "acme", *(replace(source, content_hash="again") for source in generation(99)))
        versions.append(await assert_whole(database))
    assert versions == sorted(versions)
    await database.close()


if __name__ == "__main__":
    asyncio.run(publish_for_ever(sys.argv[1]))
