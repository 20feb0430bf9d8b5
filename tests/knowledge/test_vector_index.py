"""Real Chroma in a temporary directory."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from app.embeddings.base import Vectors
from app.errors import IndexLocked, IndexUnavailable
from app.knowledge.index_identity import read_identity
from app.knowledge.vector_index import VectorIndex
from tests.knowledge.test_index_lock import owner

DIGEST = "d" * 64


def unit_vectors(count: int, seed: int = 0, width: int = 16) -> Vectors:
    vectors = np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


@pytest.fixture
async def index(tmp_path: Path) -> AsyncIterator[VectorIndex]:
    index = VectorIndex(tmp_path / "chroma", "knowledge")
    await index.open()
    yield index
    await index.close()


async def test_finds_the_nearest_by_cosine_best_first(index: VectorIndex) -> None:
    vectors = unit_vectors(300)
    ids = [f"v:{n}" for n in range(300)]
    await index.add("acme", DIGEST, ids, vectors)
    queries = unit_vectors(3, seed=1)
    found = await index.search("acme", DIGEST, queries, 20)
    for query, hits in zip(queries, found, strict=True):
        cosines = vectors @ query
        expected = [ids[at] for at in np.argsort(-cosines)[:20]]
        assert [chunk_id for chunk_id, _ in hits] == expected
        assert np.allclose([score for _, score in hits], np.sort(cosines)[::-1][:20], atol=1e-5)


async def test_scores_stay_within_minus_one_and_one(index: VectorIndex) -> None:
    vector = unit_vectors(1)
    await index.add("acme", DIGEST, ["same", "opposite"], np.vstack([vector, -vector]))
    [hits] = await index.search("acme", DIGEST, vector, 5)
    assert [chunk_id for chunk_id, _ in hits] == ["same", "opposite"]
    assert all(-1 <= score <= 1 for _, score in hits)
    assert hits[0][1] == pytest.approx(1, abs=1e-6)


async def test_equal_scores_are_ordered_by_id(index: VectorIndex) -> None:
    vector = unit_vectors(1)
    await index.add("acme", DIGEST, ["c", "a", "b"], np.repeat(vector, 3, axis=0))
    [hits] = await index.search("acme", DIGEST, vector, 5)
    assert [chunk_id for chunk_id, _ in hits] == ["a", "b", "c"]


async def test_tenants_and_models_never_meet(index: VectorIndex) -> None:
    vectors = unit_vectors(2)
    await index.add("acme", DIGEST, ["acme:1", "acme:2"], vectors)
    await index.add("globex", DIGEST, ["globex:1"], vectors[:1])
    await index.add("acme", "e" * 64, ["other:1"], vectors[:1])
    await index.remove("globex", DIGEST, ["acme:1"])
    assert await index.ids("acme", DIGEST) == {"acme:1", "acme:2"}
    assert await index.ids("globex", DIGEST) == {"globex:1"}
    [hits] = await index.search("globex", DIGEST, vectors[:1], 10)
    assert [chunk_id for chunk_id, _ in hits] == ["globex:1"]
    await index.drop("acme", DIGEST)
    assert await index.ids("acme", DIGEST) == set()
    assert await index.ids("globex", DIGEST) == {"globex:1"}
    assert await index.ids("acme", "e" * 64) == {"other:1"}


async def test_tenant_names_cannot_be_joined_into_each_other(index: VectorIndex) -> None:
    await index.add("a", "bc", ["1"], unit_vectors(1))
    assert await index.ids("ab", "c") == set()
    await index.add("../../etc; DROP 'x' é" * 20, DIGEST, ["2"], unit_vectors(1))
    assert await index.ids("../../etc; DROP 'x' é" * 20, DIGEST) == {"2"}


async def test_an_unknown_tenant_finds_nothing(index: VectorIndex) -> None:
    assert await index.search("nobody", DIGEST, unit_vectors(2), 5) == [[], []]
    assert await index.search("nobody", DIGEST, unit_vectors(0), 5) == []
    assert await index.ids("nobody", DIGEST) == set()
    await index.remove("nobody", DIGEST, ["x"])
    await index.drop("nobody", DIGEST)


async def test_lists_every_id_and_takes_large_batches(index: VectorIndex) -> None:
    ids = [f"v:{n}" for n in range(6100)]
    await index.add("acme", DIGEST, ids, unit_vectors(6100, width=4))
    assert await index.ids("acme", DIGEST) == set(ids)
    await index.remove("acme", DIGEST, ids[:3050])
    assert await index.ids("acme", DIGEST) == set(ids[3050:])


async def test_adding_again_overwrites(index: VectorIndex) -> None:
    one, two = unit_vectors(2)
    await index.add("acme", DIGEST, ["x"], one[None])
    await index.add("acme", DIGEST, ["x"], two[None])
    [[(found, score)]] = await index.search("acme", DIGEST, two[None], 5)
    assert found == "x"
    assert score == pytest.approx(1, abs=1e-6)


async def test_what_was_stored_is_there_after_reopening(tmp_path: Path) -> None:
    first = VectorIndex(tmp_path, "knowledge")
    await first.open()
    await first.add("acme", DIGEST, ["x"], unit_vectors(1))
    identity = first.identity
    await first.close()
    second = VectorIndex(tmp_path, "knowledge")
    await second.open()
    assert await second.ids("acme", DIGEST) == {"x"}
    assert second.identity == identity == read_identity(tmp_path)
    await second.close()


async def test_a_new_directory_has_a_new_identity(tmp_path: Path) -> None:
    identities = set()
    for name in ("one", "two"):
        index = VectorIndex(tmp_path / name, "knowledge")
        await index.open()
        identities.add(index.identity)
        await index.close()
    assert len(identities) == 2
    assert read_identity(tmp_path / "three") is None


async def test_only_one_process_opens_a_directory(tmp_path: Path) -> None:
    index = VectorIndex(tmp_path, "knowledge")
    with owner(tmp_path):
        with pytest.raises(IndexLocked, match="the other process"):
            await index.open()
        assert not (tmp_path / "chroma.sqlite3").exists()
        with pytest.raises(IndexUnavailable, match="the other process"):
            await index.ids("acme", DIGEST)
    await index.open()
    await index.close()


async def test_is_unavailable_until_opened_and_once_closed(tmp_path: Path) -> None:
    index = VectorIndex(tmp_path, "knowledge")
    with pytest.raises(IndexUnavailable, match="not open"):
        await index.search("acme", DIGEST, unit_vectors(1), 5)
    assert list(tmp_path.iterdir()) == []
    await index.open()
    await index.close()
    with pytest.raises(IndexUnavailable):
        await index.ids("acme", DIGEST)


async def test_a_damaged_database_is_unavailable_and_the_lock_is_free(tmp_path: Path) -> None:
    (tmp_path / "chroma.sqlite3").write_bytes(b"garbage" * 1000)
    index = VectorIndex(tmp_path, "knowledge")
    with pytest.raises(IndexUnavailable):
        await index.open()
    (tmp_path / "chroma.sqlite3").unlink()
    await index.add("acme", DIGEST, ["x"], unit_vectors(1))
    assert await index.ids("acme", DIGEST) == {"x"}
    await index.close()


async def test_recovers_when_its_directory_was_deleted(tmp_path: Path) -> None:
    index = VectorIndex(tmp_path / "chroma", "knowledge")
    await index.open()
    await index.add("acme", DIGEST, ["x"], unit_vectors(1))
    before = index.identity
    shutil.rmtree(tmp_path / "chroma")
    with pytest.raises(IndexUnavailable):
        await index.add("acme", DIGEST, ["y"], unit_vectors(1))
    await index.add("acme", DIGEST, ["z"], unit_vectors(1))
    assert await index.ids("acme", DIGEST) == {"z"}
    assert index.identity not in ("", before)
    await index.close()


async def test_vectors_of_a_wrong_width_are_unavailable_not_a_crash(index: VectorIndex) -> None:
    await index.add("acme", DIGEST, ["x"], unit_vectors(1, width=16))
    with pytest.raises(IndexUnavailable):
        await index.add("acme", DIGEST, ["y"], unit_vectors(1, width=8))
    with pytest.raises(IndexUnavailable):
        await index.search("acme", DIGEST, unit_vectors(1, width=8), 5)
    assert await index.ids("acme", DIGEST) == {"x"}


async def test_sheds_load_beyond_its_queue(index: VectorIndex) -> None:
    vectors = unit_vectors(50)
    await index.add("acme", DIGEST, [str(n) for n in range(50)], vectors)
    outcomes = await asyncio.gather(
        *(index.search("acme", DIGEST, vectors[:1], 5) for _ in range(400)), return_exceptions=True
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, IndexUnavailable)]
    assert refused
    assert len(refused) < 400
    assert await index.search("acme", DIGEST, vectors[:1], 5)


async def test_never_embeds_and_never_calls_home(tmp_path: Path) -> None:
    """In a process where no socket can be opened and no model file be read."""
    code = f"""
import asyncio, socket, sys
from pathlib import Path
import numpy as np
def refuse(*a, **k): raise SystemExit("network")
socket.socket.connect = refuse; socket.getaddrinfo = refuse
from app.knowledge.vector_index import VectorIndex
async def main():
    index = VectorIndex(Path({str(tmp_path)!r}), "knowledge")
    await index.open()
    await index.add("t", "d", ["x"], np.ones((1, 4), dtype=np.float32))
    assert (await index.search("t", "d", np.ones((1, 4), dtype=np.float32), 1))[0][0][0] == "x"
    await index.close()
asyncio.run(main())
sys.exit("onnxruntime" if "onnxruntime" in sys.modules else 0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


async def test_nothing_that_lay_in_memory_gets_into_its_files(tmp_path: Path) -> None:
    """In a process of its own, whose heap is full of freed blocks that hold a text."""
    script = f"""
import asyncio, ctypes
from pathlib import Path
import numpy as np
from app.knowledge.vector_index import VectorIndex

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]

async def main():
    index = VectorIndex(Path({str(tmp_path / "chroma")!r}), "knowledge")
    await index.open()
    libc.free(libc.malloc(16 << 20))  # from here on glibc would keep blocks of this size
    blocks = [libc.malloc(1 << 20) for _ in range(64)]
    for block in blocks:
        ctypes.memmove(block, b"needle-in-memory" * (1 << 16), 1 << 20)
    for block in blocks[:-1]:  # the last one keeps the others from going back to the kernel
        libc.free(block)
    vectors = np.eye(384, dtype=np.float32)[:150]
    await index.add("acme", "d" * 64, [f"v:{{n}}" for n in range(150)], vectors)
    await index.search("acme", "d" * 64, vectors[:1], 3)
    await index.close()

asyncio.run(main())
"""
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "MALLOC_ARENA_MAX": "1"}  # so that all threads take their memory from the same heap
    command = [sys.executable, "-c", script]
    await asyncio.to_thread(subprocess.run, command, cwd=root, env=environment, check=True, timeout=120)
    files = [path for path in (tmp_path / "chroma").rglob("*") if path.is_file()]
    assert "data_level0.bin" in {path.name for path in files}
    assert not [path.name for path in files if b"needle-in-memory" in path.read_bytes()]
