"""Calendar dates as people write them, and what a text says about its own validity."""

import calendar
import re
from datetime import UTC, date, datetime

_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
_MONTH = rf"(?P<{{0}}month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\.?"
_FORMS = (
    r"(?P<iyear>\d{4})[-/.](?P<imonth>\d{1,2})[-/.](?P<iday>\d{1,2})",
    rf"{_MONTH.format('m')}\s+(?P<mday>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<myear>\d{{4}})",
    rf"(?P<dday>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH.format('d')},?\s+(?P<dyear>\d{{4}})",
    r"(?P<nfirst>\d{1,2})(?P<nsep>[./-])(?P<nsecond>\d{1,2})(?P=nsep)(?P<nyear>\d{4})",
    rf"{_MONTH.format('o')},?\s+(?P<oyear>\d{{4}})",
    r"Q(?P<qquarter>[1-4])[\s/-]{0,3}(?P<qyear>\d{4})",
    r"(?P<yyear>(?:19|20)\d{2})(?![\d-])",
)
_DATE = rf"(?:{'|'.join(_FORMS)})"
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,?\s+)?"
_TIME = r"(?:[T ]\d{1,2}:\d{2}.{0,40})?"
_WHOLE = re.compile(rf"\s*{_WEEKDAY}{_DATE}{_TIME}\s*", re.IGNORECASE)
_NAME_DATE = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d{2})[-_.]?(?P<month>0[1-9]|1[0-2])[-_.]?(?P<day>0[1-9]|[12]\d|3[01])(?!\d)"
)
_NAME_MONTH = re.compile(r"(?<!\d)(?P<year>(?:19|20)\d{2})[-_.](?P<month>0[1-9]|1[0-2])(?!\d)")
_NAME_YEAR = re.compile(r"(?<!\d)(?P<year>(?:19|20)\d{2})(?!\d)")
_FIRST_YEAR = 2015  # what is older in a name is more likely a model or a number of things
_HEAD = 1500  # characters of a text in which it may speak about its own validity

# A date within another pattern that reads one already: its groups have no names.
_PLAIN_DATE = re.sub(r"\?P<\w+>", "?:", _DATE.replace("(?P=nsep)", "[./-]"))
_PLAIN_MONTH = re.sub(r"\?P<\w+>", "?:", _MONTH.format("p"))
_PLAIN_DAY = (
    rf"(?:{_PLAIN_MONTH}(?:\s+\d{{1,2}}(?:st|nd|rd|th)?)?|\d{{1,2}}(?:st|nd|rd|th|\.)?\s+(?:of\s+)?{_PLAIN_MONTH})"
)

# What is said to be valid must be the document or all its prices, not a card, a trial, a plan or a coupon; so a
# statement begins a line or a sentence, and has the document as its subject or none at all.
_START = r"(?:^|\n|(?<=[.!?])[ \t])[ \t]*"
_WHICH = (
    r"(?:(?:this|these|our|the|all|current|following|above|listed|list|net|standard|public|new|plan|monthly|annual"
    r"|official)\s+){0,3}"
)
# A name may stand before these: "TechCorp pricing", but not "Team prices" and "your price".
_PAPER = r"(?:pricing|tariffs?|terms|conditions|fee\s+schedule|policy|agreement|catalog(?:ue)?|brochure)"
_SUBJECT = (
    r"(?P<subject>(?:[\w&-]+\s+){0,4}?price\s+(?:lists?|sheets?|tables?|overview)"
    rf"|(?!your|their|his|her|its|my\b)(?:(?-i:[A-Z])[\w&-]*\s+){{1,4}}{_PAPER}|this\s+(?:offer|quote|quotation|proposal)"
    rf"|{_WHICH}(?:{_PAPER}|prices?|fees|rates|plans|list|document|sheet|page|version|edition))\b"
)
_BETWEEN = r"[\s,(:|•·–—-]"
_GAP = (
    rf"(?:{_BETWEEN}+(?:(?:of|by)(?:\s+(?-i:[A-Z])[\w&-]*){{1,4}}|\d[\d.]*|v\d[\d.]*|on|in|of|for|this|the|page|document"
    r"|list|sheet|table|here|above|below|shown|listed|stated|quoted|given|are|is|was|were|remains?|stay|be|will|shall"
    r"|current|correct|net|and|excluding|excl|vat|tax(?:es)?|usd|eur|euros?|us|dollars|prices|plans|all|only)\b)*"
)
_VALID = r"(?:valid|effective|in\s+effect|in\s+force)"
_HOLDS = r"(?:applicable|appl(?:y|ies)|guaranteed|fixed|firm|holds?)"
_SINCE = r"(?:from|as\s+of|as\s+from|since|starting(?:\s+from|\s+on)?|beginning(?:\s+on)?)"
_UNTIL = r"(?:until|through|thru|till)(?:\s+and\s+including)?"
_FROM = rf"(?:\s*:?\s*(?:{_SINCE}\s*)?(?:{_PLAIN_DATE}|{_PLAIN_DAY}\b))?\s*,?\s*"
# `weak` words need a subject, and after `loose` ones a year alone is a number as well.
_EFFECTIVE = re.compile(
    rf"(?:{_START}(?:{_SUBJECT}{_GAP}{_BETWEEN}*)?"
    rf"(?:(?:{_VALID}|applicable)\b\s*(?:{_SINCE}|on|date)?"
    rf"|(?P<weak>appl(?:y|ies)\b\s*{_SINCE}|as\s+(?:of|from)|(?P<loose>from|since)))"
    rf"|\b(?:last\s+)?(?:updated|revised|reviewed)(?:\s+on)?)\s*:?\s*(?P<date>{_DATE})",
    re.IGNORECASE,
)
_EXPIRY = re.compile(
    rf"{_START}(?:{_SUBJECT}{_GAP}{_BETWEEN}*)?"
    rf"(?:{_VALID}\b{_FROM}(?:{_UNTIL}|(?P<loose>(?:up\s+)?to)\b)|(?P<weak>{_HOLDS}\b{_FROM}{_UNTIL})"
    rf"|expir(?:y|ation)(?:\s+date)?|expires?(?:\s+on)?)\s*:?\s*(?P<date>{_DATE})",
    re.IGNORECASE,
)
# An offer on the page ends without the page.
_OFFER = re.compile(
    r"\b(?:discounts?|coupons?|vouchers?|promo\w*|campaigns?|rebates?|codes?|deals?|bonus|gifts?|trials?|tickets?"
    r"|webinars?|events?|certificates?|launch|introductory|early[ -]bird|seasonal|limited[ -]time|special|spring|summer"
    r"|autumn|winter)\b|%\s+off\b",
    re.IGNORECASE,
)
_THIS_OFFER = re.compile(r"this\s+(?:offer|quote|quotation|proposal)", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?]\s|\n|\Z")
_CLAUSE_END = re.compile(r"\s*(?:[.,:)!\n]|\Z)")
# What follows is what holds today.
_MEANWHILE = re.compile(r"\b(?:until|till|before|up\s+to)\s+(?:then|that\s+(?:date|day))\b", re.IGNORECASE)
_MEANWHILE_WITHIN = 300  # characters


def parse_date(text: str, *, end: bool = False) -> date | None:
    """The date that `text` consists of, None if it is none or cannot be decided.

    A month, quarter (`Q2 2026`) or year alone means its first day, or its last with `end`. `03/04/2024` is undecided,
    `31/04/2024` is not a date, `31.12.2023` and `12/31/2023` are.
    """
    match = _WHOLE.fullmatch(text)
    return _date(match, end) if match else None


def stated_validity(text: str) -> tuple[date | None, date | None]:
    """`(effective, expiry)` as a text states them about itself near its start.

    "This price list is valid until 31 March 2026", "Valid from 1 May 2026" on a line of its own: what only a plan, a
    discount or a number speaks of says nothing about the document.
    """
    head = text[:_HEAD]
    return _first(_EFFECTIVE, head, end=False), _first(_EXPIRY, head, end=True)


def date_in_name(name: str) -> date | None:
    """The date that a file name carries to the day or month: `2026-05-20_fees`, `pricing_2024-03`."""
    if match := _NAME_DATE.search(name):
        return parse_date(f"{match['year']}-{match['month']}-{match['day']}")
    if match := _NAME_MONTH.search(name):
        return parse_date(f"{match['year']}-{match['month']}-01")
    return None


def year_in_name(name: str) -> date | None:
    """The first day of the year that a file name carries: `pricing_2024`. `router-2000` carries none."""
    years = (match["year"] for match in _NAME_YEAR.finditer(name))
    return next((date(int(year), 1, 1) for year in years if is_year(year)), None)


def is_year(number: str) -> bool:
    """Whether a bare number in a name is read as a year: from 2015 to the next one."""
    return number.isdecimal() and _FIRST_YEAR <= int(number) <= datetime.now(UTC).year + 1


def _first(pattern: re.Pattern[str], text: str, *, end: bool) -> date | None:
    for match in pattern.finditer(text):
        found = parse_date(match["date"], end=end) if _is_about_the_text(match, text, end=end) else None
        if found:
            return found
    return None


def _is_about_the_text(match: re.Match[str], text: str, *, end: bool) -> bool:
    """Whether a statement speaks of the whole text, and its figure is a date."""
    subject = match["subject"] or ""
    if match["weak"] and not subject:
        return False
    if match["yyear"] and (match["loose"] or not _CLAUSE_END.match(text, match.end())):
        return False
    if end and not subject and text[match.end() : match.end() + 1] == ";":
        return False  # one column of a table row
    if not end and _MEANWHILE.search(text, match.end(), match.end() + _MEANWHILE_WITHIN):
        return False
    ending = _SENTENCE_END.search(text, match.end())
    said = text[match.start() : ending.start() if ending else len(text)]
    names_itself = subject and not _THIS_OFFER.match(subject)
    return _OFFER.search(said if names_itself else f"{_before(text, match)} {said}") is None


def _before(text: str, match: re.Match[str]) -> str:
    """The sentence or line before a statement; nothing if that is the title, which names what the document is."""
    before = text[: match.start()].rstrip()
    line = before.rpartition("\n")
    if match[0].startswith("\n") and not line[1]:
        return ""
    return re.split(r"[.!?]\s", line[2])[-1]


def _date(match: re.Match[str], end: bool) -> date | None:
    groups = {key: value for key, value in match.groupdict().items() if value is not None}
    form = next((key[0] for key in groups if key.endswith("year")), "")
    year = int(groups[f"{form}year"])
    if form == "n":
        return _numeric(int(groups["nfirst"]), int(groups["nsecond"]), year, groups["nsep"])
    if form == "q":
        last = 3 * int(groups["qquarter"])
        return _valid(year, last, calendar.monthrange(year, last)[1]) if end else _valid(year, last - 2, 1)
    name = groups.get(f"{form}month")
    month = (12 if end else 1) if name is None else int(name) if name.isdigit() else _MONTHS[name.lower()]
    day = groups.get(f"{form}day")
    if day is not None:
        return _valid(year, month, int(day))
    return _valid(year, month, calendar.monthrange(year, month)[1] if end else 1)


def _numeric(first: int, second: int, year: int, separator: str) -> date | None:
    """Day first with dots; with other separators only where one reading is possible."""
    if separator == "." or first > 12:
        return _valid(year, second, first)
    return _valid(year, first, second) if second > 12 or first == second else None


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
