"""One prepared training example, and the files that hold them: JSON Lines, one example a line."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.errors import InvalidInput
from app.followups.lead_context import build_lead_context
from app.followups.types import LeadContext
from app.training.privacy import with_stand_ins

TRAIN_FILE = "train.jsonl"
HELD_OUT_FILE = "held_out.jsonl"
MANIFEST_FILE = "manifest.json"
_KEYS = frozenset({"lead", "fields", "response"})


@dataclass(frozen=True, slots=True)
class Example:
    """A lead's record and the message that worked, both with placeholders for personal data.

    `lead` groups the rows of one lead and names nobody. `fields` are fields of a request.
    """

    lead: str
    fields: Mapping[str, Any]
    response: str

    @property
    def answer(self) -> str:
        """The message as a reader gets it, with stand-ins for the placeholders."""
        return with_stand_ins(self.response)

    def context(self) -> LeadContext:
        """The record as a request gives it, with stand-ins for the placeholders."""
        filled = {
            name: with_stand_ins(value) if isinstance(value, str) else value for name, value in self.fields.items()
        }
        return build_lead_context("training", filled)


def write_examples(path: Path, examples: Iterable[Example]) -> None:
    lines = (
        json.dumps({"lead": e.lead, "fields": dict(e.fields), "response": e.response}, ensure_ascii=False)
        for e in examples
    )
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def read_examples(path: Path) -> tuple[Example, ...]:
    """All examples of a file. Raises `InvalidInput` naming the line that is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"{path}: this file cannot be read; scripts/prepare_training_data.py writes {TRAIN_FILE}, {HELD_OUT_FILE}."
        ) from error
    return tuple(_example(path, number, line) for number, line in enumerate(lines, start=1) if line.strip())


def digest_of(examples: Iterable[Example]) -> str:
    """SHA-256 over the content of the examples in order: the identity of a training set."""
    total = hashlib.sha256()
    for example in examples:
        content = [example.lead, dict(example.fields), example.response]
        total.update(json.dumps(content, sort_keys=True, ensure_ascii=False).encode())
        total.update(b"\n")
    return total.hexdigest()


def _example(path: Path, number: int, line: str) -> Example:
    try:
        data = json.loads(line)
    except json.JSONDecodeError as error:
        raise InvalidInput(
            f"{path}: line {number} is not JSON; give the output of scripts/prepare_training_data.py, not a CSV file."
        ) from error
    if not isinstance(data, dict) or data.keys() != _KEYS or not isinstance(data["fields"], dict):
        raise InvalidInput(f"{path}: line {number} needs exactly the keys {', '.join(sorted(_KEYS))}.")
    if not isinstance(data["response"], str) or not data["response"].strip():
        raise InvalidInput(f"{path}: line {number} has no response.")
    return Example(str(data["lead"]), data["fields"], data["response"])
