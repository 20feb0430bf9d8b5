"""Prices that a page draws in pieces: `$`, `6` and `.67` in elements of their own are $6.67."""

import re

_SIGNS = "$€£¥"
_SIGN_ALONE = re.compile(rf"(?:[A-Za-z]{{2,8}}\s)?(?:US|CA|AU|NZ|S|HK)?[{_SIGNS}]")
_NUMBER = re.compile(r"\d[\d.,' ]{0,14}(?!\d)")
_BARE_PRICE = re.compile(rf"(?:[A-Za-z]{{2,8}}\s)?(?:US|CA|AU|NZ|S|HK)?[{_SIGNS}]\d[\d.,']{{0,14}}")
_CENTS = re.compile(r"[.,]\d{2}(?!\d)")
_UNIT = re.compile(r"(?:/|per\b|a\b|an\b|pro\b|par\b|je\b|each\b|monthly\b|yearly\b|annually\b)", re.IGNORECASE)
_LONGEST_UNIT = 60

_GAP_AFTER_SIGN = re.compile(rf"([{_SIGNS}]),?\s+(?=\d)")
_GAP_BEFORE_CENTS = re.compile(rf"([{_SIGNS}]\d(?:[\d,']{{0,12}}\d)?),?\s+(?=[.,]\d{{2}}(?!\d))")
_GAP_BEFORE_SIGN = re.compile(rf"(\d),?\s+(?=[.,]\d{{2}}\s?[{_SIGNS}])")


def close_up(text: str) -> str:
    """`$ 6 .67` as `$6.67`: the gaps come from elements that stand side by side."""
    if not any(sign in text for sign in _SIGNS):
        return text
    text = _GAP_AFTER_SIGN.sub(r"\1", text)
    return _GAP_BEFORE_SIGN.sub(r"\1", _GAP_BEFORE_CENTS.sub(r"\1", text))


def is_sign(text: str) -> bool:
    """Whether `text` is a currency sign that waits for its number."""
    return bool(_SIGN_ALONE.fullmatch(text))


def joined(before: str, text: str) -> str | None:
    """Two texts of a page, one under the other, as the price that they make up; None if they do not."""
    if is_sign(before) and _NUMBER.match(text):
        return f"{before}{text}"
    if not _BARE_PRICE.fullmatch(before):
        return None
    if _CENTS.match(text) and "." not in before:
        return f"{before}{text}"
    if _UNIT.match(text) and len(text) <= _LONGEST_UNIT:
        return f"{before}{text}" if text.startswith("/") else f"{before} {text}"
    return None
