"""Numbers as people write them: `1,200.50`, `1.2k`, `twenty-five`, `two hundred`, `a dozen`."""

import re
from decimal import Decimal

from app.language.words import words

_UNITS = {
    word: Decimal(value)
    for value, word in enumerate(
        words("""
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen
""")
    )
}
_TENS = {
    word: Decimal(10 * value)
    for value, word in enumerate(words("twenty thirty forty fifty sixty seventy eighty ninety"), start=2)
}
_SCALES = {
    "dozen": Decimal(12),
    "hundred": Decimal(100),
    "k": Decimal(1000),
    "thousand": Decimal(1000),
    "m": Decimal(10**6),
    "mn": Decimal(10**6),
    "million": Decimal(10**6),
    "b": Decimal(10**9),
    "bn": Decimal(10**9),
    "billion": Decimal(10**9),
}
ORDINALS = {
    word: Decimal(value)
    for value, word in enumerate(
        words("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"),
        start=1,
    )
}
FRACTIONS = {
    "half": Decimal(1) / 2,
    "third": Decimal(1) / 3,
    "quarter": Decimal(1) / 4,
    "fourth": Decimal(1) / 4,
    "fifth": Decimal(1) / 5,
    "tenth": Decimal(1) / 10,
}

DIGITS = r"(?:\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d+)?|\d+,\d{1,2}(?![\d,])|\d++(?:\.\d++)?|\.\d++)"
MAGNITUDE = r"(?:(?:k|mn?|bn?)(?![a-z])|\s?(?:thousand|million|billion)(?![a-z]))"
_ONE_WORD = "|".join([*_UNITS, *_TENS])
_SCALE_WORD = r"hundred|thousand|million|billion|dozen"
_A_SCALE = rf"a[ ](?:{_SCALE_WORD})"
WORDS = (
    rf"(?:(?:{_A_SCALE}|(?:{_ONE_WORD})(?:[ -](?:{_ONE_WORD}|{_SCALE_WORD}))*)"
    rf"(?:[ ]and[ ](?:{_ONE_WORD})(?:-(?:{_ONE_WORD}))?(?![\w-]))?)"
)
_DIGITS = re.compile(rf"({DIGITS})({MAGNITUDE})?", re.IGNORECASE)
_WORD = re.compile(r"[a-z]+")
_DECIMAL_COMMA = re.compile(r"\d+,\d{1,2}")


def parse_number(text: str) -> Decimal:
    """The value of a number written in digits (with or without magnitude) or words. Raises `ValueError` otherwise."""
    match = _DIGITS.fullmatch(text.strip())
    if match is None:
        return _parse_words(text.lower())
    digits = match[1]
    digits = digits.replace(",", "." if _DECIMAL_COMMA.fullmatch(digits) else "")
    return Decimal(digits) * (_SCALES[match[2].strip().lower()] if match[2] else 1)


def _parse_words(text: str) -> Decimal:
    total, current = Decimal(0), Decimal(0)
    parts = [part for part in _WORD.findall(text) if part not in {"a", "and"}]
    if not parts:
        raise ValueError(f"not a number: {text!r}")
    for part in parts:
        if part in _UNITS:
            current += _UNITS[part]
        elif part in _TENS:
            current += _TENS[part]
        elif part in _SCALES:
            current = (current or Decimal(1)) * _SCALES[part]
            if _SCALES[part] >= 1000:
                total, current = total + current, Decimal(0)
        else:
            raise ValueError(f"not a number: {text!r}")
    return total + current
