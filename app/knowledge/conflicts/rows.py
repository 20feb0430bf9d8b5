"""Figures that a table row states: `Plan: Pro; Monthly fee: $20 /mo; Users: 5`."""

import re
from collections.abc import Iterator

from app.knowledge.conflicts.amounts import Amount, amounts
from app.knowledge.conflicts.circumstances import qualifiers_in, states_no_rule
from app.knowledge.conflicts.statements import (
    Found,
    Place,
    fitting_measure,
    found,
    named,
    plan_heading,
    plan_in,
)
from app.reading.lexicon import NEUTRAL_KEYS
from app.reading.reader import read

_PLAN_HEADER = re.compile(r"\b(?:plan|tier|package|edition|subscription)s?\b", re.IGNORECASE)
# Columns that hold results of a calculation or samples.
_NO_RULE = re.compile(
    r"\b(?:amount|total|example|sample|result|before|after|sav\w+|break-?\s?even|order|revenue|customer|client|old|previous"
    r"|competitor|vs|change|difference|actual|budget|step|phase|date|year)s?\b",
    re.IGNORECASE,
)
_OPEN_KINDS = frozenset({"money", "fee", "percent"})


def row_figures(row: str, place: Place) -> Iterator[Found]:
    """The figures of cells that hold little else, each with the subject of its row (or, turned round, its column)."""
    cells = [(header.strip(), value.strip()) for header, _, value in (cell.partition(":") for cell in row.split("; "))]
    if any(not header for header, _ in cells) or any(_NO_RULE.search(header) for header, _ in cells):
        return
    subject = _row_subject(cells, place)
    if (place.exceptional and not plan_in(cells[0][1])) or states_no_rule(cells[0][1]):
        return
    turned = _is_turned(cells)
    for header, value in cells[1:] if subject or turned else cells:
        label, owner = (cells[0][1], named(header)) if turned else (header, subject)
        yield from _cell_figures(label, value, owner, place)


def _row_subject(cells: list[tuple[str, str]], place: Place) -> str:
    """What the first cell names; a row that opens with a figure is about its section."""
    header, value = cells[0]
    if read(value).figures or value.lower() == "free" or not value:
        return plan_heading(place.heading) if not _PLAN_HEADER.search(header) else ""
    return named(value)


def _is_turned(cells: list[tuple[str, str]]) -> bool:
    """`Feature: Monthly price; Starter: $20; Pro: $50`: plans are columns."""
    columns = [header for header, _ in cells[1:]]
    return len(columns) > 1 and not _PLAN_HEADER.search(cells[0][0]) and all(plan_in(header) for header in columns)


def _cell_figures(label: str, value: str, subject: str, place: Place) -> Iterator[Found]:
    text = f"{label}: {value}"
    stated = [amount for amount in amounts(read(text)) if amount.start >= len(label)]
    if len(stated) != 1 or not _fills(text, stated[0], len(label) + 2) or states_no_rule(text):
        return
    measure = _measure(label, text, stated[0], subject)
    if measure is not None:
        yield found(text, stated[0], measure, subject, place.qualifiers | qualifiers_in(text))


def _fills(text: str, amount: Amount, start: int) -> bool:
    """At most three words stand beside the figure in its cell."""
    rest = text[start : max(start, amount.start)] + " " + text[amount.end :]
    return len(re.findall(r"[^\W\d_]{2,}", rest)) <= 3


def _measure(label: str, text: str, amount: Amount, subject: str) -> str | None:
    measure = fitting_measure(amount, text)
    if measure is not None and measure.name != "price":
        return measure.name if subject or not measure.of_plan else None
    if not subject or amount.kind not in _OPEN_KINDS:
        return None
    if amount.kind == "fee":
        return "transaction fee"
    if measure is not None:
        # Prices are told apart by currency, period and conditions; a header says more only by a name of its own.
        own = [word.key for word in read(label).words if word.carries and word.key not in NEUTRAL_KEYS]
        telling = [key for key in own if key not in {"price", "month", "annual", "list", "monthly"}]
        return " ".join(["price", *telling])
    return " ".join(word.raw for word in read(label).words if word.carries) or None
