"""What stands around a figure and changes its meaning: bounds ("up to", "from") and rates ("per user per month")."""

import re

from app.language.words import stem, words

_BEFORE = re.compile(
    r"(?:\b(?:"
    r"(?P<at_most>up to|as much as|as many as|at most|no more than|not more than|(?:a )?maximum(?: of)?"
    r"|max\.?|capped at)"
    r"|(?P<below>under|less than|below|fewer than|lower than)"
    r"|(?P<at_least>at least|(?:a )?minimum(?: of)?|no less than|not less than|no fewer than|min\.)"
    r"|(?P<above>over|more than|above|upwards? of|exceed(?:s|ing|ed)?|in excess of|greater than)"
    r"|(?P<from>(?:start(?:s|ing|ed)?|begin(?:s|ning)?)\s(?:at|from)(?: just| only)?|as low as"
    r"|as little as|from(?: just| only)?)"
    r"|(?P<approx>about|around|roughly|approximately|approx\.?|circa|ca\.|nearly|almost|close to|some|an estimated)"
    r"|(?P<just>just|only|exactly)"
    r")\s|(?P<signs>[~≈<>≤≥]))\s?(?:an?\s|the\s)?$",
    re.IGNORECASE,
)
_DATE_BEFORE = re.compile(
    r"\b(?:(?P<before>before|until|till|by|prior to|up to|no later than)"
    r"|(?P<after>after|since|from|as of|starting|on or after))"
    r"\s(?:the\s)?(?:end of\s)?$",
    re.IGNORECASE,
)
_SIGNS = {"~": "approx", "≈": "approx", "<": "below", ">": "above", "≤": "at_most", "≥": "at_least"}
_AFTER = re.compile(
    r"(?P<above>\+(?![\s]*[$€£]?\d))|\s(?P<at_least>or more|and up|or higher|or above|and above|upwards|minimum)\b"
    r"|\s(?P<at_most>or less|or fewer|or lower|or under|at most|max(?:imum)?)\b|\s(?P<approx>or so)\b",
    re.IGNORECASE,
)
_TIME = "second|sec|minute|min|hour|hr|day|week|wk|month|mth|mo|quarter|year|yr|annum"
_EVERY = re.compile(
    rf"\s?(?:(?:/|per\b|p\.)\s?(?P<per>[a-z]+)|(?:an?|each|every|for every|for each)\s(?P<each>{_TIME}"
    rf"|user|seat|member|"
    rf"person|employee|agent|transaction|invoice)\b|(?P<adverb>monthly|annually|yearly|weekly|daily|hourly|quarterly)\b"
    rf"(?!\s(?:active|recurring)))\.?(?=\W|$)",
    re.IGNORECASE,
)
_ADJECTIVE = re.compile(
    r"\b(?P<adverb>monthly|annual|yearly|weekly|daily|hourly|quarterly)\s(?:\w+\s){0,2}?(?:fee|price|cost|charge|rate|"
    r"subscription|payment|plan|sales)s?\s?(?::|is|are|was|of|at|costs?|from|starts?|to|=|\s){0,3}\s*$",
    re.IGNORECASE,
)
_HEADER = re.compile(r"(?:/|\bper\s)(?P<per>[a-z]+)[^;:.]{0,20}:\s*[^;:.]*$", re.IGNORECASE)
_ADVERBS = {"monthly": "month", "annually": "year", "annual": "year", "yearly": "year", "weekly": "week",
            "daily": "day", "hourly": "hour", "quarterly": "quarter"}  # fmt: skip
_SAME = {"mo": "month", "mth": "month", "yr": "year", "annum": "year", "wk": "week", "hr": "hour", "min": "minute",
         "sec": "second", "person": "user", "head": "user", "users": "user", "seats": "seat"}  # fmt: skip
# A figure without one of these says something else than the same figure with it.
ESSENTIAL_RATES = frozenset(
    map(stem, words("second minute hour day week month quarter year user seat member employee agent"))
)


def date_bound_of(text: str, start: int) -> str:
    """`before`, `after` or `exact`: on which side of a date the text speaks."""
    match = _DATE_BEFORE.search(text, max(0, start - 24), start)
    return "exact" if match is None else "before" if match["before"] else "after"


def rates_of(text: str, start: int, end: int) -> tuple[frozenset[str], int]:
    """The "per ..." words of the figure `text[start:end]`, as stems, and where they end."""
    rates: set[str] = set()
    while (match := _EVERY.match(text, end)) is not None:
        rates.add(_rate(match["per"] or match["each"] or match["adverb"]))
        end = match.end() - (1 if match[0].endswith(".") and end_of_sentence(text, match.end()) else 0)
    before = text[max(0, start - 60) : start]
    if not rates and (adjective := _ADJECTIVE.search(before)):
        rates.add(_rate(adjective["adverb"]))
    if not rates and (header := _HEADER.search(before)):
        rates.add(_rate(header["per"]))
    return frozenset(rates), end


def end_of_sentence(text: str, position: int) -> bool:
    return not text[position:].strip()


def _rate(word: str) -> str:
    word = word.lower()
    return stem(_ADVERBS.get(word) or _SAME.get(word, word))


def bound_of(text: str, start: int, end: int) -> tuple[str, int, int]:
    """The bound of the figure `text[start:end]`, and the span of figure and bound together."""
    before = _BEFORE.search(text, max(0, start - 32), start)
    bound = "exact"
    if before is not None:
        start = before.start()
        bound = _SIGNS[before["signs"]] if before["signs"] else next(k for k, v in before.groupdict().items() if v)
    after = _AFTER.match(text, end)
    if after is not None and bound in {"exact", "just"}:
        return next(name for name, value in after.groupdict().items() if value), start, after.end()
    return ("exact" if bound == "just" else bound), start, end
