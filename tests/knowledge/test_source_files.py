"""Which files of a folder are taken for documents."""

import os
import unicodedata
from pathlib import Path

import pytest

from app.errors import InvalidInput
from app.knowledge.source_files import content_hash, find_files, manifest_hash

SUPPORTED = frozenset({".md", ".pdf"})


def write(path: Path, content: bytes = b"text") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_sorts_files_and_tells_documents_from_the_rest(tmp_path: Path) -> None:
    for name in ("b.md", "a/Z.PDF", "a/deck.key", "mail.msg", "LICENSE", "data.yaml", "logo.png", "a/script.py"):
        write(tmp_path / name)
    write(tmp_path / "contract", b"%PDF-1.7 ...")
    write(tmp_path / "sheet", b"PK\x03\x04...")
    write(tmp_path / "notes", b"text without a suffix")
    root, files = find_files(tmp_path, SUPPORTED)
    assert root == tmp_path
    assert [(file.source, file.kind) for file in files] == [
        ("LICENSE", "other"),
        ("a/Z.PDF", "document"),
        ("a/deck.key", "unsupported"),
        ("a/script.py", "other"),
        ("b.md", "document"),
        ("contract", "unsupported"),
        ("data.yaml", "other"),
        ("logo.png", "other"),
        ("mail.msg", "unsupported"),
        ("notes", "unsupported"),
        ("sheet", "unsupported"),
    ]


def test_passes_over_hidden_files_lock_files_and_manifests(tmp_path: Path) -> None:
    for name in (".hidden.md", ".git/config.md", "a/.cache/x.md", "~$draft.md", "manifest.yaml", "a/Manifest.yml"):
        write(tmp_path / name)
    write(tmp_path / "a" / "kept.md")
    assert [file.source for file in find_files(tmp_path, SUPPORTED)[1]] == ["a/kept.md"]


def test_a_hidden_root_is_no_obstacle(tmp_path: Path) -> None:
    write(tmp_path / ".knowledge" / "a.md")
    assert [file.source for file in find_files(tmp_path / ".knowledge", SUPPORTED)[1]] == ["a.md"]


def test_follows_links_only_inside_the_folder(tmp_path: Path) -> None:
    secret = write(tmp_path / "outside" / "secret.md")
    folder = tmp_path / "kb"
    inner = write(folder / "..data" / "a.md")
    (folder / "a.md").symlink_to(inner)
    (folder / "b.md").symlink_to(secret)
    (folder / "gone.md").symlink_to(tmp_path / "nowhere.md")
    (folder / "loop").symlink_to(folder)
    (folder / "out").symlink_to(secret.parent)
    found = [(file.source, file.kind) for file in find_files(folder, SUPPORTED)[1]]
    assert found == [
        ("a.md", "document"),
        ("b.md", "outside"),
        ("gone.md", "outside"),
        ("loop", "outside"),
        ("out", "outside"),
    ]


def test_a_folder_that_cannot_be_opened_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "open" / "a.md")
    write(tmp_path / "closed" / "b.md")
    scan = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    # Not by permissions, which do not hold for the superuser.
    monkeypatch.setattr(os, "scandir", refuse)
    found = [(file.source, file.kind) for file in find_files(tmp_path, SUPPORTED)[1]]
    assert found == [("closed", "unreadable"), ("open/a.md", "document")]


def test_a_part_of_a_folder_keeps_its_names(tmp_path: Path) -> None:
    path = write(tmp_path / "kb" / "deep" / "a.md")
    for source in (path, path.parent):
        root, [file] = find_files(source, SUPPORTED, tmp_path / "kb")
        assert (root, file.source) == (tmp_path / "kb", "deep/a.md")
    with pytest.raises(InvalidInput, match="is not below"):
        find_files(path, SUPPORTED, tmp_path / "other")


def test_one_file_is_relative_to_its_folder(tmp_path: Path) -> None:
    root, [file] = find_files(write(tmp_path / "deep" / "a.md"), SUPPORTED)
    assert (root, file.source, file.kind) == (tmp_path / "deep", "a.md", "document")


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="nowhere"):
        find_files(tmp_path / "nowhere", SUPPORTED)


def test_names_are_composed_alike_on_every_system(tmp_path: Path) -> None:
    write(tmp_path / unicodedata.normalize("NFD", "Präsentation.md"))
    assert find_files(tmp_path, SUPPORTED)[1][0].source == unicodedata.normalize("NFC", "Präsentation.md")


def test_a_name_that_is_no_text_is_still_storable(tmp_path: Path) -> None:
    (tmp_path / b"caf\xe9.md".decode("utf-8", "surrogateescape")).write_text("text", encoding="utf-8")
    [file] = find_files(tmp_path, SUPPORTED)[1]
    assert file.source.encode("utf-8").endswith(b".md")
    assert content_hash(file.path)


def test_manifests_of_the_folder_and_above_count(tmp_path: Path) -> None:
    document, elsewhere = write(tmp_path / "a" / "b" / "doc.md"), write(tmp_path / "c" / "doc.md")
    seen = [manifest_hash(document, tmp_path)]
    for name in ("manifest.yaml", "a/manifest.yaml", "a/b/manifest.yml"):
        write(tmp_path / name)
        seen.append(manifest_hash(document, tmp_path))
    write(tmp_path / "a" / "manifest.yaml", b"changed")
    seen.append(manifest_hash(document, tmp_path))
    assert len(set(seen)) == len(seen)
    before = manifest_hash(document, tmp_path)
    write(tmp_path / "c" / "manifest.yaml")
    assert manifest_hash(document, tmp_path) == before != manifest_hash(elsewhere, tmp_path)
