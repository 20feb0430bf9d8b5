"""Invented leads: a record and the strategy that follows from it, in the form that the compact prompt tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from app.followups.generators.openings import with_determiner
from app.followups.prompts.masking import LEAD_COMPANY, LEAD_NAME
from app.followups.types import EdgeCase, IntentBand, Tone, Topic
from app.training.corpus import invention
from app.training.corpus.facts import FactWriter
from app.training.corpus.patterns import choose, fill, load_bank, places

# How often each situation occurs. `NONE` is the ordinary case.
_CASES = {
    EdgeCase.NONE: 24, EdgeCase.QUESTION: 36, EdgeCase.OBJECTION: 14, EdgeCase.REJECTION: 3, EdgeCase.OUT_OF_OFFICE: 5,
    EdgeCase.EXISTING_CUSTOMER: 7, EdgeCase.GONE_COLD: 7, EdgeCase.NOTHING_KNOWN: 2,
}  # fmt: skip
_OPENINGS = {
    EdgeCase.NONE: {"asked": 2, "asked_clause": 1, "interested": 4, "noted": 2, "acted": 4, "none": 3},
    EdgeCase.QUESTION: {"asked": 6, "asked_clause": 4, "asked_unnamed": 1},
    EdgeCase.OBJECTION: {"raised": 5, "raised_unnamed": 2},
    EdgeCase.OUT_OF_OFFICE: {"asked": 4, "asked_clause": 2, "interested": 1, "none": 1},
    EdgeCase.EXISTING_CUSTOMER: {"asked": 4, "asked_clause": 2, "acted": 1, "none": 2},
    EdgeCase.GONE_COLD: {"asked": 3, "interested": 3, "acted": 3, "none": 1},
}
_CLAUSE_WORDS = ("whether ", "how ", "what ", "where ")
# "You were interested in a discount" would sound like an offer.
_ONLY_ASKED = (Topic.TRIAL, Topic.DISCOUNT)
# A record may name a topic, or hold a sentence, of which the message says nothing.
_IDLE_TOPIC, _MORE_HISTORY = 0.3, 0.25
_CTA = {IntentBand.HIGH: "specific", IntentBand.MEDIUM: "soft", IntentBand.LOW: "stay_relevant"}
_QUESTIONS = ("What does it cost?", "How does this work?", "Is there more to know?", "Can you tell me more?")
_FIELDS = (
    "lead_industry",
    "job_title",
    "company_size",
    "lead_stage",
    "interaction_history",
    "objections_raised",
    "notes",
)


@dataclass(frozen=True, slots=True)
class Record:
    """One invented lead. `opening` is a slot of the phrase bank or ""; `record` holds fields in prompt order."""

    band: IntentBand
    edge_case: EdgeCase
    tone: Tone
    cta_type: str
    topic: Topic | None
    opening: str
    subject: str
    act: str
    name: str
    company: str
    record: tuple[tuple[str, str], ...]


class RecordWriter:
    """Writes records from the wording bank."""

    def __init__(self, facts: FactWriter) -> None:
        bank = load_bank("wording.yaml")
        self._facts = facts
        self._subjects: Mapping[str, list[str]] = bank["subjects"]
        self._acts: list[str] = bank["acts"]
        self._histories: Mapping[str, Any] = bank["histories"]
        self._fields: Mapping[str, Any] = bank["fields"]

    def write(self, rng: Random) -> Record:
        case = rng.choices(list(_CASES), list(_CASES.values()))[0]
        band = rng.choice(list(IntentBand))
        tone = rng.choice(list(Tone))
        kinds = _OPENINGS.get(case, {"none": 1})
        opening = rng.choices(list(kinds), list(kinds.values()))[0]
        topics = [topic for topic in Topic if opening.startswith("asked") or topic not in _ONLY_ASKED]
        topic = rng.choice(topics) if opening != "none" or rng.random() < _IDLE_TOPIC else None
        subject = self._subject(topic, opening, rng) if topic else ""
        act = self._fill(choose(rng.choice(self._acts), rng), rng) if opening == "acted" else ""
        name = LEAD_NAME if rng.random() < 0.92 else ""
        company = LEAD_COMPANY if rng.random() < 0.6 else ""
        fields = self._told(case, tone, rng)
        fields["interaction_history"] = self._history(case, opening, subject, act, company, rng)
        return Record(
            band=band, edge_case=case, tone=tone, cta_type="none" if case is EdgeCase.REJECTION else _CTA[band],
            topic=topic if topic is not Topic.OTHER or rng.random() < 0.5 else None,
            opening="" if opening == "none" else opening,
            subject=subject if opening not in ("asked_unnamed", "raised_unnamed") else "", act=act, name=name,
            company=company, record=tuple((field, fields[field]) for field in _FIELDS if fields.get(field)),
        )  # fmt: skip

    def value(self, place: str, rng: Random) -> str:
        """An invented value for a place of the wording bank."""
        if place in ("w", "v"):
            return self._facts.word(rng)
        if place == "m":
            return str(rng.choice(self._fields["months"]))
        make = {
            "x": invention.name, "p": invention.plan, "c": invention.code, "n": invention.number,
            "date": invention.date,
        }  # fmt: skip
        if place == "day":
            return str(rng.randint(1, 28))
        return make[place](rng)

    def _fill(self, text: str, rng: Random, **known: str) -> str:
        return fill(text, {place: known.get(place) or self.value(place, rng) for place in sorted(places(text))})

    def _subject(self, topic: Topic, opening: str, rng: Random) -> str:
        fitting = [s for s in self._subjects[topic.value] if s.startswith(_CLAUSE_WORDS) == (opening == "asked_clause")]
        if not fitting:
            fitting = ["how {w} works", "whether {w} is possible", "what the {p} plan includes"]
        subject = self._fill(rng.choice(fitting), rng)
        return subject if opening == "asked_clause" else with_determiner(subject)

    def _told(self, case: EdgeCase, tone: Tone, rng: Random) -> dict[str, str]:
        """The fields around the history, each there or not."""
        told: dict[str, str] = {}
        for field, share in (("lead_industry", 0.6), ("company_size", 0.4), ("lead_stage", 0.5), ("notes", 0.2)):
            if rng.random() < share:
                told[field] = self._fill(str(rng.choice(self._fields[field])), rng)
        if rng.random() < 0.6:
            told["job_title"] = str(rng.choice(self._fields["job_title"][tone.value]))
        if case is EdgeCase.OBJECTION and rng.random() < 0.6:
            told["objections_raised"] = str(rng.choice(self._fields["objections_raised"]))
        return told

    def _history(self, case: EdgeCase, opening: str, subject: str, act: str, company: str, rng: Random) -> str:
        if case is EdgeCase.NOTHING_KNOWN:
            return ""
        if case is EdgeCase.REJECTION:
            return self._fill(choose(rng.choice(self._histories["rejection"]), rng), rng, name=LEAD_NAME)
        key = "raised" if opening == "raised_unnamed" else opening
        patterns = [p for p in self._histories[key] if company or "{company}" not in p]
        known = {
            "subject": subject, "act": act, "Act": act[:1].upper() + act[1:], "name": LEAD_NAME,
            "company": company, "question": rng.choice(_QUESTIONS),
        }  # fmt: skip
        text = self._fill(choose(rng.choice(patterns), rng), rng, **known)
        if text and rng.random() < _MORE_HISTORY:
            more = self._facts.write(rng.choice(("answer", "proof")), rng)
            text = f"{more} {text}" if rng.random() < 0.5 else f"{text.rstrip('.')}. {more}"
        if case is EdgeCase.EXISTING_CUSTOMER:
            text = self._fill(choose(rng.choice(self._histories["customer"]), rng), rng) + text
        if case is EdgeCase.OUT_OF_OFFICE:
            text = f"{text.rstrip('.')}. {self._fill(self._histories['away'], rng)}" if text else ""
        return text
