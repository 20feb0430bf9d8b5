"""The figures of one statement in a form that can be compared between documents."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from app.reading.bounds import ESSENTIAL_RATES
from app.reading.figures import Figure
from app.reading.reader import Reading

_PLUS = re.compile(r"\s*(?:\+|plus|and)\s*", re.IGNORECASE)
_KINDS = frozenset({"money", "percent", "count", "duration", "size"})
_LOOSE_BOUNDS = frozenset({"approx"})


@dataclass(frozen=True, slots=True)
class Amount:
    """`text[start:end]` of a reading. `kind` is a figure's kind, or `fee` for a percentage plus a sum of money."""

    kind: str
    unit: str
    value: str
    start: int
    end: int


def amounts(reading: Reading) -> list[Amount]:
    """The comparable figures in order; `4% + 40¢` is one. Approximate figures and dates are none."""
    found: list[Amount] = []
    figures = list(reading.figures)
    while figures:
        first, *rest = figures
        if rest and _are_one_fee(reading.text, first, rest[0]):
            found.append(_fee(first, rest[0]))
            figures = rest[1:]
            continue
        found += _amount(first)
        figures = rest
    return found


def _are_one_fee(text: str, share: Figure, fixed: Figure) -> bool:
    kinds = share.kind == "percent" and fixed.kind == "money" and share.high is fixed.high is None
    return kinds and _PLUS.fullmatch(text[share.end : fixed.start]) is not None


def _fee(share: Figure, fixed: Figure) -> Amount:
    value = f"{_plain(share.value)}% + {_plain(fixed.value)}"
    bounded = share if share.bound != "exact" else fixed
    return Amount("fee", _unit(fixed.unit, bounded), value, share.start, fixed.end)


def _amount(figure: Figure) -> Iterator[Amount]:
    if figure.kind in _KINDS and figure.bound not in _LOOSE_BOUNDS:
        value = _plain(figure.value) + (f" to {_plain(figure.high)}" if figure.high is not None else "")
        yield Amount(figure.kind, _unit(figure.unit, figure), value, figure.start, figure.end)


def _unit(unit: str, figure: Figure) -> str:
    rates = sorted(figure.rates & ESSENTIAL_RATES)
    # An allowance of 10 users is one of up to 10 users.
    exact = figure.bound == "exact" or (figure.bound == "at_most" and figure.kind in {"count", "size"})
    bound = [] if exact else [figure.bound]
    return " ".join([unit, *(f"per {rate}" for rate in rates), *bound]).strip()


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")
