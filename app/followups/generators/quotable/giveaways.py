"""Words and signs that give a sentence away as unfit for a message, read from `giveaways.yaml`."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_FILE = Path(__file__).with_name("giveaways.yaml")


@dataclass(frozen=True, slots=True)
class Giveaways:
    """`signs`: reasons with what shows them, in order. `welcome_negation` is what `negative` overlooks."""

    signs: tuple[tuple[str, re.Pattern[str]], ...]
    negative: re.Pattern[str]
    welcome_negation: re.Pattern[str]


@cache
def load_giveaways() -> Giveaways:
    data: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return Giveaways(
        tuple((str(entry["reason"]), _pattern(entry)) for entry in data["giveaways"]),
        whole_words(data["negative"]),
        whole_words(data["welcome_negation"]),
    )


def whole_words(fragments: list[str]) -> re.Pattern[str]:
    """Any of `fragments` as whole words, any case."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(fragments)})(?!\w)", re.IGNORECASE)


def _pattern(entry: dict[str, list[str]]) -> re.Pattern[str]:
    if "words" in entry:
        return whole_words(entry["words"])
    if "anywhere" in entry:
        return re.compile("|".join(entry["anywhere"]), re.IGNORECASE)
    return re.compile("|".join(entry["signs"]))
