"""The seam for document formats, and the limit that all of them share."""

from typing import Protocol

from app.errors import DocumentRefused
from app.knowledge.types import LoadedDocument


def refuse_larger_than(most_bytes: int, size: int) -> None:
    """Raise `DocumentRefused` for a file of more than `most_bytes`."""
    if size > most_bytes:
        raise DocumentRefused("too_large", f"The file is larger than {most_bytes >> 20} MB; split it.")


class Loader(Protocol):
    """Reads one format. A plain function will do."""

    def __call__(self, data: bytes) -> LoadedDocument:
        """Blocks of the document in reading order; may be empty, the registry then refuses.

        Raises `DocumentRefused` with reason `encrypted`, `malformed` or `too_large`; no other error leaves a loader.
        """
        ...
