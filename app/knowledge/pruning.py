"""Which documents are gone from their folder, and when that is more likely a mistake."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from app.errors import InvalidInput
from app.knowledge.source_files import SourceFile
from app.storage.records import KnownDocument

Prune = Literal["no", "gone", "all"]
_MOST = 0.5


def gone_documents(
    source: Path, root: Path, files: Sequence[SourceFile], known: Mapping[str, KnownDocument], prune: Prune
) -> list[str]:
    """Sources of published documents that `source` should hold and does not.

    `gone` takes only documents that came from this folder (or from no known one), and refuses to remove more than half
    of all; `all` takes everything that the folder does not hold. Uploads stay, and so does what lies in a folder that
    cannot be opened. Raises `InvalidInput` where pruning cannot be meant.
    """
    if prune == "no":
        return []
    if source.is_file():
        raise InvalidInput(f"{source} is one file: pruning compares a folder with what is known; give its folder.")
    if not any(file.kind == "document" for file in files):
        raise InvalidInput(
            f"{source} holds no documents, so pruning would remove everything; give the folder that holds them all."
        )
    found = {file.source for file in files}
    closed = tuple(f"{file.source}/" for file in files if file.kind == "unreadable")
    below = "" if source == root else f"{source.relative_to(root).as_posix()}/"
    gone = sorted(
        name
        for name, document in known.items()
        if name not in found
        and document.origin == "folder"
        and name.startswith(below)
        and not name.startswith(closed)
        and (prune == "all" or document.folder in (None, str(root)))
    )
    if prune == "gone" and len(gone) > _MOST * len(known):
        raise InvalidInput(
            f"Pruning would remove {len(gone)} of {len(known)} documents, more than half; check that {source} is the "
            "right folder. If it is, use --prune-all."
        )
    return gone
