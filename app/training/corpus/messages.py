"""What the model learns to write: an opening on the lead's thing, the evidence word for word, one question."""

import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from app.followups.generators.phrases import PhraseBank, load_phrases
from app.followups.prompts.masking import PRODUCT
from app.followups.types import EdgeCase, IntentBand, Tone
from app.training.corpus.patterns import choose, fill, load_bank, places
from app.training.corpus.records import Record

# Slots of the safe template under the names that a plan uses.
_TEMPLATE_NAMES = {"thanks": "rejection_thanks", "farewell": "rejection_door"}
_PLAIN_GREETINGS = ("Hi {name},", "Hi {name},", "Hello {name},")
_NAMELESS = {True: ("Good day,",), False: ("Hello,", "Hello there,")}
_OPENING_WORDS = 6
_LEAST_WORDS = 13
# What sounds like an offer is only ever said to have been asked for.
_OFFERING = re.compile(
    r"\b(?:trials?|pilot|discounts?|rebates?|free|price|refunds?|savings?|connector|report)\b", re.IGNORECASE
)
_ASKED_FOR = re.compile(r"You (?:asked|wanted to know)\b")


class MessageWriter:
    """Writes one message for a plan. Wording comes from the safe template's bank and from `wording.yaml`."""

    def __init__(self) -> None:
        bank = load_bank("wording.yaml")
        self._template: PhraseBank = load_phrases()
        self._openings: Mapping[str, list[str]] = bank["openings"]
        self._handovers: Mapping[str, list[str]] = bank["handovers"]
        self._questions: Mapping[str, list[str]] = bank["questions"]

    def write(
        self, record: Record, plan: Sequence[str], said: Mapping[str, str], avoid: Sequence[str], rng: Random
    ) -> str:
        """The message for `plan`; `said` holds the sentence of each fact by its role, placeholders stay."""
        body: list[str] = []
        question = ""
        for step in plan:
            if step in said:
                body.append(said[step])
            elif step == "question":
                question = self._question(record, "handover" in plan, rng)
            elif step == "handover":
                body.append(self._say(self._handovers[self._handover_kind(record)], record, (), rng))
            else:
                thanked = any(text.startswith("Thank") for text in body)
                body.append(self._opening(step, record, (*avoid, *(["Thank"] if thanked else [])), rng))
        parts = (self._greeting(record, rng), " ".join(body), question)
        return "\n\n".join(part for part in parts if part)

    def voice(self, record: Record, steps: Sequence[str], avoid: Sequence[str], rng: Random) -> str:
        """A message without any fact of ours: openings, perhaps a courtesy, a question."""
        body = [self._opening(step, record, avoid, rng) for step in steps]
        question = self._question(record, not steps, rng)
        if rng.random() < 0.55 or len(" ".join([*body, question]).split()) < _LEAST_WORDS:
            body.append(self._say(self._handovers["voice"], record, (), rng))
        return "\n\n".join((self._greeting(record, rng), " ".join(body), question))

    def earlier_opening(self, record: Record, rng: Random) -> str:
        """How an earlier message to this lead may have begun, its first words."""
        text = self._opening(record.opening or "neutral", record, (), rng)
        return " ".join(text.split()[:_OPENING_WORDS])

    def _opening(self, step: str, record: Record, avoid: Sequence[str], rng: Random) -> str:
        own = self._template.slots.get(_TEMPLATE_NAMES.get(step, step), ())
        patterns = [*self._openings.get(step, ()), *(phrase.text for phrase in own)]
        return self._say(patterns, record, avoid, rng)

    def _say(self, patterns: Sequence[str], record: Record, avoid: Sequence[str], rng: Random) -> str:
        """One pattern whose places are known; one that begins like none of `avoid`, if there is one."""
        values = self._values(record)
        careful = record.opening.startswith("asked") and _OFFERING.search(record.subject)
        text = ""
        for _ in range(12):
            pattern = choose(rng.choice(patterns), rng)
            if not places(pattern) <= values.keys() or (
                careful and "{subject}" in pattern and not _ASKED_FOR.match(pattern)
            ):
                continue
            text = fill(pattern, values)
            if not any(text.startswith(start) for start in avoid):
                return text
        return text or "I can answer your questions."

    def _values(self, record: Record) -> dict[str, str]:
        found = {"product": PRODUCT, "subject": record.subject, "act": record.act, "company": record.company}
        return {place: value for place, value in found.items() if value}

    def _greeting(self, record: Record, rng: Random) -> str:
        formal = record.tone is Tone.FORMAL
        if not record.name:
            return rng.choice(_NAMELESS[formal])
        return ("Dear {name}," if formal else rng.choice(_PLAIN_GREETINGS)).format(name=record.name)

    def _question(self, record: Record, handed_over: bool, rng: Random) -> str:
        case = record.edge_case
        if case is EdgeCase.REJECTION:
            return ""
        fixed = {
            EdgeCase.GONE_COLD: "cold", EdgeCase.EXISTING_CUSTOMER: "customer", EdgeCase.NOTHING_KNOWN: "unknown",
        }  # fmt: skip
        band = record.band.value.removesuffix("_intent")
        if handed_over and case not in (EdgeCase.NOTHING_KNOWN, EdgeCase.EXISTING_CUSTOMER):
            return self._ask(["open"], "open", record, rng)
        if case in fixed:
            return self._ask(
                [fixed[case]], "unknown_question" if case is EdgeCase.NOTHING_KNOWN else fixed[case], record, rng
            )
        if case is EdgeCase.OBJECTION:
            extra = [] if record.band is IntentBand.LOW else [band]
            return self._ask(["objection", *extra], f"{band}_objection", record, rng)
        topical = f"{band}_{record.topic.value}" if record.topic else band
        return self._ask([band], topical if topical in self._template.slots else band, record, rng)

    def _ask(self, own: Sequence[str], template: str, record: Record, rng: Random) -> str:
        held: dict[str, Any] = dict(record.record)
        theirs = [phrase.text for phrase in self._template.slots[template] if not any(f in held for f in phrase.unless)]
        return self._say([*(text for slot in own for text in self._questions[slot]), *theirs], record, (), rng)

    @staticmethod
    def _handover_kind(record: Record) -> str:
        if record.edge_case is EdgeCase.OBJECTION:
            return "raised"
        return "asked" if record.opening.startswith("asked") else "open"
