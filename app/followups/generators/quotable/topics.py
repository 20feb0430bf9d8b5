"""What shows that a sentence of a document speaks about a topic, a price or a result."""

import re
from functools import cache
from pathlib import Path

import yaml

from app.followups.generators.quotable.giveaways import whole_words
from app.followups.types import Topic

_FILE = Path(__file__).with_name("answers.yaml")
_MONEY_OR_FREE = re.compile(r"[$€£¥]\s?\d|\d\s?(?:USD|EUR|GBP|dollars|euros)\b|\d\s?¢|\bfree\b", re.IGNORECASE)
_PRICED = whole_words(
    ["plans?", "tiers?", "editions?", "packages?", "subscriptions?", "licen[cs]es?", "start(?:s|ing) at"]
    + ["per (?:month|year|user|seat|transaction|invoice)", "(?:all|each|every) transactions?", "transaction fees?"]
)
_COSTS = whole_words([
    "costs?",
    "prices?",
    "priced",
    "fees?",
    "rates?",
    "billed",
    "pays?",
    "free",
    "start(?:s|ing) at",
    "from",
    "monthly",
])
_NO_LIST_PRICE = whole_words([
    "disputes?",
    "chargebacks?",
    r"penalt\w+",
    "fines?",
    "late fees?",
    "saved?",
    "saves",
    "savings?",
    "revenue",
    "raised",
])
_FIGURE = re.compile(
    r"\d|\b(?:half|third|quarter|twice|two|three|four|five|six|seven|eight|nine|ten|twelve|doubled?s?|tripled?|halved)\b",
    re.IGNORECASE,
)
_RESULT = whole_words(
    ["cuts?", r"reduc\w+", r"shorten\w*", "shorter", "sav(?:ed|es|ing|ings)", "fewer", "less", "faster", r"lower\w*"]
    + [
        "dropped",
        "drops",
        "fell",
        "fallen",
        "declined",
        "decreased?",
        r"increas\w+",
        "grew",
        "grown",
        "rose",
        "doubled",
    ]
    + ["tripled", "halved", r"improv\w+", r"gain\w*", r"recover\w+", r"eliminat\w+", r"accelerat\w+", "sooner"]
    + [r"from \S+ (?:\w+ )?to", "down (?:from|to)", "up from", "pa(?:ys?|id) for itself", "payback", "went live"]
    + ["live (?:in|within)"]
)
_PAYBACK = whole_words(["pays? for itself", "payback", "return on investment", "break-?even"])
_NEEDS_FIGURE = (Topic.ROI, Topic.TIMING)


def speaks_about(topic: Topic, sentence: str) -> bool:
    """True if `sentence` addresses `topic`; for prices only if it states one, for returns and times only in figures."""
    if topic is Topic.PRICING:
        return states_price(sentence)
    if topic in _NEEDS_FIGURE and not states_figure(sentence):
        return False
    pattern = _patterns().get(topic)
    return pattern is not None and pattern.search(sentence) is not None


def states_price(sentence: str) -> bool:
    """True for what something costs: an amount (or "free") together with a plan or a unit."""
    found = (_MONEY_OR_FREE.search(sentence), _PRICED.search(sentence), _COSTS.search(sentence))
    return all(found) and not _NO_LIST_PRICE.search(sentence)


def states_cost(sentence: str) -> bool:
    """True for an amount (or "free") that something costs, also what is no list price (a dispute, a late fee)."""
    return _MONEY_OR_FREE.search(sentence) is not None and _COSTS.search(sentence) is not None


def states_figure(sentence: str) -> bool:
    """True for a figure, written in digits or in words."""
    return _FIGURE.search(sentence) is not None


def states_result(sentence: str) -> bool:
    """True for an outcome with a figure."""
    return states_figure(sentence) and _RESULT.search(sentence) is not None


def states_payback(sentence: str) -> bool:
    """True for a payback or return with a figure."""
    return states_figure(sentence) and _PAYBACK.search(sentence) is not None


@cache
def _patterns() -> dict[Topic, re.Pattern[str]]:
    data: dict[str, list[str]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {Topic(name): whole_words([str(word) for word in words]) for name, words in data.items()}
