"""Deleting what was superseded, killed in the middle: nothing current goes, nothing half gone is forgotten."""

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from app.knowledge.vector_index import VectorIndex
from app.storage.chunk_vectors import ChunkVectorRepository
from app.storage.database import Database
from tests.knowledge.published import DIGEST
from tests.storage.deleting import KEPT
from tests.storage.test_retention import Setup

ROOT = Path(__file__).resolve().parents[2]
VERSIONS, LINES = 16, 8


def kill_during(command: Sequence[str], step: int, seconds: float) -> None:
    """Run `command` and kill it `seconds` after it was given leave for its deletion number `step`."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(step):
            assert process.stdout.readline() == "next\n"
            process.stdin.write("\n")
            process.stdin.flush()
        time.sleep(seconds)
        process.kill()


async def test_a_killed_process_loses_nothing_and_the_next_goes_on(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    setup, late = Setup(database, tmp_path / "chroma"), VectorIndex(tmp_path / "late", "knowledge")
    behind, randomness = setup.follow(late), random.Random(database.dialect)
    text = "\n".join(f"line {number}" for number in range(LINES))
    try:
        ids = await setup.publish(*(f"{text}\nversion {number}" for number in range(VERSIONS)))
        await setup.sync.apply_pending()
        current, before = await setup.documents.current_chunk_ids("acme"), await setup.texts()
        command = [sys.executable, "-m", "tests.storage.deleting", database_url, str(setup.sync.applied_seq)]
        left = [sum((await setup.chunks()).values())]
        for step in (1, 5, 12):
            await asyncio.to_thread(kill_during, command, step, randomness.random() * 0.02)
            await assert_whole(setup, ids, before)
            left.append(sum((await setup.chunks()).values()))
        assert left == sorted(left, reverse=True)
        assert left[0] > left[-1] > len(current)
        await setup.deleting(superseded_versions=KEPT).run()
        assert await setup.chunks() == {ids[-1]: LINES + 1}
        assert [version for version in ids if not (await setup.texts())[version]] == ids[: -KEPT - 1]
        await behind.apply_pending()
        assert await setup.held(late) == await setup.held(setup.index) == current
    finally:
        await setup.index.close()
        await late.close()


async def assert_whole(setup: Setup, ids: Sequence[str], before: dict[str, str]) -> None:
    """The current version has all it had, every other its ids, and its text unless it may go."""
    vectors = ChunkVectorRepository(setup.database, DIGEST)
    for version in ids:
        all_ids = [f"{version}:{number}" for number in range(LINES + 1)]
        assert sorted((await vectors.ids_of_version("acme", version))[0]) == all_ids
    assert (await setup.chunks())[ids[-1]] == LINES + 1
    texts = await setup.texts()
    assert all(texts[version] == before[version] for version in ids[-KEPT - 1 :])
    assert all(texts[version] in ("", before[version]) for version in ids)
