"""Text patterns with choices and places: `(a|b|)` and `{name}`."""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

from app.errors import ConfigurationError

_CHOICE = re.compile(r"\(([^()]*\|[^()]*)\)")
_PLACE = re.compile(r"\{(\w+)\}")


def load_bank(name: str) -> dict[str, Any]:
    """A wording file of this package. Raises `ConfigurationError` where it cannot be read."""
    path = Path(__file__).with_name(name)
    try:
        bank: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{name}: the wording cannot be read: {error}") from error
    return bank


def choose(pattern: str, rng: Random) -> str:
    """`pattern` with one alternative taken of every choice."""
    return _CHOICE.sub(lambda match: rng.choice(match[1].split("|")), pattern)


@lru_cache(maxsize=4096)
def places(pattern: str) -> frozenset[str]:
    return frozenset(_PLACE.findall(pattern))


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with its places filled; unknown ones raise `KeyError`."""
    return _PLACE.sub(lambda match: values[match[1]], text)
