"""Until when somebody is away, as an automatic reply or a CRM note says it."""

import re
from datetime import date, timedelta

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janvier enero gennaio janeiro januari",
            "february feb februar fevrier febrero febbraio fevereiro februari",
            "march mar marz maerz mars marzo marco maart",
            "april apr avril abril aprile",
            "may mai mayo maggio maio mei",
            "june jun juni juin junio giugno junho",
            "july jul juli juillet julio luglio julho",
            "august aug aout agosto augustus",
            "september sep sept septembre septiembre settembre setembro",
            "october oct oktober okt octobre octubre ottobre outubro",
            "november nov novembre noviembre novembro",
            "december dec dezember dez decembre diciembre dicembre dezembro",
        ),
        start=1,
    )
    for name in names.split()
}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATE = re.compile(
    rf"""(?<![\w.])(?:
        (?P<iso_year>\d{{4}})-(?P<iso_month>\d{{1,2}})-(?P<iso_day>\d{{1,2}})
      | (?P<first>\d{{1,2}})(?P<separator>[./-])(?P<second>\d{{1,2}})(?:[./-](?P<year>\d{{4}}|\d{{2}}))?
      | (?P<day>\d{{1,2}})(?:st|nd|rd|th|er|\.)?\ (?:of\ |de\ )?(?P<month>{_MONTH})\b\.?
        (?:,?\ (?:de\ )?(?P<day_year>\d{{4}}))?
      | (?P<name>{_MONTH})\.?\ (?P<name_day>\d{{1,2}})(?:st|nd|rd|th)?(?!\w)(?:,?\ (?P<name_year>\d{{4}}))?
      | (?P<weekday>{"|".join(_WEEKDAYS)})
        (?!,?\ (?:the\ )?(?:\d|(?:{_MONTH})\b))
    )(?!\w)""",
    re.VERBOSE,
)
# The day named is the first day at work again, or the last day away.
_RETURN = r"(?:back|returning|returns?|zuruck|wieder da|de retour|rientro|vuelvo|regreso|volto|retour(?:no)?|terug)"
_RETURNING = re.compile(rf"\b{_RETURN}\b(?: \w+,?){{0,5}} $")
_UNTIL = re.compile(
    rf"""(?:\b(?:until|till?|til|through|thru|bis|jusqu\w*|hasta|fino|ate|tot|t\/m)
        (?:\ (?:and\ including|einschliesslich|zum|au|le|al|el|en\ met|a|o|the|next|(?:{"|".join(_WEEKDAYS)}),?))*
      |\bto|-)\ ?$""",
    re.VERBOSE,
)
_LONGEST_SEARCH = 1500


def away_until(folded: str, written: date | None, today: date, month_first: bool) -> date | None:
    """The last day away that a folded text states, or None if it states none.

    A date without a year is the first on or after the day it was `written`, else the one nearest to `today`.
    `month_first` decides 4/5 (April 5th).
    """
    for match in _DATE.finditer(folded, 0, _LONGEST_SEARCH):
        before = folded[max(0, match.start() - 50) : match.start()]
        returning = _RETURNING.search(before) is not None
        if not returning and not _UNTIL.search(before):
            continue
        found = _read(match, written, today, month_first)
        if found is not None:
            return found - timedelta(days=1) if returning else found
    return None


def _read(match: re.Match[str], written: date | None, today: date, month_first: bool) -> date | None:
    part = match.groupdict()
    if part["weekday"]:
        start = written or today
        return start + timedelta(days=(_WEEKDAYS.index(part["weekday"]) - start.weekday() - 1) % 7 + 1)
    if part["iso_year"]:
        return _day(int(part["iso_year"]), int(part["iso_month"]), int(part["iso_day"]))
    if part["first"]:
        day, month = int(part["first"]), int(part["second"])
        if month > 12 or (month_first and part["separator"] == "/" and day <= 12):
            day, month = month, day
    else:
        day = int(part["day"] or part["name_day"])
        month = _MONTHS[part["month"] or part["name"]]
    year = part["year"] or part["day_year"] or part["name_year"]
    if year:
        return _day(int(year) + (2000 if len(year) == 2 else 0), month, day)
    return _nearest(month, day, written, today)


def _nearest(month: int, day: int, written: date | None, today: date) -> date | None:
    base = written or today
    candidates = [found for year in (base.year - 1, base.year, base.year + 1) if (found := _day(year, month, day))]
    if written is not None:
        return min((found for found in candidates if found >= written), default=None)
    return min(candidates, key=lambda found: abs(found - today), default=None)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
