"""Dates, weekdays and times of day in a text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        ("monday mon", "tuesday tues tue", "wednesday wed", "thursday thurs thur thu", "friday fri", "saturday sat",
         "sunday sun"),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_YEAR = r"(?:19|20)\d{2}"
_EDGE = r"(?<![\w.$€£])"
_DATES = re.compile(
    rf"{_EDGE}(?:"
    rf"(?P<iso_y>{_YEAR})-(?P<iso_m>\d{{2}})-(?P<iso_d>\d{{2}})"
    rf"|(?P<md_m>{_MONTH})\.?\s+(?P<md_d>{_DAY})(?:,?\s+(?P<md_y>{_YEAR}))?"
    rf"|(?P<dm_d>{_DAY})\s+(?:of\s+)?(?P<dm_m>{_MONTH})\b\.?(?:,?\s+(?P<dm_y>{_YEAR}))?"
    rf"|(?P<my_m>{_MONTH})\.?,?\s+(?:of\s+)?(?P<my_y>{_YEAR})"
    rf"|(?P<half>[qQ][1-4]|[hH][12])(?:\s+(?:of\s+)?(?P<half_y>{_YEAR}))?"
    rf"|(?P<slash>\d{{1,2}}[/.]\d{{1,2}}[/.](?:{_YEAR}|\d{{2}}))"
    rf"|(?P<hour>[01]?\d|2[0-3])(?::(?P<minute>[0-5]\d)(?::[0-5]\d)?)?\s?(?P<half_day>[ap]\.?m\b\.?)"
    rf"|(?P<hour24>[01]?\d|2[0-3]):(?P<minute24>[0-5]\d)"
    rf"|(?P<year>{_YEAR})(?!\s*(?:[%€]|percent\b|users?\b))"
    rf")(?![\w%]|\.\d|,\d{{3}})",
    re.IGNORECASE,
)
# These two are ordinary words in lower case ("may", "march", "sat", "sun"), so only the capitalised form counts.
_NAMED = re.compile(
    r"\b(?:(?P<month>January|February|March|April|May|June|July|August|September|October|November|December)"
    r"|(?P<weekday>Mon|Tues?|Wed(?:nes)?|Thu(?:rs?)?|Fri|Sat(?:ur)?|Sun)(?:day)?)\b(?P<plural>s\b)?"
)
_OPENING_MAY = re.compile(r"(?:^\s*|[.!?]\s+)$")


@dataclass(frozen=True, slots=True)
class Moment:
    """A date or time of day, as far as it is stated. `fields` maps year, month, day, weekday, part or minute."""

    start: int
    end: int
    fields: frozenset[tuple[str, str]]


def find_moments(text: str) -> Iterator[Moment]:
    """Every date, weekday, year and time of day in `text`, without overlaps, in no particular order."""
    taken: list[tuple[int, int]] = []
    for match in _DATES.finditer(text):
        fields = _fields(match)
        if fields and not _is_plain_word(match):
            taken.append(match.span())
            yield Moment(match.start(), match.end(), frozenset(fields.items()))
    for match in _NAMED.finditer(text):
        if any(start < match.end() and match.start() < end for start, end in taken):
            continue
        if match["month"] in {"May", "March"} and _OPENING_MAY.search(text[max(0, match.start() - 8) : match.start()]):
            continue
        key = "month" if match["month"] else "weekday"
        table = _MONTHS if match["month"] else _WEEKDAYS
        name = (match["month"] or _short_weekday(match["weekday"])).lower()
        yield Moment(match.start(), match.end(), frozenset({(key, str(table[name]))}))


def _short_weekday(name: str) -> str:
    return name[:3]


def _is_plain_word(match: re.Match[str]) -> bool:
    """`may 5 users` in lower case is a verb and a count, not a date."""
    month = match["md_m"] or match["dm_m"]
    has_year = match["md_y"] or match["dm_y"]
    return month is not None and not has_year and month in {"may", "march", "mar", "sat", "sun"}


def _fields(match: re.Match[str]) -> dict[str, str]:
    groups = match.groupdict()
    for prefix in ("iso", "md", "dm", "my"):
        if groups[f"{prefix}_m"]:
            return _calendar(groups.get(f"{prefix}_y"), groups[f"{prefix}_m"], groups.get(f"{prefix}_d"))
    if groups["half"]:
        part = {"part": groups["half"].upper()}
        return part | ({"year": groups["half_y"]} if groups["half_y"] else {})
    if groups["slash"]:
        return _slashed(groups["slash"])
    if groups["half_day"]:
        hour = int(groups["hour"]) % 12 + (12 if groups["half_day"][0].lower() == "p" else 0)
        return {"minute": str(60 * hour + int(groups["minute"] or 0))}
    if groups["hour24"]:
        return {"minute": str(60 * int(groups["hour24"]) + int(groups["minute24"]))}
    return {"year": groups["year"]}


def _calendar(year: str | None, month: str, day: str | None) -> dict[str, str]:
    number = int(month) if month.isdigit() else _MONTHS[month.lower()]
    fields = {"month": str(number)}
    if day:
        fields["day"] = str(int(re.sub(r"\D", "", day)))
    return fields | ({"year": year} if year else {})


def _slashed(text: str) -> dict[str, str]:
    """Only a date with one possible reading is taken apart; another matches itself alone."""
    first, second, year = (int(part) for part in re.split(r"[/.]", text))
    if first <= 12 < second <= 31:
        return {"year": str(year), "month": str(first), "day": str(second)}
    if second <= 12 < first <= 31:
        return {"year": str(year), "month": str(second), "day": str(first)}
    return {"written": f"{first}/{second}/{year}"}
