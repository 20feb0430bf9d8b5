"""Metadata at the head of a Markdown file: YAML between `---` lines or TOML between `+++` lines."""

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import yaml

from app.knowledge.loaders.text import clean

_YAML = re.compile(r"\A\s*---[ \t]*\n(?P<body>.*?)(?<=\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TOML = re.compile(r"\A\s*\+\+\+[ \t]*\n(?P<body>.*?)(?<=\n)\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL)
_PAIR = re.compile(r"^(?P<key>[A-Za-z][\w.-]*)[ \t]*[:=][ \t]*(?P<value>.*)$")

Metadata = tuple[tuple[str, str], ...]


def split_front_matter(text: str) -> tuple[Metadata, str]:
    """`(metadata, body)`. Keys are lower case; a head that is not valid YAML or TOML is read line by line."""
    if match := _YAML.match(text):
        values = _yaml(match["body"])
        # A thematic break can open a document too: without one key the lines stay text.
        return (as_metadata(values), text[match.end() :]) if values or not match["body"].strip() else ((), text)
    if match := _TOML.match(text):
        try:
            return as_metadata(tomllib.loads(match["body"])), text[match.end() :]
        except tomllib.TOMLDecodeError:
            return as_metadata(_pairs(match["body"])), text[match.end() :]
    return (), text


def _yaml(body: str) -> Mapping[str, Any]:
    try:
        values = yaml.safe_load(body)
    except (yaml.YAMLError, ValueError):
        return _pairs(body)
    return values if isinstance(values, dict) else {}


def _pairs(body: str) -> Mapping[str, Any]:
    pairs = (_PAIR.match(line) for line in body.split("\n"))
    return {pair["key"]: pair["value"].strip(" \t'\"") for pair in pairs if pair}


def as_metadata(values: Mapping[Any, Any]) -> Metadata:
    """String pairs of any mapping: lists joined by commas, booleans `true`/`false`, dates in ISO form."""
    pairs = ((clean(str(key)).lower(), _as_text(value)) for key, value in values.items())
    return tuple((key, value) for key, value in pairs if key and value)


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, map(_as_text, value)))
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_as_text(item)}" for key, item in value.items())
    return "" if value is None else clean(str(value))
