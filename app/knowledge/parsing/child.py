"""The process that reads documents: `python -m app.knowledge.parsing.child FD LIMITS`, started by `ParserProcess`.

Loaders are imported once, then the process gives up its rights for good and answers one path after another.
"""

import json
import os
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from app.errors import DocumentRefused
from app.knowledge.loaders.registry import load
from app.knowledge.parsing.confinement import confine, peak_memory, renew_time
from app.knowledge.parsing.wire import encode_document, encode_refusal
from app.knowledge.types import LoadedDocument

_MOST_DOCUMENTS = 1000  # by one process; a fresh one has no leaks and no torn heap


def main(descriptor: int, limits: dict[str, Any]) -> None:
    with Connection(descriptor) as parent:
        confine(limits["memory_mb"] << 20)
        parent.send_bytes(b"ready")
        for _ in range(_MOST_DOCUMENTS):
            try:
                path = Path(os.fsdecode(parent.recv_bytes()))
            except EOFError:
                return
            renew_time(limits["seconds"])
            parent.send_bytes(_answer(path, limits))
            if peak_memory() > limits["memory_mb"] << 19:
                return


def _answer(path: Path, limits: dict[str, Any]) -> bytes:
    try:
        return encode_document(_within(load(path, limits["file_mb"] << 20), limits))
    except DocumentRefused as refusal:
        return encode_refusal(refusal)
    except MemoryError:
        pass
    return encode_refusal(DocumentRefused("too_large", "The file needs too much memory to be read; split it."))


def _within(document: LoadedDocument, limits: dict[str, Any]) -> LoadedDocument:
    characters = sum(len(block.text) for block in document.blocks)
    if characters > limits["characters"] or len(document.blocks) > limits["blocks"]:
        raise DocumentRefused("too_large", "The file holds more text than can be taken in; split it.")
    return document


if __name__ == "__main__":
    main(int(sys.argv[1]), json.loads(sys.argv[2]))
