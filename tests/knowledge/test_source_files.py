"""Which files of a folder are taken for documents."""

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
    for name in ("b.md", "a/Z.PDF", "a/deck.pptx", "mail.eml", "LICENSE", "data.json", "logo.png", "a/script.py"):
        write(tmp_path / name)
    write(tmp_path / "contract", b"%PDF-1.7 ...")
    write(tmp_path / "sheet", b"PK\x03\x04...")
    root, files = find_files(tmp_path, SUPPORTED)
    assert root == tmp_path
    assert [(file.source, file.kind) for file in files] == [
        ("LICENSE", "other"),
        ("a/Z.PDF", "document"),
        ("a/deck.pptx", "unsupported"),
        ("a/script.py", "other"),
        ("b.md", "document"),
        ("contract", "unsupported"),
        ("data.json", "other"),
        ("logo.png", "other"),
        ("mail.eml", "unsupported"),
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
    assert [file.source for file in find_files(folder, SUPPORTED)[1]] == ["a.md"]


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
