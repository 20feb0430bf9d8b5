"""Whose price a question asks for. The price of another plan or thing is no answer, however near it comes."""

import re
from functools import lru_cache

from app.followups.generators.quotable.wishes import PLAN, Candidate, met
from app.language.words import stem, words
from app.reading.lexicon import PLAN_NOUNS, PLAN_WORDS

_NOUN = "plan|tier|edition|package"
_BEFORE_NOUN = re.compile(rf"\b(?P<name>[A-Za-z][\w-]*) (?:{_NOUN})s?\b", re.IGNORECASE)
_BEFORE_PRICE = re.compile(r"\b(?P<name>[A-Za-z][\w-]*) (?:pric(?:e|es|ing)|costs?|fees?)\b", re.IGNORECASE)
_CAPITAL = re.compile(r"(?<!our )(?<!my )(?<!your )\b(?P<name>[A-Z][\w-]*)")
_NO_NAMES = frozenset(
    words("""
    the a an our your their which what each every any this that these paid new pricing price cost all other of annual
    monthly yearly best right cheapest same and or for free standard individual personal core
    """)
)
_EVERY_PLAN = re.compile(rf"\b(?:all|every|each|any)\b(?: \w+)? (?:{_NOUN})s?\b", re.IGNORECASE)
_THING = r"(?P<{}>set-?up|implementation|onboarding|support|integrations?|connectors?|training|migration)"
_THINGS = (
    re.compile(rf"\b{_THING.format('thing')} (?:pric(?:e|es|ing)|costs?|fees?|charges?)\b", re.IGNORECASE),
    re.compile(
        rf"\b(?:pric(?:e|es|ing)|costs?|fees?|charges?) (?:of|for) (?:the |your |our |an? )?{_THING.format('thing')}\b",
        re.IGNORECASE,
    ),
    re.compile(rf"\bhow much (?:is |does |do )?(?:the |your |our |an? )?{_THING.format('thing')}\b", re.IGNORECASE),
)


def prices_something_else(candidate: Candidate, asked: str) -> bool:
    """Whether a sentence says nothing about the plans and things that the question `asked` names."""
    things = _things_in(asked)
    if things and not met(things, candidate.stems):
        return True
    plans = plans_in(asked)
    if not plans or _EVERY_PLAN.search(candidate.text):
        return False
    named = {match["name"] for match in PLAN.finditer(candidate.text)}
    if not named:
        return not any(re.search(rf"\b{re.escape(plan)}\b", candidate.text, re.IGNORECASE) for plan in plans)
    return not any(name.lower() in plans or _is_called(candidate.item.text, name, plans) for name in named)


@lru_cache(maxsize=1024)
def plans_in(asked: str) -> frozenset[str]:
    """The plans that a question names, in lower case: `the Business price`, `the business plan`."""
    found = {match["name"].lower() for match in _BEFORE_NOUN.finditer(asked)}
    found |= {match["name"].lower() for match in _BEFORE_PRICE.finditer(asked)} & PLAN_WORDS
    found |= {match["name"].lower() for match in _CAPITAL.finditer(asked)} & PLAN_WORDS
    return frozenset(found - _NO_NAMES - PLAN_NOUNS)


@lru_cache(maxsize=1024)
def _things_in(asked: str) -> frozenset[str]:
    return frozenset(stem(match["thing"].lower()) for pattern in _THINGS for match in pattern.finditer(asked))


def _is_called(text: str, name: str, plans: frozenset[str]) -> bool:
    """`Our mid-tier plan is the Professional plan.` names one plan twice."""
    return any(
        re.search(rf"\b{re.escape(plan)} (?:{_NOUN}) is (?:the |called )*{re.escape(name)}\b", text, re.IGNORECASE)
        or re.search(rf"\b{re.escape(name)} (?:{_NOUN}) is (?:our|the) {re.escape(plan)}\b", text, re.IGNORECASE)
        for plan in plans
    )
