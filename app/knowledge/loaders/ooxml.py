"""Open Office Open XML packages safely: size limits before reading, no entities, no network."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath

from lxml import etree

from app.errors import DocumentRefused
from app.knowledge.loaders.front_matter import Metadata, as_metadata

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PART = "EncryptedPackage".encode("utf-16-le")
_MAX_PARTS = 5_000
_MAX_BYTES = 300 * 1024 * 1024  # unpacked
_MAX_PART = 150 * 1024 * 1024
_MAX_RATIO = 250  # of unpacked to packed size, for parts above a megabyte


class Package:
    """A checked package. `part` and `xml` read one part of it by its path."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {name.lower().lstrip("/"): name for name in archive.namelist()}

    def has(self, name: str) -> bool:
        return name.lower() in self._names

    def part(self, name: str) -> bytes:
        """Bytes of a part. Raises `DocumentRefused` if it is missing, damaged or larger than it says."""
        try:
            with self._archive.open(self._names[name.lower().lstrip("/")]) as file:
                data = file.read(_MAX_PART + 1)
        except (
            KeyError,
            zipfile.BadZipFile,
            OSError,
            EOFError,
            NotImplementedError,
            RuntimeError,
            ValueError,
        ) as error:
            raise damaged() from error
        except zipfile.zlib.error as error:  # type: ignore[attr-defined]
            raise damaged() from error
        if len(data) > _MAX_PART:
            raise too_large()
        return data

    def xml(self, name: str) -> etree._Element:
        """Root of an XML part. Raises `DocumentRefused` if it is not well-formed."""
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True)
        try:
            return etree.fromstring(self.part(name), parser)
        except etree.XMLSyntaxError as error:
            raise damaged() from error

    def related(self, source: str, kind: str) -> dict[str, str]:
        """Targets by relationship id for the relationships of `source` whose type ends in `kind`."""
        path = PurePosixPath(source) if source else PurePosixPath("x")
        rels = str(path.parent / "_rels" / f"{path.name if source else ''}.rels").removeprefix("./")
        if not self.has(rels):
            return {}
        targets = {}
        for item in self.xml(rels):
            if item.get("Type", "").endswith(f"/{kind}") and item.get("TargetMode") != "External":
                target = item.get("Target", "")
                full = target.lstrip("/") if target.startswith("/") else str(path.parent / target)
                targets[item.get("Id", "")] = full.removeprefix("./")
        return targets

    def properties(self) -> Metadata:
        if not self.has("docProps/core.xml"):
            return ()
        return as_metadata({local_name(item): item.text or "" for item in self.xml("docProps/core.xml")})


def open_package(data: bytes, suffix: str) -> Package:
    """Raises `DocumentRefused`: `encrypted`, `unsupported` (an old binary format), `malformed` or `too_large`."""
    if data.startswith(_OLE):
        raise _refused_ole(data, suffix)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError) as error:
        raise DocumentRefused("malformed", f"The file is not a readable {suffix} document; save it again.") from error
    packed_badly = (
        item.file_size > 1024 * 1024 and item.file_size > _MAX_RATIO * max(item.compress_size, 1) for item in parts
    )
    if len(parts) > _MAX_PARTS or sum(item.file_size for item in parts) > _MAX_BYTES or any(packed_badly):
        raise too_large()
    if any(item.flag_bits & 0x1 for item in parts):
        raise _encrypted()
    return Package(archive)


def _refused_ole(data: bytes, suffix: str) -> DocumentRefused:
    if _ENCRYPTED_PART in data:
        return _encrypted()
    return DocumentRefused("unsupported", f"The file is in an old Office format; save it as {suffix}.")


def _encrypted() -> DocumentRefused:
    return DocumentRefused("encrypted", "The file is protected by a password; save a copy without one.")


def damaged() -> DocumentRefused:
    return DocumentRefused("malformed", "The file is damaged; open it in its program and save it again.")


def too_large() -> DocumentRefused:
    return DocumentRefused("too_large", "The file unpacks to more than can be read; split it.")


def local_name(element: etree._Element) -> str:
    """Tag without namespace; empty for comments and entities."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: etree._Element | None, name: str) -> str | None:
    """Attribute `name` in any namespace."""
    if element is None:
        return None
    return next((str(value) for key, value in element.attrib.items() if str(key).rpartition("}")[2] == name), None)


def children(element: etree._Element | None, name: str) -> Iterator[etree._Element]:
    return (child for child in (element if element is not None else ()) if local_name(child) == name)


def child(element: etree._Element | None, *path: str) -> etree._Element | None:
    """The first descendant along `path` of local names."""
    for name in path:
        element = next(children(element, name), None)
    return element
