"""Cursors of lists: opaque to callers, checked when they come back."""

import base64
import binascii

import orjson

from app.errors import InvalidInput


def encode_cursor(*place: str | int) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def decode_cursor(cursor: str | None, *kinds: type) -> list[str | int] | None:
    """The place that a cursor stands for, whose parts are of these `kinds`. Raises `InvalidInput` for anything else."""
    if cursor is None:
        return None
    try:
        place = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        place = None
    if not isinstance(place, list) or [type(part) for part in place] != list(kinds):
        raise InvalidInput(
            "cursor: not one of this list; send next_cursor as it came, or leave cursor out.",
            [{"field": "cursor", "problem": "not one of this list", "fix": "send next_cursor as it came"}],
        )
    return place
