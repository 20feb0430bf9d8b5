"""Say a row of a price table as a sentence, where the row leaves no doubt about its meaning."""

import re

_SUBJECT = re.compile(r"(?P<noun>plan|tier|edition|package|subscription)s?(?: name)?", re.IGNORECASE)
_PRICE = re.compile(
    r"(?:list |base |standard |regular )?(?:(?P<period>monthly|annual|yearly) )?(?:price|fee|cost|rate)"
    r"(?: \(?(?:per|/|a) ?(?P<per>month|year|user per month|seat per month|user/month|user)\)?)?",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"(?P<money>(?:[$€£] ?\d{1,3}(?:,?\d{3})*(?:\.\d\d?)?|\d{1,3}(?:,?\d{3})*(?:\.\d\d)? ?(?:USD|EUR|GBP)))"
    r"(?P<period>(?: ?(?:/|per|a) ?(?:user|seat|mo(?:nth)?|yr|year|month)\b\.?)*)",
    re.IGNORECASE,
)
_FEE = re.compile(
    r"(?:fee )?per (?P<each>transaction|payment|sale|order)(?: fee)?|(?P<of>transaction) fee", re.IGNORECASE
)
_SHARE = re.compile(r"\d{1,2}(?:\.\d{1,2})?%(?: ?\+ ?(?:[$€£]\d+(?:\.\d\d)?|\d{1,2}¢))?")
_UNIT = re.compile(r"user|seat|mo(?:nth)?|yr|year", re.IGNORECASE)
_MARK_THEN_SPACE = re.compile(r"(?<=[$€£]) ")
_NAME = re.compile(r"[A-Z][\w+&-]*(?: [A-Z0-9][\w+&-]*){0,3}")
_SPELLED = {"mo": "month", "yr": "year", "monthly": "month", "annual": "year", "yearly": "year"}


def verbalise_price_row(row: str) -> str | None:
    """`"Plan: Pro; Monthly fee: $20 /mo"` -> `"The Pro plan costs $20 per month."`; None where the row is doubtful.

    Doubtful are rows without a named plan in the first column, with several price columns, with a price that has
    conditions or no period, and with a name that is not a plain one.
    """
    cells = _cells(row)
    if cells is None:
        return None
    prices = [(match, cell) for header, cell in cells[1:] if (match := _PRICE.fullmatch(header))]
    subject = _SUBJECT.fullmatch(cells[0][0])
    if subject is None or len(prices) != 1:
        return None
    noun = subject["noun"].lower()
    name = re.sub(rf" {noun}$", "", cells[0][1], flags=re.IGNORECASE)
    if _NAME.fullmatch(name) is None:
        return None
    if any(_AMOUNT.match(cell) for header, cell in cells[1:] if not _PRICE.fullmatch(header)):
        return None
    header, cell = prices[0]
    if cell.lower() == "free":
        return f"The {name} {noun} is free."
    amount = _amount(header, cell)
    return None if amount is None else f"The {name} {noun} costs {amount}."


def verbalise_fee_row(row: str) -> str | None:
    """`"Plan: Pro; Per transaction: 3% + 40¢"` -> `"The Pro plan has a transaction fee of 3% + 40¢."`; else None."""
    cells = _cells(row)
    if cells is None or (subject := _SUBJECT.fullmatch(cells[0][0])) is None:
        return None
    fees = [(match, cell) for header, cell in cells[1:] if (match := _FEE.fullmatch(header))]
    noun = subject["noun"].lower()
    name = re.sub(rf" {noun}$", "", cells[0][1], flags=re.IGNORECASE)
    if _NAME.fullmatch(name) is None or len(fees) != 1 or _SHARE.fullmatch(fees[0][1]) is None:
        return None
    each = (fees[0][0]["each"] or fees[0][0]["of"]).lower()
    return f"The {name} {noun} has a{'n' if each == 'order' else ''} {each} fee of {fees[0][1]}."


def _cells(row: str) -> list[tuple[str, str]] | None:
    pairs = [part.partition(":") for part in row.split(";")]
    if len(pairs) < 2 or any(not colon for _, colon, _ in pairs):
        return None
    return [(" ".join(header.split()), " ".join(cell.split())) for header, _, cell in pairs]


def _amount(header: re.Match[str], cell: str) -> str | None:
    """The money with its period, taken from the cell or else from the header; None without a period."""
    match = _AMOUNT.fullmatch(cell)
    if match is None:
        return None
    units = _units(match["period"]) or _units(header["per"] or "")
    if header["period"] and "month" not in units and "year" not in units:
        units.append(_SPELLED[header["period"].lower()])
    if not {"month", "year"} & set(units) or len(units) > 2:
        return None
    return " ".join([_MARK_THEN_SPACE.sub("", match["money"]), *(f"per {unit}" for unit in units)])


def _units(text: str) -> list[str]:
    return [_SPELLED.get(unit.lower(), unit.lower()) for unit in _UNIT.findall(text)]
