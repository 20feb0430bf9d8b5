"""Which files of a folder are documents."""

import hashlib
import os
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.errors import InvalidInput
from app.knowledge.loaders.formats import UNREADABLE_SUFFIXES

MANIFEST_NAMES = frozenset({"manifest.yaml", "manifest.yml"})

# Files without a suffix that lie in nearly every folder and are no documents of a company.
_KNOWN_BY_NAME = frozenset(
    """
    license licence copying copyright notice patents authors contributors codeowners maintainers changelog version
    makefile dockerfile containerfile procfile jenkinsfile gemfile rakefile vagrantfile brewfile pipfile cname
    """.split()  # noqa: SIM905 - a list of names reads better as text
)

FileKind = Literal["document", "unsupported", "other", "outside", "unreadable"]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file below the ingested folder. `source` is its path relative to that folder, with `/`.

    `unsupported` may be a document, but in a format without a loader or without a suffix; `other` is none. `outside` is
    a link to a folder, to nothing or out of the folder, or no file at all; `unreadable` a folder that cannot be opened.
    """

    path: Path
    source: str
    kind: FileKind


def find_files(source: Path, supported: Collection[str], root: Path | None = None) -> tuple[Path, list[SourceFile]]:
    """The root that sources are relative to, and the files of `source` (a folder or one file) in a stable order.

    The root is `root` if given, else the folder itself, or that of the file. Hidden files, office lock files and
    manifests are passed over. Raises `InvalidInput` if there is no such file or folder, or if it is not below `root`.
    """
    if not source.exists():
        raise InvalidInput(f"There is no file or folder {source}.")
    root = root or (source if source.is_dir() else source.parent)
    if not source.is_relative_to(root):
        raise InvalidInput(f"{source} is not below the folder {root}; give the folder that holds it.")
    if source.is_file():
        return root, [SourceFile(source, _name(source, root), _kind(source, supported))]
    files = [*_visible_files(source, root, supported)]
    return root, sorted(files, key=lambda file: file.source)


def content_hash(path: Path) -> str:
    """SHA-256 of the file's bytes, in hex. Reads in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def manifest_hash(path: Path, root: Path) -> str:
    """SHA-256 over the manifests that can speak about `path`: in its folder and the folders above, up to `root`."""
    total = hashlib.sha256()
    folder = path.parent
    while True:
        for name in sorted(MANIFEST_NAMES):
            if (folder / name).is_file():
                total.update(f"{folder.relative_to(root).as_posix()}/{name}\0{content_hash(folder / name)}\n".encode())
        if folder == root or folder == folder.parent:
            return total.hexdigest()
        folder = folder.parent


def _visible_files(source: Path, root: Path, supported: Collection[str]) -> Iterator[SourceFile]:
    inside = root.resolve()
    closed: list[OSError] = []
    for folder, subfolders, names in os.walk(source, onerror=closed.append):
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        links = [name for name in subfolders if Path(folder, name).is_symlink()]
        for name in (*links, *names):
            path = Path(folder, name)
            if name.startswith((".", "~$")) or name.lower() in MANIFEST_NAMES:
                continue
            if path.is_file() and path.resolve().is_relative_to(inside):
                yield SourceFile(path, _name(path, root), _kind(path, supported))
            else:
                yield SourceFile(path, _name(path, root), "outside")
    for error in closed:
        yield SourceFile(Path(error.filename), _name(Path(error.filename), root), "unreadable")


def _name(path: Path, root: Path) -> str:
    # One name for one file: systems differ in how they compose accents, and names need not even be valid text.
    name = os.fsencode(path.relative_to(root).as_posix()).decode("utf-8", "replace")
    return unicodedata.normalize("NFC", name)


def _kind(path: Path, supported: Collection[str]) -> FileKind:
    suffix = path.suffix.lower()
    if suffix in supported:
        return "document"
    if not suffix:
        return "other" if path.name.lower() in _KNOWN_BY_NAME else "unsupported"
    return "unsupported" if suffix in UNREADABLE_SUFFIXES else "other"
