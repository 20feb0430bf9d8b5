"""Find every figure of a text and bring it into one normal form.

`$299/month`, `299 USD per month` and `USD 299 monthly` become one value; `a third` does not become 30%. No digit is
ever skipped: what fits no better kind is a plain count, so an invented number cannot hide behind its notation.
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from app.language.words import words
from app.reading.bounds import bound_of, date_bound_of, rates_of
from app.reading.moments import find_moments
from app.reading.numerals import DIGITS, FRACTIONS, MAGNITUDE, ORDINALS, WORDS, parse_number

_SYMBOLS = {"$": "USD", "us$": "USD", "a$": "AUD", "au$": "AUD", "c$": "CAD", "ca$": "CAD", "nz$": "NZD",
            "s$": "SGD", "hk$": "HKD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR"}  # fmt: skip
_CODES = words("usd eur gbp jpy inr aud cad chf sek nok dkk nzd sgd hkd pln brl mxn zar cny")
_NAMED = {"dollar": "USD", "buck": "USD", "euro": "EUR", "pound": "GBP", "rupee": "INR", "yen": "JPY",
          "franc": "CHF", "cent": "USD", "¢": "USD", "pence": "GBP"}  # fmt: skip
_HUNDREDTHS = frozenset({"cent", "cents", "¢", "pence"})
# One base unit per family of durations that convert exactly.
_DURATIONS = {
    "second": ("second", 1), "sec": ("second", 1), "minute": ("second", 60), "min": ("second", 60),
    "hour": ("second", 3600), "hr": ("second", 3600), "h": ("second", 3600), "day": ("day", 1), "week": ("day", 7),
    "wk": ("day", 7), "month": ("month", 1), "mo": ("month", 1), "quarter": ("month", 3), "year": ("month", 12),
    "yr": ("month", 12), "decade": ("month", 120), "ms": ("millisecond", 1), "millisecond": ("millisecond", 1),
}  # fmt: skip
_SIZES = words("kb mb gb tb pb kib mib gib tib khz mhz ghz kg km cm mm kwh mbps gbps px")

_PREFIX = r"(?:(?P<symbol>(?:US|AU?|CA?|NZ|S|HK)?\$|[€£¥₹])|(?P<code>" + "|".join(_CODES) + r")(?=[\s\d]))\s?"
_SUFFIX = (
    r"(?:\s?(?P<percent>%|‰|percent(?!age)\b|per\s?cent\b|pct\b)"
    r"|\s?(?P<points>(?:percentage|per cent|percent)[\s-]points?\b|pp\b|pps\b)|\s?(?P<bps>bps\b|basis points?\b)"
    r"|(?P<multiple>\s?(?:x|×)(?!\w)|[\s-]?fold\b|\s?times\b(?!\s+(?:a|per|each|every)\b))"
    r"|(?P<cents>¢)|\s?(?P<after>" + "|".join(_CODES) + r"|€|£|₹|dollars?|bucks?|euros?|pounds?|rupees?|yen|"
    r"francs?|cents?|pence)(?![\w])"
    r"|[\s-]?(?P<working>(?:business|working|calendar|consecutive)[\s-])?(?P<time>seconds?|secs?|minutes?|mins?|hours?|"
    r"hrs?|h|days?|weeks?|wks?|months?|mos?|quarters?|years?|yrs?|decades?|milliseconds?|ms)(?![\w])"
    r"|\s?(?P<size>" + "|".join(_SIZES) + r")(?!\w)|(?P<ordinal>st|nd|rd|th)\b)"
)
_FIGURE = re.compile(
    rf"(?<![\w.,])(?:(?<!\d[:])|(?<=[$]))(?:{_PREFIX})?[-+]?"
    rf"(?P<number>{DIGITS}{MAGNITUDE}?|{WORDS})(?![.:/]\d+[.:/]|[./:]\d(?!,\d{{3}}))(?:{_SUFFIX}|(?![\w]))",
    re.IGNORECASE,
)
_LEFT_OVER = re.compile(r"[^\W_]*\d\w*(?:[.:/]\w*\d\w*)*")
_PAIR = re.compile(r"(?<![\w.,$€£/])\d{1,3}/\d{1,3}(?![\w/]|[.,]\d)")
_NUMBERED = re.compile(
    r"\b(?:Type|Phase|Part|Level|Class|Stage|Series|Grade|Option|Annex)\s(?:[IVX]{1,4}|[A-F])\b(?!['’])"
)
_OWNER = re.compile(r"\b([A-Z]{2,}|[Tt]ype|[Vv]ersion|[Ll]evel|[Aa]rticle|[Ss]ection|[Pp]hase|[Ss]tep|[Pp]art)[\s-]$")
_FRACTION = re.compile(
    r"\b(?:(?P<count>a|an|one|two|three|four)[\s-])?(?P<part>half|third|quarter|fourth|fifth|tenth)s?\b"
    r"(?=\s+(?:of|as|the|fewer|less|more|faster|shorter|lower|higher|cheaper)\b(?!\s+quarter))"
    r"|(?<=\bby )(?:(?P<count2>a|an|one|two|three|four)[\s-])?(?P<part2>half|third|quarter|fourth|fifth|tenth)s?\b"
    r"|(?<=\bin )(?P<part3>half)\b|\b(?P<part4>half)\b",
    re.IGNORECASE,
)
_TIMES = re.compile(r"\b(?:(?P<two>twice|doubl(?:e[sd]?|ing))|(?P<three>thrice|tripl(?:e[sd]?|ing)))\b", re.IGNORECASE)
_HALVED = re.compile(r"\bhalv(?:e[sd]?|ing)\b", re.IGNORECASE)
_ORDINAL = re.compile(
    r"(?<!at )\b(" + "|".join(ORDINALS) + r")\b(?!\s*,|-party|\s+(?:party|name|of all))", re.IGNORECASE
)
_ARTICLE = re.compile(
    r"\b(?:within|in|under|for|takes?|took|after|than|about|every)\s+(?P<one>an?|a single|the)\s+"
    r"(?P<time>second|minute|hour|day|week|month|quarter|year)\b(?!\s+(?:end|close))",
    re.IGNORECASE,
)
_IDLE_ONE = re.compile(
    r"(?:\b(?:no|any|every|some|each|that|this|which|the|all in|only|next|other|first)\s+|-)$", re.IGNORECASE
)
_IDLE_ONE_AFTER = re.compile(
    r"\s+(?:of|another|is|that|who|place|thing|way|question|option|point|more|last|other|to|side|hand|step|call|reply|"
    r"line|idea|example|customer|client)\b|[-.,;:!?)]|$",
    re.IGNORECASE,
)
_IDLE_THINGS = re.compile(
    r"\s+(?:quick |short |other |more |useful )?(?:things|points|reasons|ideas|facts|notes|questions"
    r"|thoughts|details)\b",
    re.IGNORECASE,
)
_IDLE_OF = re.compile(r"\bof the\s+$", re.IGNORECASE)
_JOIN = re.compile(r"\s?(?:-|–|—|\bto\b|\bthrough\b|\buntil\b)\s?")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a text: `text[start:end]`.

    `value` (and `high` for a range) are in the unit's base: currency units, percent, seconds / days / months, plain
    numbers. `unit` is a currency code, a duration base, a size or an acronym that owns the number. `rates` are the
    "per ..." words, `bound` is `exact`, `at_most`, `below`, `at_least`, `above`, `from` or `approx`. Dates keep their
    stated parts in `fields`.
    """

    kind: str
    value: Decimal
    start: int
    end: int
    unit: str = ""
    high: Decimal | None = None
    rates: frozenset[str] = frozenset()
    bound: str = "exact"
    fields: frozenset[tuple[str, str]] = frozenset()
    step: Decimal = Decimal(1)


@lru_cache(maxsize=4096)
def find_figures(text: str) -> tuple[Figure, ...]:
    """All figures of `text` in order, without overlaps. Every digit that is no part of a word belongs to one."""
    found = [Figure("date", Decimal(0), m.start, m.end, fields=m.fields) for m in find_moments(text)]
    taken = _taken(text, found)
    for find in (_pairs, _numbers, _worded, _left_over):
        for figure in find(_blanked(text, taken)):
            if not any(taken[figure.start : figure.end]):
                found.append(figure)
                taken[figure.start : figure.end] = b"\1" * (figure.end - figure.start)
    ordered = sorted(found, key=lambda figure: figure.start)
    return tuple(_with_context(text, figure) for figure in _merge_ranges(text, ordered))


def _taken(text: str, figures: list[Figure]) -> bytearray:
    """One byte per character: 1 where a figure stands."""
    taken = bytearray(len(text))
    for figure in figures:
        taken[figure.start : figure.end] = b"\1" * (figure.end - figure.start)
    return taken


def _blanked(text: str, taken: bytearray) -> str:
    """`text` of the same length with what is already understood replaced by spaces."""
    return "".join(" " if gone else char for char, gone in zip(text, taken, strict=True)) if any(taken) else text


def _pairs(text: str) -> list[Figure]:
    """`24/7` and `9/10` are one label, not two numbers; so are `Type II` and `Series B`."""
    found = [*_PAIR.finditer(text), *_NUMBERED.finditer(text)]
    return [Figure("label", Decimal(0), m.start(), m.end(), unit=m[0].lower()) for m in found]


def _numbers(text: str) -> list[Figure]:
    return [figure for match in _FIGURE.finditer(text) if (figure := _figure(text, match)) is not None]


def _figure(text: str, match: re.Match[str]) -> Figure | None:
    word = match["number"].lower()
    if _is_idle(text, match, word):
        return None
    kind, unit, factor = _kind(match)
    return Figure(kind, parse_number(word) * factor, match.start(), match.end(), unit, step=factor)


def _is_idle(text: str, match: re.Match[str], word: str) -> bool:
    """`one` as a pronoun, `two things` and `which of the two` state no number."""
    before = text[max(0, match.start() - 12) : match.start()]
    if word in {"one", "two", "three"} and (_IDLE_THINGS.match(text, match.end()) or _IDLE_OF.search(before)):
        return True
    if word != "one" or match["time"]:
        return False
    return bool(_IDLE_ONE.search(before) or _IDLE_ONE_AFTER.match(text, match.end()))


def _kind(match: re.Match[str]) -> tuple[str, str, Decimal]:
    """Kind, unit, and the factor that brings the number into the unit's base."""
    group = match.groupdict()
    if group["symbol"] or group["code"]:
        return "money", _SYMBOLS.get((group["symbol"] or "").lower()) or group["code"].upper(), Decimal(1)
    if group["after"] or group["cents"]:
        word = (group["after"] or "¢").lower()
        unit = _SYMBOLS.get(word) or _NAMED.get(word.rstrip("s")) or _NAMED.get(word) or word.upper()
        return "money", unit, Decimal("0.01") if word in _HUNDREDTHS else Decimal(1)
    if group["time"]:
        word = group["time"].lower()
        base, factor = _DURATIONS.get(word) or _DURATIONS[word.rstrip("s")]
        working = (group["working"] or "").strip(" -").lower()
        return "duration", f"{working} {base}".strip(), Decimal(factor)
    if group["size"]:
        return "size", group["size"].lower(), Decimal(1)
    for kind in ("percent", "points", "bps", "multiple", "ordinal"):
        if group[kind]:
            return kind, "‰" if group[kind] == "‰" else "", Decimal(1)
    owner = _OWNER.search(match.string, max(0, match.start() - 12), match.start())
    return "count", owner[1].lower() if owner else "", Decimal(1)


def _worded(text: str) -> list[Figure]:
    """Fractions, "twice", ordinals, and "within a day"."""
    found = []
    for match in _FRACTION.finditer(text):
        part = next(match[name] for name in ("part", "part2", "part3", "part4") if match[name]).lower()
        count = (match["count"] or match["count2"] or "one").lower()
        number = Decimal(1) if count in {"a", "an"} else parse_number(count)
        found.append(Figure("percent", number * FRACTIONS[part] * 100, match.start(), match.end()))
    found += [Figure("percent", Decimal(50), m.start(), m.end()) for m in _HALVED.finditer(text)]
    for match in _TIMES.finditer(text):
        found.append(Figure("multiple", Decimal(2 if match["two"] else 3), match.start(), match.end()))
    for match in _ORDINAL.finditer(text):
        found.append(Figure("ordinal", ORDINALS[match[1].lower()], match.start(), match.end()))
    for match in _ARTICLE.finditer(text):
        if match["one"].lower() != "the":
            base, factor = _DURATIONS[match["time"].lower()]
            found.append(Figure("duration", Decimal(factor), match.start("one"), match.end(), base))
    return found


def _left_over(text: str) -> list[Figure]:
    """Digits in notations that nothing above understands: versions, identifiers, scores."""
    return [
        Figure("label", Decimal(0), match.start(), match.end(), unit=match[0].lower())
        for match in _LEFT_OVER.finditer(text)
    ]


def _merge_ranges(text: str, figures: list[Figure]) -> list[Figure]:
    merged: list[Figure] = []
    for figure in figures:
        last = merged[-1] if merged else None
        if last is not None and last.high is None and _is_range(text, last, figure):
            merged[-1] = _range(last, figure)
        else:
            merged.append(figure)
    return merged


def _is_range(text: str, low: Figure, high: Figure) -> bool:
    if "label" in {low.kind, high.kind} or "date" in {low.kind, high.kind}:
        return False
    if "count" not in {low.kind, high.kind} and (low.kind, low.unit) != (high.kind, high.unit):
        return False
    gap = text[low.end : high.start]
    if _JOIN.fullmatch(gap):
        return True
    return gap.strip().lower() == "and" and text[max(0, low.start - 12) : low.start].rstrip().lower().endswith(
        "between"
    )


def _range(low: Figure, high: Figure) -> Figure:
    """Either end of `2-3 weeks` or `$15 to 20` may leave the unit to the other."""
    whole = high if low.kind == "count" else low
    first = low.value * (whole.step if low.kind == "count" else 1)
    second = high.value * (whole.step if high.kind == "count" and low.kind != "count" else 1)
    return replace(whole, value=first, high=second, start=low.start, end=high.end)


def _with_context(text: str, figure: Figure) -> Figure:
    if figure.kind == "date":
        return replace(figure, bound=date_bound_of(text, figure.start))
    rates, end = rates_of(text, figure.start, figure.end)
    bound, start, end = bound_of(text, figure.start, end)
    if bound == "from" and figure.high is not None:
        bound = "exact"
    return replace(figure, rates=rates, bound=bound, start=start, end=end)
