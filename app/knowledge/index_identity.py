"""What tells the index in a directory apart from any other, also from one that was there before."""

import uuid
from pathlib import Path

_FILE = "index.id"


def read_identity(directory: Path) -> str | None:
    """The identity of the index in `directory`, whoever has it open; None if there is none."""
    try:
        return (directory / _FILE).read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def new_identity(directory: Path) -> str:
    """Give the index in `directory` an identity that no other ever had."""
    identity = uuid.uuid4().hex
    (directory / _FILE).write_text(identity, encoding="utf-8")
    return identity
