"""The work directory: where uploaded files lie until they are ingested."""

import hashlib
import os
import shutil
import threading
import time
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from app.errors import ConfigurationError, StorageUnavailable, TooManyRequests
from app.storage.records import JobFile

_IDENTITY = "store.id"
# Folders of which nobody knows are deleted when they are older: a younger one may be receiving at this moment.
_FORGOTTEN_SECONDS = 3600.0


class UploadStore:
    """One folder per upload below `directory`, named by the job's id. Every method blocks on the file system.

    At most `max_receipts` uploads may come in at a time.
    """

    def __init__(self, directory: Path, max_receipts: int = 8) -> None:
        self._directory = directory
        self._max_receipts = max_receipts
        self._receiving: set[str] = set()
        self._identity = ""

    @property
    def identity(self) -> str:
        """Names this directory's content; empty until opened."""
        return self._identity

    def open(self) -> None:
        """Create the directory if need be. Raises `ConfigurationError` if it cannot be used."""
        path = self._directory / _IDENTITY
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not path.is_file() or not path.read_text(encoding="utf-8").strip():
                _write_whole(path, uuid.uuid4().hex)
            self._identity = path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigurationError(
                f"UPLOAD_DIR: {self._directory} cannot be used ({error.strerror}); choose a folder that can be written."
            ) from error

    def begin(self) -> "Receipt":
        """A folder for a new upload; `discard` or `keep` it. Raises `TooManyRequests` or `StorageUnavailable`."""
        if len(self._receiving) >= self._max_receipts:
            raise TooManyRequests("Too many uploads are coming in; try again in a moment.")
        job_id = uuid.uuid4().hex
        with _disk_errors():
            self.files(job_id).mkdir(mode=0o700, parents=True)
        self._receiving.add(job_id)
        return Receipt(job_id, self.files(job_id))

    def keep(self, job_id: str) -> None:
        """The upload is complete, and a job knows of it."""
        self._receiving.discard(job_id)

    def files(self, job_id: str) -> Path:
        """The folder that the files of a job lie in, under their names."""
        # Not named like any kind of document, because the folder's name would say what its documents are.
        return self._directory / job_id / "files"

    def discard(self, job_id: str) -> None:
        """Delete what belongs to a job; nothing happens if there is nothing."""
        shutil.rmtree(self._directory / job_id, ignore_errors=True)
        self._receiving.discard(job_id)

    def sweep(self, keep: Collection[str]) -> None:
        """Delete old folders of jobs other than `keep`: uploads that broke off, and jobs that ended."""
        before = time.time() - _FORGOTTEN_SECONDS
        for folder in self._directory.iterdir():
            if folder.is_dir() and folder.name not in keep and folder.stat().st_mtime < before:
                shutil.rmtree(folder, ignore_errors=True)


class Receipt:
    """The files of one upload, as they come in. Call `begin_file`, `write`..., `end_file` for each.

    Once it is closed nothing more is written, whatever a thread that was left behind still calls: that raises
    `StorageUnavailable`.
    """

    def __init__(self, job_id: str, folder: Path) -> None:
        self.job_id = job_id
        self.files: list[JobFile] = []
        self._folder = folder
        self._open: tuple[str, BinaryIO] | None = None
        self._size = 0
        self._digest = hashlib.sha256()
        self._closed = False
        self._writing = threading.Lock()

    def begin_file(self, name: str) -> None:
        """`name` must come from `document_name`, which lets no path lead out of the folder."""
        with self._turn(), _disk_errors():
            path = self._folder / name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            self._open = name, os.fdopen(os.open(path, flags, 0o600), "wb")
        self._size, self._digest = 0, hashlib.sha256()

    def write(self, data: bytes) -> int:
        """Append to the file that was begun; its size so far in bytes."""
        with self._turn(), _disk_errors():
            assert self._open is not None
            self._open[1].write(data)
        self._digest.update(data)
        self._size += len(data)
        return self._size

    def end_file(self) -> None:
        with self._turn(), _disk_errors():
            assert self._open is not None
            name, file = self._open
            file.flush()
            os.fsync(file.fileno())
            file.close()
            self._open = None
        self.files.append(JobFile(name, self._size, self._digest.hexdigest()))

    def close(self) -> None:
        """Write nothing more, and close a file that was left open by an upload that broke off."""
        with self._writing:
            self._closed = True
            if self._open is not None:
                self._open[1].close()
                self._open = None

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with self._writing:
            if self._closed:
                raise StorageUnavailable("The upload was given up.")
            yield


def _write_whole(path: Path, text: str) -> None:
    """Put a file in place as a whole or not at all, whenever the power fails."""
    partial = path.with_name(f"{path.name}.{uuid.uuid4().hex}.partial")
    with partial.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


@contextmanager
def _disk_errors() -> Iterator[None]:
    """A full or broken disk is no fault of the caller."""
    try:
        yield
    except OSError as error:
        raise StorageUnavailable("The upload cannot be stored at the moment; try again later.") from error
