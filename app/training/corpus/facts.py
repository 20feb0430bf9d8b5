"""Sentences of invented companies: prices, limits, connectors, results."""

from collections.abc import Sequence
from random import Random

from app.training.corpus import invention
from app.training.corpus.patterns import choose, fill, load_bank, places


class FactWriter:
    """Writes sentences of two kinds, `answer` and `proof`, about companies that do not exist."""

    def __init__(self, industries: Sequence[str], words: Sequence[str] = ()) -> None:
        bank = load_bank("facts.yaml")
        self._patterns: dict[str, list[str]] = {kind: bank[kind] for kind in ("answer", "proof")}
        self._verbs: list[str] = bank["verbs"]
        self._words: list[str] = bank["words"]
        self._more_words = tuple(words)
        self._industries = tuple(industries)

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(self._words)

    def write(self, kind: str, rng: Random) -> str:
        """One sentence that begins with a capital and ends with a full stop."""
        pattern = choose(rng.choice(self._patterns[kind]), rng)
        text = fill(pattern, {place: self._value(place, rng) for place in sorted(places(pattern))})
        return text[0].upper() + text[1:]

    def word(self, rng: Random) -> str:
        roll = rng.random()
        if roll < 0.06:
            return invention.word(rng)
        return rng.choice(self._more_words if self._more_words and roll < 0.5 else self._words)

    def _value(self, place: str, rng: Random) -> str:
        """By the letter of the place; a digit behind it only makes it another one of the same kind."""
        kind = place.rstrip("0123456789")
        if kind in ("w", "v"):
            return self.word(rng)
        if kind == "W":
            return self.word(rng).capitalize()
        if kind == "V":
            return rng.choice(self._verbs)
        if kind == "i":
            return rng.choice(self._industries)
        make = {
            "x": invention.name, "y": invention.company, "p": invention.plan, "q": invention.plan, "c": invention.code,
            "n": invention.number, "a": invention.money, "r": invention.percent, "t": invention.duration,
            "u": invention.quantity, "d": invention.date,
        }[kind]  # fmt: skip
        return make(rng)
