"""One sentence, table row or clause, taken apart once: figures, links and words with their polarity and segment."""

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise

from app.reading.figures import Figure, find_figures
from app.reading.lexicon import FUNCTION_WORDS, HEDGES, LIMITS, NEGATORS, NEUTRAL_KEYS, OFFERING, key_of
from app.reading.links import Link, find_links

_WORD = re.compile(r"[^\W_]+(?:[&.'’_][^\W_]+)*\+?")
_APOSTROPHE = re.compile(r"['’]")
# Places where one statement may end and the next begin.
_BREAK = re.compile(
    r"(?<=\S)\s?[;:](?=\s)|\s[–—-]{1,2}\s|—|,(?=\s)|[()]|\b(?:and|but|while|whereas|or|although|though|which|where|plus)\b",
    re.IGNORECASE,
)
_POLARITY_ENDS = re.compile(r"[,;:.()—–]|\b(?:but|although|though|while|whereas)\b", re.IGNORECASE)
_NO_NEGATION = re.compile(
    r"\s+(?:only|just|matter|later|more|less|fewer|problem|rush|pressure|longer than)\b", re.IGNORECASE
)
_AUXILIARY_HAVE = re.compile(r"\s+(?:been|to|had|not)\b|\s+\w+ed\b", re.IGNORECASE)
# "SSO is not included" denies SSO, which stands before the negation.
_PASSIVE = re.compile(r"\b(?:is|are|was|were|be)(?:\s|n['’]t$)", re.IGNORECASE)
_PHRASES = (
    (re.compile(r"\bsingle sign[\s-]on\b", re.IGNORECASE), "SSO"),
    (re.compile(r"\breturn on investment\b", re.IGNORECASE), "ROI"),
    (re.compile(r"\bset[\s-]up\b", re.IGNORECASE), "setup"),
    (re.compile(r"\be-mail", re.IGNORECASE), "email"),
    (re.compile(r"\breal[\s-]time\b", re.IGNORECASE), "realtime"),
    (re.compile(r"\bbuilt[\s-]in\b", re.IGNORECASE), "builtin"),
    (re.compile(r"\bmid tier\b", re.IGNORECASE), "mid-tier"),
)
# An empty cell, a dash and "n/a" mean no.
_EMPTY_CELL = re.compile(r"(?:^|;)\s*[^:;]+:\s*(?:[-–—✗✘×]|n/a|none)?\s*(?=;|$)", re.IGNORECASE)
_POLARITY_REACH = 6
_POLARITY_HORIZON = 160
_ENDINGS = frozenset({"s", "t", "re", "ve", "ll", "d", "m", ""})
_CELL_BREAK = re.compile(r"(?<=\S)\s?;(?=\s)")


@dataclass(frozen=True, slots=True)
class Word:
    """`text[start:end]` of the reading's text. `raw` is lower case; `key` joins inflections and synonyms.

    `carries` is False for function words and for words that add no fact. `segment` counts the statements of the
    sentence from 0. `capital` means written as a name; `opening` that the sentence starts here.
    """

    raw: str
    key: str
    start: int
    end: int
    segment: int
    capital: bool
    opening: bool
    negated: bool
    carries: bool


@dataclass(frozen=True, slots=True)
class Reading:
    text: str
    words: tuple[Word, ...]
    figures: tuple[Figure, ...]
    links: tuple[Link, ...]
    breaks: tuple[int, ...]
    hedges: frozenset[str]
    limits: frozenset[str]

    def segment_at(self, position: int) -> int:
        return bisect_right(self.breaks, position)

    @property
    def spans(self) -> list[tuple[int, int]]:
        """The segments as `(start, end)`."""
        edges = [0, *self.breaks, len(self.text)]
        return list(pairwise(edges))


@lru_cache(maxsize=8192)
def read(text: str, row: bool = False) -> Reading:
    """Take `text` apart; a table `row` only at its cells. Cached by content: the same sentence is read once."""
    links = find_links(text)
    bare = _blank(text, [(link.start, link.end) for link in links])
    figures = find_figures(bare)
    bare = _blank(bare, [(figure.start, figure.end) for figure in figures])
    solid = _blank(text, [*((link.start, link.end) for link in links), *((f.start, f.end) for f in figures)], "0")
    breaks = tuple(match.start() for match in (_CELL_BREAK if row else _BREAK).finditer(solid))
    negated = [match.span() for match in _EMPTY_CELL.finditer(text)] if row else []
    words = _words(text, _same_length_phrases(bare), breaks, negated)
    raws = {word.raw for word in words}
    return Reading(
        text=text,
        words=words,
        figures=figures,
        links=links,
        breaks=breaks,
        hedges=frozenset(HEDGES[raw] for raw in raws if raw in HEDGES),
        limits=frozenset(raws & LIMITS),
    )


def _blank(text: str, spans: list[tuple[int, int]], filler: str = " ") -> str:
    chars = list(text)
    for start, end in spans:
        chars[start:end] = filler * (end - start)
    return "".join(chars)


def _same_length_phrases(text: str) -> str:
    """Replace fixed phrases by one word, padded, so that offsets stay true."""
    for pattern, word in _PHRASES:
        text = pattern.sub(lambda match, word=word: word.ljust(len(match[0])), text)  # type: ignore[misc]
    return text


def _words(original: str, text: str, breaks: tuple[int, ...], negated: list[tuple[int, int]]) -> tuple[Word, ...]:
    denied = bytearray(len(text))
    for start, end in negated + _negated_places(text):
        denied[start:end] = b"\1" * (end - start)
    words: list[Word] = []
    first = len(original) - len(original.lstrip(" \t\"'“‘([-*•"))
    for match in _WORD.finditer(text):
        raw = _normal(match[0])
        if not raw or raw in NEGATORS:
            continue
        shown = original[match.start() : match.end()]
        key = key_of(raw)
        words.append(
            Word(
                raw=raw,
                key=key,
                start=match.start(),
                end=match.end(),
                segment=bisect_right(breaks, match.start()),
                capital=any(char.isupper() for char in shown),
                opening=match.start() <= first,
                negated=bool(denied[match.start()]),
                carries=_carries(text, match, raw, key),
            )
        )
    return tuple(words)


def _normal(shown: str) -> str:
    head, *tail = _APOSTROPHE.split(shown.lower())
    if tail and tail[-1] == "t" and head.endswith("n"):
        return "not"
    if tail and tail[-1] not in _ENDINGS:
        head += "".join(tail)
    return head.strip("._")


def _carries(text: str, match: re.Match[str], raw: str, key: str) -> bool:
    if raw in FUNCTION_WORDS or key in NEUTRAL_KEYS:
        return False
    return not (key == OFFERING and raw in {"have", "has"} and _AUXILIARY_HAVE.match(text, match.end()))


def _negated_places(text: str) -> list[tuple[int, int]]:
    """Spans that stand under a negation: up to six words after it, within the same clause."""
    places = []
    for match in _WORD.finditer(text):
        if _normal(match[0]) not in NEGATORS or _NO_NEGATION.match(text, match.end()):
            continue
        horizon = min(len(text), match.end() + _POLARITY_HORIZON)
        stop = _POLARITY_ENDS.search(text, match.end(), horizon)
        end = stop.start() if stop else horizon
        following = list(islice(_WORD.finditer(text, match.end(), end), _POLARITY_REACH))
        if _PASSIVE.search(text, max(0, match.start() - 9), match.end()) and len(following) <= 1:
            places.append((_clause_start(text, match.start()), end))
        elif following:
            places.append((match.end(), following[-1].end()))
        else:
            places.append((_clause_start(text, match.start()), match.start()))
    return places


def _clause_start(text: str, position: int) -> int:
    """Where the cell or clause before `position` begins: "SSO: No" negates SSO."""
    low = max(0, position - _POLARITY_HORIZON)
    return max(low, *(text.rfind(mark, low, position) + 1 for mark in ";,."))
