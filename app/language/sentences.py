"""Split text into sentences, keeping exact offsets."""

import re

# Words whose full stop does not end a sentence when more text follows.
_ABBREVIATIONS = frozenset(
    """
    dr mr mrs ms prof st sr jr vs etc e.g i.e eg ie cf approx no nos vol fig inc ltd co corp dept est min max incl
    excl jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun u.s u.k a.m
    p.m ph.d mo yr hr wk avg ca al
    """.split()  # noqa: SIM905 - a word list reads better as text
)
# These often do end a sentence; they do not when a lower-case word or a figure follows.
_MAY_END = frozenset({"inc", "ltd", "co", "corp", "etc", "u.s", "u.k", "a.m", "p.m", "ph.d", "mo", "yr", "hr", "wk"})

_TERMINATOR = re.compile(r"(?P<stop>[.!?…]+)(?P<close>[\"'”’)\]]*)(?=\s|$)|(?P<line>\s*\n\s*)")
_LAST_WORD = re.compile(r"[A-Za-z][A-Za-z.]*$")
_NEXT = re.compile(r"\s*[\"'“‘(\[]*(?P<char>\S)")


def split_sentences(text: str) -> list[tuple[int, int]]:
    """`(start, end)` of each sentence in `text`, in order, without surrounding white space.

    Line breaks end sentences. Full stops in figures (`$4,999.00`), initials, host names and common abbreviations do
    not. Linear in the length of `text`.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _TERMINATOR.finditer(text):
        if match["line"] is None and not _ends_sentence(text, start, match):
            continue
        end = match.start() if match["line"] is not None else match.end()
        _append(spans, text, start, end)
        start = match.end()
    _append(spans, text, start, len(text))
    return spans


def _ends_sentence(text: str, start: int, match: re.Match[str]) -> bool:
    if match["stop"] != ".":
        return True
    following = _NEXT.match(text, match.end())
    if following is None:
        return True
    last = _LAST_WORD.search(text, max(start, match.start() - 24), match.start())
    if last is None:
        return True
    word = last[0].lower().rstrip(".")
    if len(word) == 1 and last[0].isupper():
        return word == "i"
    if word in _MAY_END:
        return following["char"].isupper()
    return word not in _ABBREVIATIONS


def _append(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        spans.append((start, end))
