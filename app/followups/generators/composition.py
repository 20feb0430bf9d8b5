"""Which parts a plain message has, by edge case, intent and evidence, and how they become a text."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from app.config_files import ValidationConfig
from app.followups.generators.base import GenerationInput
from app.followups.generators.forbidden import forbidden_for
from app.followups.generators.openings import Opening, read_opening
from app.followups.generators.phrases import PhraseBank
from app.followups.generators.quotable import Candidate
from app.followups.generators.selection import Selection, select
from app.followups.types import EdgeCase, IntentBand, Tone, Topic
from app.language.names import first_name

_BAND_SLOTS = {IntentBand.HIGH: "high", IntentBand.MEDIUM: "medium", IntentBand.LOW: "low"}
_THANKS = "Thank you"
_WANTS_TO_TALK = re.compile(
    r"\b(?:wants?|wanted|asked for|requested|would like|needs?|please|book|schedule) "
    r"(?:to )?(?:have |schedule |book |set up )?"
    r"(?:an? |the )?(?:short |quick |first |intro\w* )?(?:call|meeting|chat|appointment|callback)\b",
    re.IGNORECASE,
)
_MAX_PRODUCT_WORDS = 6
_PLAIN_PRODUCT = re.compile(r"[\w '’&/+.-]*[\w+]")


@dataclass(frozen=True, slots=True)
class Parts:
    """A message in pieces: salutation, statements, and the question (None only after a rejection)."""

    greeting: str
    body: tuple[str, ...]
    question: str | None

    def text(self) -> str:
        paragraphs = (self.greeting, " ".join(self.body), self.question or "")
        return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


class Composer:
    """Composes the message of one task."""

    def __init__(self, task: GenerationInput, bank: PhraseBank, rules: ValidationConfig) -> None:
        self._task = task
        self._lead = task.lead
        self._strategy = task.strategy
        self._bank = bank
        self._forbidden = forbidden_for(rules, first_name(task.lead.lead_name))

    def compose(self) -> str:
        """The best message within the word limit: shorter variants are complete messages, nothing is cut."""
        shortest = ""
        for parts in self._variants():
            text = parts.text()
            if len(text.split()) <= self._task.word_limit:
                return text
            if not shortest or len(text.split()) < len(shortest.split()):
                shortest = text
        return shortest

    def _variants(self) -> Iterator[Parts]:
        """Complete messages, the best one first, then ever shorter ones."""
        case = self._strategy.edge_case
        if case is EdgeCase.REJECTION:
            yield self._parts(("rejection_thanks", "rejection_door"), None)
        elif case is EdgeCase.NOTHING_KNOWN:
            yield self._parts(("unknown",), "unknown_question")
        else:
            yield from self._with_facts()
            yield self._handing_over(self._opening_slots)
            yield self._handing_over(())

    def _with_facts(self) -> Iterator[Parts]:
        chosen = self._selection
        openings = self._opening_slots or ("neutral",)
        question = self._question_slot()
        for fact in chosen.facts:
            for proof in chosen.proofs:
                yield self._parts(openings, question, fact, proof)
            yield self._parts(openings, question, fact)
        for fact in chosen.facts:
            yield self._parts(openings[-1:], question, fact)

    def _handing_over(self, openings: tuple[str, ...]) -> Parts:
        if self._strategy.edge_case is EdgeCase.EXISTING_CUSTOMER and not self._opening.subject:
            return self._parts((*openings, "handover_customer"), "customer")
        if self._strategy.edge_case is EdgeCase.OBJECTION:
            return self._parts((*openings, "handover_raised"), self._open_question())
        if self._strategy.topic is Topic.DEMO and self._opening.slot in ("acted", "asked", "interested") and openings:
            return self._parts(openings, self._question_slot())
        if openings == ("noted",):
            return self._parts(("handover_noted",), "open_nothing")
        if self._selection.asked:
            return self._parts((*openings, "handover_asked"), self._open_question())
        return self._parts((*openings, "handover_open"), "open_nothing")

    def _parts(self, slots: tuple[str, ...], question: str | None, *facts: Candidate) -> Parts:
        said = [message.text for message in self._lead.thread]
        said += filter(None, (self._task.repair_of,))

        def pick(slot: str) -> str:
            return self._bank.pick(slot, self._lead, self._values, said)

        body = (*self._statements(slots, said), *(fact.text for fact in facts))
        return Parts(pick(self._greeting_slot()), body, pick(question) if question else None)

    def _statements(self, slots: tuple[str, ...], said: list[str]) -> tuple[str, ...]:
        """One sentence per slot; thanks are said once."""
        texts: list[str] = []
        for slot in slots:
            thanked = any(text.startswith(_THANKS) for text in texts)
            texts.append(
                self._bank.pick(slot, self._lead, self._values, said, unless_start=_THANKS if thanked else None)
            )
        return tuple(texts)

    @cached_property
    def _opening(self) -> Opening:
        opening = read_opening(self._lead, self._strategy, self._bank.labels)
        stated = " ".join(filter(None, (opening.subject, opening.act)))
        return Opening(None) if self._forbidden.within(stated) else opening

    @cached_property
    def _selection(self) -> Selection:
        return select(self._task, self._opening, self._forbidden)

    @cached_property
    def _opening_slots(self) -> tuple[str, ...]:
        about_lead = (self._opening.slot,) if self._opening.slot else ()
        if self._strategy.edge_case is EdgeCase.OUT_OF_OFFICE:
            return ("welcome_back", *about_lead)
        if self._strategy.edge_case is EdgeCase.EXISTING_CUSTOMER:
            return ("customer_thanks", *about_lead)
        return about_lead

    @cached_property
    def _values(self) -> Mapping[str, str]:
        values = {"product": self._product()}
        for name, value in (
            ("name", first_name(self._lead.lead_name)),
            ("subject", self._opening.subject),
            ("act", self._opening.act),
        ):
            if value:
                values[name] = value
        return values

    def _product(self) -> str:
        """The product's name where it can stand inside a sentence."""
        name = self._lead.product_name
        fits = _PLAIN_PRODUCT.fullmatch(name) and len(name.split()) <= _MAX_PRODUCT_WORDS
        return name if fits and not self._forbidden.within(name) else "our product"

    def _greeting_slot(self) -> str:
        tone = "formal" if self._strategy.tone is Tone.FORMAL else "plain"
        return f"greeting_{tone}" if "name" in self._values else f"greeting_{tone}_nameless"

    def _question_slot(self) -> str:
        case, band = self._strategy.edge_case, _BAND_SLOTS[self._strategy.band]
        if case is EdgeCase.GONE_COLD:
            return "cold"
        if case is EdgeCase.EXISTING_CUSTOMER:
            return "customer"
        if case is EdgeCase.OBJECTION:
            return f"{band}_objection"
        if _WANTS_TO_TALK.search(self._lead.interaction_history):
            return "meeting"
        return self._bank.first_known(f"{band}_{self._topic()}", band)

    def _open_question(self) -> str:
        return self._bank.first_known(f"open_{self._topic()}", "open")

    def _topic(self) -> str:
        return self._strategy.topic.value if self._strategy.topic else "other"
