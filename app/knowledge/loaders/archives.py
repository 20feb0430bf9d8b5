"""Open ZIP-based documents safely: what the directory says is checked before anything is unpacked."""

import io
import zipfile
import zlib
from collections.abc import Sequence

from app.errors import DocumentRefused

_MAX_PARTS = 5_000
_MAX_PART = 150 * 1024 * 1024  # bytes, unpacked
_MAX_BYTES = 300 * 1024 * 1024  # of all parts together, unpacked
_MAX_RATIO = 250  # of unpacked to packed size, for parts above a megabyte; sheets of zeros come near it
_LOCAL_HEADER = 30  # bytes before the name in front of every part
_ENCRYPTED = 0x1

_UNPACKING = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    KeyError,
)


class Archive:
    """A checked archive. Names are compared without case and leading slash, as Office programs do."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {name.lower().lstrip("/"): name for name in archive.namelist()}

    def has(self, name: str) -> bool:
        return name.lower().lstrip("/") in self._names

    def names(self) -> list[str]:
        return list(self._names.values())

    def part(self, name: str) -> bytes:
        """Bytes of a part, never more than its directory entry says. Raises `DocumentRefused` if it is damaged."""
        try:
            with self._archive.open(self._names[name.lower().lstrip("/")]) as file:
                data = file.read(_MAX_PART + 1)
        except _UNPACKING as error:
            raise damaged() from error
        if len(data) > _MAX_PART:
            raise too_large()
        return data


def open_archive(data: bytes, suffix: str) -> Archive:
    """Raises `DocumentRefused`: `malformed`, `encrypted`, `too_large`, or `hostile` for a directory made to harm."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        parts = archive.infolist()
    except _UNPACKING as error:
        raise DocumentRefused("malformed", f"The file is not a readable {suffix} document; save it again.") from error
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise encrypted()
    if any(_leads_out(part.filename) for part in parts):
        raise _hostile("holds parts that are named to be written elsewhere on a disk")
    if _overlap(parts, len(data)):
        raise _hostile("packs the same bytes several times")
    if any(part.file_size > 1024 * 1024 and part.file_size > _MAX_RATIO * max(part.compress_size, 1) for part in parts):
        raise _hostile("unpacks to hundreds of times its size")
    if len(parts) > _MAX_PARTS or sum(part.file_size for part in parts) > _MAX_BYTES:
        raise too_large()
    if any(part.file_size > _MAX_PART for part in parts):
        raise too_large()
    return Archive(archive)


def _leads_out(name: str) -> bool:
    """Office programs name parts by plain relative paths; nothing is ever written under these names here."""
    segments = name.replace("\\", "/").split("/")
    return ".." in segments or ":" in segments[0] or "\x00" in name or name.startswith("//")


def _overlap(parts: Sequence[zipfile.ZipInfo], length: int) -> bool:
    """Whether two entries share packed bytes, or an entry claims bytes beyond the end of the file."""
    ordered = sorted(parts, key=lambda part: part.header_offset)
    ends = [part.header_offset + _LOCAL_HEADER + len(part.filename.encode()) + part.compress_size for part in ordered]
    starts = [part.header_offset for part in ordered[1:]] + [length]
    return any(end > start for end, start in zip(ends, starts, strict=True))


def damaged() -> DocumentRefused:
    return DocumentRefused("malformed", "The file is damaged; open it in its program and save it again.")


def encrypted() -> DocumentRefused:
    return DocumentRefused("encrypted", "The file is protected by a password; save a copy without one.")


def too_large() -> DocumentRefused:
    return DocumentRefused("too_large", "The file unpacks to more than can be read; split it.")


def _hostile(problem: str) -> DocumentRefused:
    return DocumentRefused("hostile", f"The file {problem}; save it anew from a program you trust.")
