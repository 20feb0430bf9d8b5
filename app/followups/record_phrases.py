"""The phrases of `record_phrases.yaml`, compiled once."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_FILE = Path(__file__).with_name("record_phrases.yaml")


@cache
def phrases(group: str) -> re.Pattern[str]:
    """The phrases of `group` as one pattern over folded text. Raises `KeyError` for a group nobody defined."""
    data = _data()
    parts = [_filled(str(phrase), data["fragments"]) for phrase in data[group]]
    return re.compile("|".join(f"(?<!\\w)(?:{part})(?!\\w)" for part in parts))


@cache
def unbounded_phrases(group: str) -> re.Pattern[str]:
    """Like `phrases`, for patterns that say themselves where they begin and end."""
    data = _data()
    return re.compile("|".join(f"(?:{_filled(str(phrase), data['fragments'])})" for phrase in data[group]))


def _filled(phrase: str, fragments: dict[str, str]) -> str:
    for _ in range(2):
        for name, fragment in fragments.items():
            phrase = phrase.replace(f"{{{name}}}", fragment)
    return phrase.replace("{{", "{").replace("}}", "}")


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return data
