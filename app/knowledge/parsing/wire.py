"""Answers of a parser process as bytes. Plain JSON: nothing that a confined process says is ever executed."""

import json
from typing import Any, get_args

from app.config_files import Parsing
from app.errors import DocumentRefused, RefusalReason
from app.followups.types import BlockKind
from app.knowledge.types import Block, LoadedDocument

_REASONS = frozenset(get_args(RefusalReason))


def most_bytes(limits: Parsing) -> int:
    """Upper bound of an answer's length: four bytes a character, and room for the form around the blocks."""
    return 4 * limits.characters + 64 * limits.blocks + 64 * 1024


def encode_document(document: LoadedDocument) -> bytes:
    blocks = [(block.kind.value, block.text, block.level, block.page) for block in document.blocks]
    answer = {"blocks": blocks, "title": document.title, "metadata": document.metadata}
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def encode_refusal(refusal: DocumentRefused) -> bytes:
    return json.dumps({"reason": refusal.reason, "message": refusal.message}).encode()


def decode_answer(answer: bytes) -> LoadedDocument:
    """The document. Raises `DocumentRefused` if the answer is a refusal, or makes no sense."""
    try:
        content = json.loads(answer)
        if "reason" not in content:
            return _document(content)
        reason, message = content["reason"], str(content["message"])
    except (ValueError, TypeError, KeyError) as error:
        raise DocumentRefused("malformed", "The file misleads its reader; save it again.") from error
    raise DocumentRefused(reason if reason in _REASONS else "malformed", message)


def _document(content: dict[str, Any]) -> LoadedDocument:
    return LoadedDocument(
        blocks=tuple(Block(BlockKind(kind), text, level, page) for kind, text, level, page in content["blocks"]),
        title=content["title"],
        metadata=tuple((key, value) for key, value in content["metadata"]),
    )
