"""One process owns a vector index directory at a time."""

from pathlib import Path

from filelock import FileLock, Timeout

from app.errors import IndexLocked, IndexUnavailable

_LOCK = "index.lock"
_OWNER = "index.owner"


class IndexLock:
    """A lock of the operating system on `directory`: it ends with its process, however that ends.

    Two processes in one Chroma directory corrupt it, so nothing may open it without this lock.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        # The lock is taken in one thread and may be released in another.
        self._lock = FileLock(directory / _LOCK, blocking=False, thread_local=False)

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
            (self._directory / _OWNER).write_text(owner, encoding="utf-8")
        except Timeout as error:
            raise IndexLocked(
                f"The vector index in {self._directory} is in use by {self._current_owner()}; "
                "only one process may open it."
            ) from error
        except OSError as error:
            self._lock.release()
            raise IndexUnavailable(f"The vector index directory {self._directory} cannot be used: {error}.") from error

    def release(self) -> None:
        self._lock.release()

    def _current_owner(self) -> str:
        try:
            return (self._directory / _OWNER).read_text(encoding="utf-8").strip() or "another process"
        except OSError:
            return "another process"
