"""The work directory of uploads: its name, and what happens to an upload that was given up."""

from pathlib import Path

import pytest

from app.errors import StorageUnavailable
from app.knowledge.uploads.store import UploadStore


@pytest.fixture
def store(tmp_path: Path) -> UploadStore:
    store = UploadStore(tmp_path / "uploads")
    store.open()
    return store


def test_a_directory_keeps_its_name_and_gets_one_if_that_was_never_written(tmp_path: Path) -> None:
    folder = tmp_path / "uploads"
    names = []
    for _ in range(2):
        store = UploadStore(folder)
        store.open()
        names.append(store.identity)
    assert names[0] == names[1] != ""
    (folder / "store.id").write_text("")
    store = UploadStore(folder)
    store.open()
    assert store.identity
    assert [path.name for path in folder.iterdir()] == ["store.id"]


def test_a_name_that_cannot_be_written_leaves_no_empty_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(path: Path, target: Path) -> Path:
        raise KeyboardInterrupt(f"{path} -> {target}")

    monkeypatch.setattr(Path, "replace", crash)
    with pytest.raises(KeyboardInterrupt):
        UploadStore(tmp_path).open()
    assert not (tmp_path / "store.id").exists()


def test_a_thread_that_was_left_behind_writes_nothing_more(store: UploadStore, tmp_path: Path) -> None:
    receipt = store.begin()
    receipt.begin_file("docs/one.md")
    receipt.write(b"half")
    receipt.close()
    store.discard(receipt.job_id)
    for late in (lambda: receipt.write(b"more"), receipt.end_file, lambda: receipt.begin_file("docs/two.md")):
        with pytest.raises(StorageUnavailable):
            late()
    assert [path.name for path in (tmp_path / "uploads").iterdir()] == ["store.id"]
