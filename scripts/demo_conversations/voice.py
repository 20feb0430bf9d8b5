"""Answers a record in one voice: hand-written sentences in one of several shapes."""

import random
from typing import Any

from scripts.demo_conversations.records import Record, load

# The order of sentences after the opening; the question stands last.
_SHAPES: tuple[tuple[str, ...], ...] = (
    ("stances", "methods", "offers"),
    ("stances", "methods", "offers", "eases"),
    ("methods", "offers", "eases"),
    ("stances", "offers"),
    ("methods", "eases"),
    ("stances", "methods", "eases"),
    ("offers", "methods", "eases"),
    ("stances", "offers", "eases"),
    ("stances", "methods", "methods", "offers"),
)
_REJECTION_LENGTHS = (2, 2, 3)


class Voice:
    """One voice, by the name of its file: `workbench` or `sprinter`."""

    def __init__(self, name: str, chance: random.Random) -> None:
        self._pieces: dict[str, Any] = load(f"voice_{name}")
        self._chance = chance

    def answer(self, record: Record, band: str) -> str:
        """A message to `record`, whose score is in `band` (`high_intent`, ...)."""
        parts = [self._one(self._pieces["openings"][record.situation])]
        if record.situation == "rejection":
            parts += self._doors()
        else:
            shapes = _SHAPES if record.situation != "unknown" else (("methods",), ("eases",), ("methods", "eases"))
            parts += self._body(self._chance.choice(shapes), record)
            parts.append(self._one(self._pieces["questions"]["unknown" if record.situation == "unknown" else band]))
        greeting = self._one(self._pieces["greetings"])
        body = " ".join(part.format(**record.slots) for part in parts)
        return f"{greeting.format(name=called(record.lead_name))} {_joined(greeting, body)}"

    def _doors(self) -> list[str]:
        """Good wishes, each once."""
        doors: list[str] = self._chance.sample(self._pieces["doors"], self._chance.choice(_REJECTION_LENGTHS))
        wishes = [door for door in doors if "luck" in door]
        return [door for door in doors if door not in wishes[1:]]

    def _body(self, shape: tuple[str, ...], record: Record) -> list[str]:
        return list(dict.fromkeys(self._sentence(role, record) for role in shape))

    def _sentence(self, role: str, record: Record) -> str:
        if role != "stances":
            return self._one(self._pieces[role])
        kind = {"question": "question", "objection": "objection", "away": "question", "customer": "question"}
        return self._one(self._pieces["stances"][kind.get(record.situation, "other")])

    def _one(self, pieces: list[str]) -> str:
        return self._chance.choice(pieces)


def called(lead_name: str) -> str:
    family, comma, given = lead_name.partition(", ")
    return given if comma else family.split()[0]


def _joined(greeting: str, body: str) -> str:
    """After a comma or dash a sentence goes on in lower case."""
    return body if greeting.endswith((",", "-")) else body[0].upper() + body[1:]
