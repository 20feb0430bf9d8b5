"""Which files of a folder are documents."""

import hashlib
import os
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.errors import InvalidInput

MANIFEST_NAMES = frozenset({"manifest.yaml", "manifest.yml"})

# Formats that people keep documents in and that we cannot read: to be refused by name, never passed over.
_UNREADABLE_DOCUMENTS = frozenset(
    """
    .doc .docm .dot .dotx .odt .ott .fodt .rtf .pages .wpd .wps .abw .xls .xlsm .xlsb .ods .fods .numbers .ppt .pptx
    .pptm .pps .ppsx .odp .key .eml .msg .mbox .epub .mobi .azw3 .djvu .xps .oxps .ps .tex .rst .adoc .asciidoc .org
    .one .vsd .vsdx .mht .mhtml .pub .wiki
    """.split()  # noqa: SIM905 - a list of suffixes reads better as text
)
# How PDF, ZIP-based and old Office files, and RTF begin: tells a document that lost its suffix from a LICENSE.
_DOCUMENT_MAGIC = (b"%PDF-", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"{\\rtf")

FileKind = Literal["document", "unsupported", "other"]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file below the ingested folder. `source` is its path relative to that folder, with `/`.

    `unsupported` looks like a document in a format without a loader; `other` is no document at all.
    """

    path: Path
    source: str
    kind: FileKind


def find_files(source: Path, supported: Collection[str]) -> tuple[Path, list[SourceFile]]:
    """The root that sources are relative to, and the files of `source` (a folder or one file) in a stable order.

    Hidden files, office lock files, manifests and links that lead out of the folder are passed over. Raises
    `InvalidInput` if there is no such file or folder.
    """
    if source.is_file():
        return source.parent, [_source_file(source, source.parent, supported)]
    if not source.is_dir():
        raise InvalidInput(f"There is no file or folder {source}.")
    files = [_source_file(path, source, supported) for path in _visible_files(source)]
    return source, sorted(files, key=lambda file: file.source)


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


def _visible_files(root: Path) -> Iterator[Path]:
    inside = root.resolve()
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        for name in names:
            path = Path(folder, name)
            if name.startswith((".", "~$")) or name.lower() in MANIFEST_NAMES or not path.is_file():
                continue
            if path.resolve().is_relative_to(inside):
                yield path


def _source_file(path: Path, root: Path, supported: Collection[str]) -> SourceFile:
    # One name for one file: systems differ in how they compose accents, and names need not even be valid text.
    name = os.fsencode(path.relative_to(root).as_posix()).decode("utf-8", "replace")
    return SourceFile(path, unicodedata.normalize("NFC", name), _kind(path, supported))


def _kind(path: Path, supported: Collection[str]) -> FileKind:
    suffix = path.suffix.lower()
    if suffix in supported:
        return "document"
    if suffix in _UNREADABLE_DOCUMENTS:
        return "unsupported"
    return "unsupported" if not suffix and _begins_like_document(path) else "other"


def _begins_like_document(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(8).startswith(_DOCUMENT_MAGIC)
    except OSError:
        return False
