"""Invented leads and what happened with them."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

SOURCES = Path(__file__).resolve().parents[2] / "data" / "demo_conversations"
# How often each situation occurs among 100 conversations.
SITUATIONS = {
    "question": 40,
    "objection": 20,
    "interest": 18,
    "cold": 6,
    "customer": 5,
    "rejection": 5,
    "away": 3,
    "unknown": 3,
}


@dataclass(frozen=True, slots=True)
class Record:
    """One lead. `slots` fill the pieces of the answer: product, thing, team, system, asked, matter, detail ..."""

    situation: str
    lead_name: str
    product: str
    industry: str
    lead_score: int | None
    history: str
    slots: dict[str, str]


def load(name: str) -> Any:  # noqa: ANN401 - YAML
    return yaml.safe_load((SOURCES / f"{name}.yaml").read_text(encoding="utf-8"))


class RecordWriter:
    """Draws records from the pieces with `chance`."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._pieces = load("records")
        self._people = load("people")
        self._industries = load("industries")

    def write(self, situation: str) -> Record:
        trade = self._chance.choice(self._industries)
        slots = {
            "product": self._chance.choice(trade["products"]),
            "thing": self._chance.choice(trade["things"]),
            "team": self._chance.choice(trade["teams"]),
            "system": self._chance.choice(trade["systems"]),
            "industry": trade["industry"],
        }
        slots["detail"] = self._piece("details", slots)
        history = self._history(situation, slots)
        return Record(
            situation,
            self._name(),
            slots["product"],
            trade["industry"],
            self._score(situation),
            history,
            slots,
        )

    def _history(self, situation: str, slots: dict[str, str]) -> str:
        """What the CRM holds; adds to `slots` what the answer may refer to."""
        topic = self._chance.choice(self._pieces["questions"])
        slots |= {name: topic[name].format(**slots) for name in ("asked", "matter")}
        match situation:
            case "question":
                return self._join(f"Asked {slots['asked']}.", self._told(slots), self._ending())
            case "objection":
                return self._objection(slots)
            case "interest":
                done = self._chance.choice(self._pieces["interests"])
                slots |= {"did": done["did"].format(**slots), "matter": done["matter"].format(**slots)}
                return self._join(done["event"].format(**slots) + ".", self._told(slots), self._ending())
            case "cold" | "away" | "unknown":
                return self._piece(situation, slots)
            case _:
                return self._piece(f"{situation}s", slots)

    def _objection(self, slots: dict[str, str]) -> str:
        raised = self._chance.choice(self._pieces["objections"])
        slots |= {name: raised[name].format(**slots) for name in ("objected", "matter")}
        return self._join(f"Said that {slots['objected']}.", self._told(slots), self._ending())

    def _told(self, slots: dict[str, str]) -> str:
        return f"Said that {slots['detail']}."

    def _ending(self) -> str:
        return str(self._chance.choice(self._pieces["endings"]))

    def _join(self, *parts: str) -> str:
        return " ".join(part for part in parts if part)

    def _piece(self, kind: str, slots: dict[str, str]) -> str:
        return str(self._chance.choice(self._pieces[kind])).format(**slots)

    def _name(self) -> str:
        first, last = self._chance.choice(self._people["first"]), self._chance.choice(self._people["last"])
        form = self._chance.choices(["{first} {last}", "{first}", "{last}, {first}"], weights=[8, 3, 1])[0]
        return str(form.format(first=first, last=last))

    def _score(self, situation: str) -> int | None:
        low, high = {"cold": (5, 45), "rejection": (3, 40), "unknown": (0, 30), "customer": (50, 95)}.get(
            situation, (12, 98)
        )
        unscored = 0.6 if situation == "unknown" else 0.03
        return None if self._chance.random() < unscored else self._chance.randint(low, high)
