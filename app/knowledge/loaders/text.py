"""Bytes to text, and text to clean text: shared by all loaders."""

import re
import unicodedata

import charset_normalizer

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_SAMPLE = 64 * 1024
# Control, zero-width, bidirectional, soft-hyphen, private-use and byte-order characters carry no words.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ue000-\uf8ff\ufeff\ufff9-\ufffc\U000f0000-\U0010ffff]"
)
_PAGE_MARKS = re.compile("[\x0b\x0c\x1c-\x1f\x85]")
_CID = re.compile(r"\(cid:\d{1,6}\)")  # a glyph that a PDF gives no letter for
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
_SUPERSCRIPTS = str.maketrans("0123456789+-n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ")
_UNIT_BEFORE = re.compile(r"(?:^|[\s\d(])(?:mm|cm|dm|km|m|ft|in|yd|mi|s)$")
_POWER_BASE = re.compile(r"(?:^|[\s(×x*])(?:2|10)$")
_MONEY_BEFORE = re.compile(r"[$€£¥]\s?\d[\d,]*$")


def decode(data: bytes) -> str:
    """Text of `data`: byte-order mark, else UTF-8, else UTF-16 by its NUL pattern, else the likeliest legacy encoding.

    Never fails: bytes that mean nothing become U+FFFD. Line ends are normalised to LF.
    """
    text = _decode(data)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n\n")


def _decode(data: bytes) -> str:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data.decode(encoding, errors="replace")
    wide = _wide_encoding(data[:_SAMPLE])
    if wide:
        return data.decode(wide, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode(_legacy_encoding(data), errors="replace")


def _wide_encoding(sample: bytes) -> str | None:
    """UTF-16 without a mark: nearly every second byte of Western text is NUL."""
    half = len(sample) // 2
    if half < 2:
        return None
    if sample[1::2].count(0) > 0.6 * half and sample[::2].count(0) < 0.05 * half:
        return "utf-16-le"
    if sample[::2].count(0) > 0.6 * half and sample[1::2].count(0) < 0.05 * half:
        return "utf-16-be"
    return None


def _legacy_encoding(data: bytes) -> str:
    best = charset_normalizer.from_bytes(data[:_SAMPLE]).best()
    if best is None or "cp1252" in best.could_be_from_charset or best.encoding.startswith(("mac_", "cp125", "latin")):
        return best.encoding if best is not None and best.encoding in _NON_LATIN else "cp1252"
    return best.encoding


_NON_LATIN = frozenset({"cp1251", "cp1253", "cp1255", "cp1256", "mac_cyrillic", "mac_greek"})


def is_binary(data: bytes) -> bool:
    """Whether `data` cannot be text in any encoding we read."""
    sample = data[:_SAMPLE]
    if sample.startswith(tuple(bom for bom, _ in _BOMS)) or _wide_encoding(sample):
        return False
    controls = sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in sample)
    return controls > 0.02 * len(sample)


def clean(text: str) -> str:
    """`text` on one line: composed, single-spaced, without invisible characters."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).translate(_LIGATURES)
    return " ".join(_CID.sub("", _INVISIBLE.sub("", text.replace("\x00", " "))).split())


def clean_code(text: str) -> str:
    """Program text with its line structure: no invisible characters, trailing blanks or surrounding empty lines."""
    lines = [_INVISIBLE.sub("", line).rstrip() for line in _PAGE_MARKS.sub(" ", text).expandtabs(4).split("\n")]
    return re.sub(r"\n{2,}", "\n", dedent("\n".join(lines))).strip()


def dedent(text: str) -> str:
    """`text` with its lines moved left by the indentation of the first one that is not blank."""
    first = re.search(r"^([ \t]+)(?=\S)|^(?=\S)", text, re.MULTILINE)
    width = len((first[1] or "").expandtabs(4)) if first else 0
    if not width:
        return text
    lines = (line.expandtabs(4) if line[:1] in {" ", "\t"} else line for line in text.split("\n"))
    return "\n".join(line[min(width, len(line) - len(line.lstrip(" "))) :] for line in lines)


def raised(before: str, text: str) -> str:
    """What a superscript `text` after `before` means in plain text.

    Cents of a price become decimals, exponents and squared units become superscript characters, note marks vanish:
    `$299` followed by a raised `1` must never read as `$2991`.
    """
    mark = text.strip()
    if mark.isdigit():
        if len(mark) == 2 and _MONEY_BEFORE.search(before):
            return f".{mark}"
        if _UNIT_BEFORE.search(before) or _POWER_BASE.search(before):
            return mark.translate(_SUPERSCRIPTS)
        return ""
    if mark.lower() in {"st", "nd", "rd", "th", "tm", "®", "™"}:
        return {"tm": "™"}.get(mark.lower(), mark)
    word = mark.strip("[]()")
    return f" {mark}" if len(word) > 2 and word.isalpha() else ""
