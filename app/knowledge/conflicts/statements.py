"""What rows and sentences have in common when they state a figure."""

import re
from dataclasses import dataclass

from app.knowledge.conflicts.amounts import Amount
from app.knowledge.conflicts.measures import Measure, measure_of
from app.reading.lexicon import FUNCTION_WORDS, PLAN_NOUNS, PLAN_WORDS
from app.reading.reader import Reading, read
from app.reading.subjects import Phrase, plan_phrases

_NO_PRICE = re.compile(
    r"\b(?:sav\w+|worth|revenue|rais(?:e|ed|es)|invest\w*|budget|credits?|balance|thresholds?|sales|sold|turnover|volume"
    r"|donat\w+|prizes?|fund\w*|minimum payout|refund(?:ed)?|value)\b",
    re.IGNORECASE,
)
# Names only where a word such as "plan" follows.
_PLAN_NAMES = PLAN_WORDS - {"free", "standard", "individual", "personal", "advanced", "essential", "plus", "entry"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where statements stand: the nearest heading, title and all headings, their conditions.

    `exceptional`: the section speaks of exceptions or examples, so that only what names a plan states a rule.
    """

    heading: str
    about: tuple[str, ...]
    qualifiers: frozenset[str]
    exceptional: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A figure with what it belongs to; see `StatedFigure`."""

    subject: str
    measure: str
    unit: str
    qualifiers: frozenset[str]
    value: str
    shown: str


def found(text: str, amount: Amount, measure: str, subject: str, qualifiers: frozenset[str]) -> Found:
    unit = f"{amount.kind} {amount.unit}".strip()
    return Found(subject, measure, unit, qualifiers, amount.value, text[amount.start : amount.end].strip())


def fitting_measure(amount: Amount, clause: str) -> Measure | None:
    """The measure that the clause names for the figure, unless the money is no price."""
    if amount.kind == "money" and _NO_PRICE.search(clause):
        return None
    return measure_of(amount.kind, clause)


def plan_in(text: str) -> str:
    """The one plan that `text` names, as words; "" for none or several."""
    reading = read(text)
    found = {_as_written(reading, phrase) for phrase in plan_phrases(reading)}
    found = found or {word.raw for word in reading.words if word.raw in _PLAN_NAMES and word.capital}
    return found.pop() if len(found) == 1 else ""


def plan_heading(heading: str) -> str:
    """The plan that a heading names; a bare name counts only if it is a usual one."""
    words = [word for word in read(heading).words if word.raw not in PLAN_NOUNS]
    return plan_in(heading) if len(words) <= 3 else ""


def named(cell: str) -> str:
    """What a row's first cell names, without what stands in brackets."""
    words = read(re.sub(r"\([^()]*\)", " ", cell).strip()).words
    kept = [word.raw for word in words if word.raw not in FUNCTION_WORDS]
    return " ".join([raw for raw in kept if raw not in PLAN_NOUNS] or kept)


def _as_written(reading: Reading, phrase: Phrase) -> str:
    """The words of `phrase`, which holds their normal forms."""
    for at in range(len(reading.words)):
        words = reading.words[at : at + len(phrase)]
        if tuple(word.key for word in words) == phrase:
            return " ".join(word.raw for word in words)
    return " ".join(phrase)
