"""Calendar dates as people write them, and what a text says about its own validity."""

import calendar
import re
from datetime import date

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
_HEAD = 1500  # characters of a text in which it may speak about its own validity

# What is said to be valid must be the document or its prices, not a card, a trial or a coupon.
_SUBJECT = (
    r"(?:prices?|pricing|price\s+list|plans|fees|rates|tariffs?|terms|offer|quote|list|document|sheet|page|version"
    r"|edition)"
)
_FROM = r"(?:from|as\s+of|as\s+from|since|starting(?:\s+from|\s+on)?|beginning(?:\s+on)?|on|date)?"
_EFFECTIVE = re.compile(
    rf"\b(?:(?:effective|valid|applicable|in\s+effect|in\s+force)\s*{_FROM}"
    rf"|{_SUBJECT}\b[^.\n]{{0,24}}?\b(?:as\s+of|as\s+from|from|since(?!\s+(?:19|20)\d\d\b))"
    rf"|(?:last\s+)?(?:updated|revised|reviewed)(?:\s+on)?)\s*:?\s*(?P<date>{_DATE})",
    re.IGNORECASE,
)
_EXPIRY = re.compile(
    rf"(?:\b(?:valid|in\s+force|in\s+effect|effective|applicable|{_SUBJECT})\b[^.\n;]{{0,60}}?\b(?:until|through|thru|till|to)"
    rf"|\b{_SUBJECT}\b[^.\n]{{0,30}}?\bexpires?(?:\s+on)?"
    rf"|(?:^|\n)\s*(?:expir(?:y|ation)(?:\s+date)?|expires(?:\s+on)?|valid\s+(?:until|through|to))\s*:?)\s*(?P<date>{_DATE})",
    re.IGNORECASE,
)


def parse_date(text: str, *, end: bool = False) -> date | None:
    """The date that `text` consists of, None if it is none or cannot be decided.

    A month, quarter (`Q2 2026`) or year alone means its first day, or its last with `end`. `03/04/2024` is undecided,
    `31/04/2024` is not a date, `31.12.2023` and `12/31/2023` are.
    """
    match = _WHOLE.fullmatch(text)
    return _date(match, end) if match else None


def stated_validity(text: str) -> tuple[date | None, date | None]:
    """`(effective, expiry)` as a text states them about itself near its start."""
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
    """The first day of the year that a file name carries: `pricing_2024`."""
    match = _NAME_YEAR.search(name)
    return date(int(match["year"]), 1, 1) if match else None


def _first(pattern: re.Pattern[str], text: str, *, end: bool) -> date | None:
    for match in pattern.finditer(text):
        found = parse_date(match["date"], end=end)
        if found:
            return found
    return None


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
