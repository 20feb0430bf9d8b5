"""Receives `multipart/form-data` piece by piece: files go to the work directory, fields stay small, all is capped."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from app.errors import InvalidInput, PayloadTooLarge, UnsupportedMediaType
from app.knowledge.uploads.names import document_name
from app.knowledge.uploads.store import Receipt, UploadStore

FILE_FIELDS = ("file", "files")
_MAX_FIELD_BYTES = 1000
_MAX_FIELDS = 20
_MAX_BOUNDARY = 70  # RFC 2046


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """`seconds`: how long the whole request may take to arrive."""

    max_file_bytes: int
    max_files: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ReceivedUpload:
    """Files in the work directory and the fields beside them. `digest` stands for all of it."""

    receipt: Receipt
    fields: dict[str, str]

    @property
    def digest(self) -> str:
        files = sorted((file.name, file.sha256) for file in self.receipt.files)
        return hashlib.sha256(json.dumps([files, sorted(self.fields.items())]).encode()).hexdigest()


async def receive_upload(
    request: Request, store: UploadStore, limits: UploadLimits, suffixes: Collection[str], known_fields: Collection[str]
) -> ReceivedUpload:
    """Read the request to its end. Raises `UnsupportedMediaType`, `PayloadTooLarge`, `InvalidInput` as soon as that is
    clear, often before the body has arrived; nothing of a refused upload remains.
    """
    boundary = _boundary(request)
    receipt = await asyncio.to_thread(store.begin)
    try:
        async with asyncio.timeout(limits.seconds):
            form = _Form(receipt, limits, suffixes, known_fields)
            parser = MultipartParser(boundary, form.callbacks())  # type: ignore[arg-type]
            async for data in request.stream():
                if data:
                    await asyncio.to_thread(_parse, parser, data)
            form.check_complete()
    except BaseException as error:
        await asyncio.to_thread(_abandon, store, receipt)
        translated = _translated(error)
        if translated is error:
            raise
        raise translated from error
    return ReceivedUpload(receipt, form.fields)


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data":
        raise UnsupportedMediaType("Send the files as multipart/form-data, for example with curl -F file=@prices.pdf.")
    boundary = options.get(b"boundary", b"")
    if not 0 < len(boundary) <= _MAX_BOUNDARY:
        raise _invalid("Content-Type", "no usable boundary", "send multipart/form-data; boundary=...")
    return boundary


def _parse(parser: MultipartParser, data: bytes) -> None:
    parser.write(data)


def _abandon(store: UploadStore, receipt: Receipt) -> None:
    receipt.close()
    store.discard(receipt.job_id)


def _translated(error: BaseException) -> BaseException:
    """What the caller sees of whatever ended the upload."""
    if isinstance(error, FormParserError):
        return _invalid("body", "not valid multipart/form-data", "send it as curl -F does")
    if isinstance(error, TimeoutError):
        return InvalidInput("The upload took too long; send fewer or smaller files at once.")
    if isinstance(error, ClientDisconnect):
        return InvalidInput("The upload broke off.")
    return error


def _invalid(name: str, problem: str, fix: str) -> InvalidInput:
    return InvalidInput(f"{name}: {problem}; {fix}.", [{"field": name, "problem": problem, "fix": fix}])


@dataclass(slots=True)
class _Part:
    """The headers of the part that is being read, and its value if it is a field."""

    header_name: bytes = b""
    header_value: bytes = b""
    headers: dict[bytes, bytes] = field(default_factory=dict)
    name: str = ""
    is_file: bool = False
    value: bytes = b""


class _Form:
    """Callbacks of the parser. They run in one worker thread at a time."""

    def __init__(
        self, receipt: Receipt, limits: UploadLimits, suffixes: Collection[str], known_fields: Collection[str]
    ) -> None:
        self.fields: dict[str, str] = {}
        self._receipt = receipt
        self._limits = limits
        self._suffixes = suffixes
        self._known_fields = known_fields
        self._part = _Part()
        self._names: list[str] = []
        self._ended = False

    def callbacks(self) -> Mapping[str, Callable[..., Any]]:
        return {
            "on_part_begin": self._begin_part,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": self._data,
            "on_part_end": self._end_part,
            "on_end": self._end,
        }

    def check_complete(self) -> None:
        if not self._ended:
            raise _invalid("body", "ends too early", "send all parts and the closing boundary")
        if not self._receipt.files:
            raise _invalid("file", "missing", "send at least one file, for example with curl -F file=@prices.pdf")

    def _begin_part(self) -> None:
        self._part = _Part()

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._part.header_name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._part.header_value += data[start:end]

    def _end_header(self) -> None:
        part = self._part
        part.headers[part.header_name.lower()] = part.header_value
        part.header_name = part.header_value = b""

    def _end_headers(self) -> None:
        header = self._part.headers.get(b"content-disposition", b"")
        kind, options = parse_options_header(header.decode("latin-1"))
        if kind != b"form-data" or b"name" not in options:
            raise _invalid("body", "a part without a name", 'send Content-Disposition: form-data; name="file"')
        self._part.name = _text(options[b"name"], "body")
        if self._part.name in FILE_FIELDS:
            self._begin_file(options.get(b"filename", b""))
        else:
            self._begin_field()

    def _begin_file(self, raw_name: bytes) -> None:
        place = f"file[{len(self._names)}]"
        if len(self._names) >= self._limits.max_files:
            raise _invalid("file", f"more than {self._limits.max_files} files", "send them in several uploads")
        name = document_name(_text(raw_name, place), place)
        if any(_collide(name, other) for other in self._names):
            problem, fix = "two files of one upload have the same name", "rename one of them"
            raise InvalidInput(
                f"{name}: {problem}; {fix}.", [{"field": place, "name": name, "problem": problem, "fix": fix}]
            )
        suffix = PurePosixPath(name).suffix.lower()
        if suffix not in self._suffixes:
            raise UnsupportedMediaType(
                f"{name}: {suffix or 'a file without suffix'} is not read; use {', '.join(sorted(self._suffixes))}.",
                [
                    {
                        "field": place,
                        "name": name,
                        "problem": "format not supported",
                        "fix": "save it in another format",
                    }
                ],
            )
        self._part.is_file = True
        self._names.append(name)
        self._receipt.begin_file(name)

    def _begin_field(self) -> None:
        name = self._part.name
        if name not in self._known_fields:
            known = ", ".join((FILE_FIELDS[0], *self._known_fields))
            raise _invalid(name[:100] or "body", "unknown field", f"known fields: {known}")
        if name in self.fields or len(self.fields) >= _MAX_FIELDS:
            raise _invalid(name, "sent twice", "send it once; it is for all files")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._part.is_file:
            size = self._receipt.write(data[start:end])
            if size > self._limits.max_file_bytes:
                raise PayloadTooLarge(
                    f"{self._names[-1]}: larger than {self._limits.max_file_bytes >> 20} MiB; split it.",
                    [
                        {
                            "field": f"file[{len(self._names) - 1}]",
                            "name": self._names[-1],
                            "problem": "too large",
                            "limit_bytes": self._limits.max_file_bytes,
                        }
                    ],
                )
            return
        self._part.value += data[start:end]
        if len(self._part.value) > _MAX_FIELD_BYTES:
            raise _invalid(self._part.name, f"longer than {_MAX_FIELD_BYTES} bytes", "shorten it")

    def _end_part(self) -> None:
        if self._part.is_file:
            self._receipt.end_file()
        else:
            self.fields[self._part.name] = _text(self._part.value, self._part.name)

    def _end(self) -> None:
        self._ended = True


def _collide(one: str, other: str) -> bool:
    """Whether two names cannot lie in one folder: equal but for case, or one the folder of the other."""
    one, other = one.casefold(), other.casefold()
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _text(data: bytes, place: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _invalid(place, "not UTF-8", "send names and fields in UTF-8") from error
