"""One process owns a vector index directory at a time."""

from pathlib import Path

from filelock import FileLock, Timeout

from app.errors import IndexLocked, IndexUnavailable


class IndexLock:
    """A named lock of the operating system on `directory`: it ends with its process, however that ends.

    Two processes in one Chroma directory corrupt it, so nothing may open it without the lock `index`. The lock
    `ingestion` keeps two ingestions from taking each other's staged documents away.
    """

    def __init__(self, directory: Path, name: str = "index") -> None:
        self._directory = directory
        self._name = name
        # The lock is taken in one thread and may be released in another.
        self._lock = FileLock(directory / f"{name}.lock", blocking=False, thread_local=False)

    @property
    def _owner(self) -> Path:
        return self._directory / f"{self._name}.owner"

    @property
    def held(self) -> bool:
        return self._lock.is_locked

    def acquire(self, owner: str) -> None:
        """Take the lock at once or raise `IndexLocked` naming its owner. `owner` says who we are, for that message.

        Raises `IndexUnavailable` if the directory cannot be written.
        """
        if self.held:
            return
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
            self._owner.write_text(owner, encoding="utf-8")
        except Timeout as error:
            raise IndexLocked(
                f"The {self._name} lock of {self._directory} is held by {self._current_owner()}; "
                "only one process at a time may hold it."
            ) from error
        except OSError as error:
            self._lock.release()
            raise IndexUnavailable(f"The vector index directory {self._directory} cannot be used: {error}.") from error

    def release(self) -> None:
        self._lock.release()

    def _current_owner(self) -> str:
        try:
            return self._owner.read_text(encoding="utf-8").strip() or "another process"
        except OSError:
            return "another process"
