"""Getting erased vectors out of the files of the index: Chroma only marks them as deleted.

A collection is copied beside itself and the copy put in its place. A marker file stays until all is done, so that a
crash at any moment only means to begin anew.
"""

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app.errors import IndexUnavailable
from app.knowledge.index_rebuild import REWRITTEN, collection_names

_MARKER = ".unwiped"
# Vectors copied at a time while searches wait.
_STEP = 100


def mark(directory: Path, name: str) -> None:
    """Vectors of this collection are about to be erased."""
    (directory / f"{name}{_MARKER}").touch()


def marked(directory: Path) -> list[str]:
    """The collections whose files still hold erased vectors."""
    return sorted(path.name.removesuffix(_MARKER) for path in directory.glob(f"*{_MARKER}"))


def begin_copy(client: Any, name: str, configuration: Any) -> bool:  # noqa: ANN401 - Chroma's types stay behind the vector index
    """Create an empty collection beside `name`; False if there is none of this name."""
    names = collection_names(client)
    if name + REWRITTEN in names:
        client.delete_collection(name + REWRITTEN)
    if name in names:
        client.create_collection(name + REWRITTEN, embedding_function=None, configuration=configuration)
    return name in names


def copy(client: Any, name: str, offset: int) -> int:  # noqa: ANN401
    """Copy the vectors from `offset` on, at most a few; how many."""
    old = client.get_collection(name, embedding_function=None)
    page = old.get(limit=_STEP, offset=offset, include=["embeddings"])
    if page["ids"]:
        new = client.get_collection(name + REWRITTEN, embedding_function=None)
        new.upsert(ids=page["ids"], embeddings=np.asarray(page["embeddings"], dtype=np.float32))
    return len(page["ids"])


def finish(directory: Path, names: Sequence[str]) -> None:
    """Empty the free pages of Chroma's own database, which still hold what was deleted, and drop the markers.

    Raises `IndexUnavailable` while the database is busy.
    """
    try:
        with contextlib.closing(sqlite3.connect(directory / "chroma.sqlite3", timeout=5)) as database:
            database.execute("VACUUM")
    except sqlite3.Error as error:
        raise IndexUnavailable("The vector index is busy; its files are wiped later.") from error
    for name in names:
        (directory / f"{name}{_MARKER}").unlink(missing_ok=True)
