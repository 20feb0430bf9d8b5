"""Open Office Open XML packages: parts by their relationships."""

from pathlib import PurePosixPath

from lxml import etree

from app.errors import DocumentRefused
from app.knowledge.loaders.archives import Archive, encrypted, open_archive
from app.knowledge.loaders.front_matter import Metadata, as_metadata
from app.knowledge.loaders.xml_tree import local_name, parse_xml

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PART = "EncryptedPackage".encode("utf-16-le")


class Package:
    """A checked package. `part` and `xml` read one part of it by its path."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def has(self, name: str) -> bool:
        return self._archive.has(name)

    def names(self) -> list[str]:
        return self._archive.names()

    def part(self, name: str) -> bytes:
        """Raises `DocumentRefused` if the part is missing, damaged or larger than it says."""
        return self._archive.part(name)

    def xml(self, name: str) -> etree._Element:
        """Root of an XML part. Raises `DocumentRefused`: see `parse_xml`."""
        return parse_xml(self.part(name))

    def related(self, source: str, kind: str) -> dict[str, str]:
        """Targets by relationship id for the relationships of `source` whose type ends in `kind`."""
        path = PurePosixPath(source) if source else PurePosixPath("x")
        rels = str(path.parent / "_rels" / f"{path.name if source else ''}.rels").removeprefix("./")
        if not self.has(rels):
            return {}
        targets = {}
        for item in self.xml(rels):
            if item.get("Type", "").endswith(f"/{kind}") and item.get("TargetMode") != "External":
                targets[item.get("Id", "")] = _resolved(path.parent, item.get("Target", ""))
        return targets

    def properties(self) -> Metadata:
        if not self.has("docProps/core.xml"):
            return ()
        return as_metadata({local_name(item): item.text or "" for item in self.xml("docProps/core.xml")})


def _resolved(folder: PurePosixPath, target: str) -> str:
    """The part that a target means, as seen from `folder`."""
    segments: list[str] = [] if target.startswith("/") else [part for part in folder.parts if part != "."]
    for segment in target.strip("/").split("/"):
        if segment == "..":
            segments[-1:] = []
        elif segment != ".":
            segments.append(segment)
    return "/".join(segments)


def open_package(data: bytes, suffix: str) -> Package:
    """Raises `DocumentRefused`: see `open_archive`; also `encrypted` or `unsupported` for an old binary container."""
    if data.startswith(OLE):
        raise refused_container(data, suffix)
    return Package(open_archive(data, suffix))


def refused_container(data: bytes, suffix: str) -> DocumentRefused:
    """Why an OLE container under the name of an OOXML file is not read."""
    if _ENCRYPTED_PART in data:
        return encrypted()
    return DocumentRefused("unsupported", f"The file is in an old Office format; save it as {suffix}.")
