"""The seam for document formats."""

from typing import Protocol

from app.knowledge.types import LoadedDocument


class Loader(Protocol):
    """Reads one format. A plain function will do."""

    def __call__(self, data: bytes) -> LoadedDocument:
        """Blocks of the document in reading order; may be empty, the registry then refuses.

        Raises `DocumentRefused` with reason `encrypted`, `malformed` or `too_large`; no other error leaves a loader.
        """
        ...
