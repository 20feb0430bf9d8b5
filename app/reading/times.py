"""When a clause holds: words for the past, for what is to come and for today, and the dates that limit it."""

import re
from collections.abc import Iterator

from app.reading.figures import Figure
from app.reading.lexicon import VERBS
from app.reading.reader import Reading

PAST = (
    r"previous(?:ly)?|former(?:ly)?|(?<!is )(?<!are )(?<!be )used to|was|were|had|originally|at the time|until now"
    r"|until (?:last|recently)|last (?:year|month|quarter|spring|summer|autumn|winter)|in the past|back then|years? ago"
)
FUTURE = r"will (?:be|become|cost|rise|change|increase|go up|drop|start|launch|add|support|include|offer)|upcoming"
_PAST = re.compile(
    rf"\b(?:{PAST})\b|\b(?:plan|tier|edition|package|subscription|add-on) cost(?= (?:only )?[$€£\d])", re.IGNORECASE
)
_FUTURE = re.compile(rf"\b(?:{FUTURE}|from next|next (?:year|month|quarter)|going to)\b", re.IGNORECASE)
_TODAY = re.compile(r"\b(?:now|today|currently|nowadays)\b", re.IGNORECASE)
_APART = re.compile(r"\s?(?:[;—–]|-{1,2}\s|(?:but|while|whereas|although|though)\b)", re.IGNORECASE)
_STILL_TRUE = re.compile(r"\b(?:since|as of|effective(?: from)?)\s*$", re.IGNORECASE)
_ENDING = re.compile(r"\b(?:until|till|through|before)\s(?:the )?(?:\w+ of )?$", re.IGNORECASE)
_AT = re.compile(
    r"\b(?:in|from|during|by|starting|on|throughout|for|until|till|through|before)\s(?:the )?(?:\w+ of )?"
    r"(?:early |late |mid-?)?$",
    re.IGNORECASE,
)
_CALENDAR = frozenset({"year", "month"})
_DONE = frozenset("cut saw grew went got became fell rose sent made took brought lost won led ran began paid".split())  # noqa: SIM905
_HELPERS = frozenset("is are has have does do can will may must should".split())  # noqa: SIM905


def speaks_of_past(text: str) -> bool:
    """`previously`, `was`, `used to`, and `the plan cost $9`."""
    return _PAST.search(text) is not None


def speaks_of_future(text: str) -> bool:
    return _FUTURE.search(text) is not None


def tells_what_happened(raws: frozenset[str]) -> bool:
    """Whether lower-case words of a clause tell a deed of the past and nothing of the present."""
    present = raws & _HELPERS or any(raw in VERBS and raw.endswith("s") for raw in raws)
    return not present and any(raw in _DONE or raw.endswith("ed") for raw in raws)


def clause_texts(reading: Reading, segments: set[int]) -> Iterator[str]:
    """What says when each of `segments` holds: its own words, the sentence's opening, an aside that follows it."""
    spans = reading.spans
    for place in sorted(segments):
        yield reading.text[slice(*spans[place])]
        first = _first_of_run(reading, spans, place)
        if first < place:
            yield _opening(reading, spans[first])
        after = place + 1
        if after < len(spans) and not _APART.match(reading.text, spans[after][0]) and _is_aside(reading, after):
            yield reading.text[slice(*spans[after])]


def limiting_dates(reading: Reading, segments: set[int], with_figures: bool) -> Iterator[Figure]:
    """Dates that say when `segments` hold: at the opening, as an end, or (`with_figures`) beside a figure."""
    if not any(figure.kind == "date" for figure in reading.figures):
        return
    spans = reading.spans
    openings = [(spans[first][0], spans[first][0] + len(_opening(reading, spans[first])))
                for first in {_first_of_run(reading, spans, place) for place in segments}]  # fmt: skip
    for figure in reading.figures:
        before = reading.text[max(0, figure.start - 24) : figure.start]
        if figure.kind != "date" or not {name for name, _ in figure.fields} & _CALENDAR or _STILL_TRUE.search(before):
            continue
        opening = any(start <= figure.start < end for start, end in openings)
        own = reading.segment_at(figure.start) in segments
        ends = own and (_ENDING.search(before) is not None or figure.bound == "before")
        if opening or ends or (own and with_figures and _AT.search(before)):
            yield figure


def adverbial_openings(reading: Reading, segments: set[int]) -> set[int]:
    """Earlier segments without a verb (`Before the merger,`) that open the sentences in which `segments` stand."""
    spans = reading.spans
    firsts = {_first_of_run(reading, spans, place) for place in segments} - segments
    return {place for place in firsts if _opening(reading, spans[place]) == reading.text[slice(*spans[place])]}


def _first_of_run(reading: Reading, spans: list[tuple[int, int]], place: int) -> int:
    """The segment whose opening still holds in segment `place`: up to a strong break or a word for today."""
    while place > 0:
        start, end = spans[place]
        if _APART.match(reading.text, start) or _TODAY.search(reading.text, start, end):
            return place
        place -= 1
    return 0


def _opening(reading: Reading, span: tuple[int, int]) -> str:
    """The words before the first verb."""
    start, end = span
    verb = next((w.start for w in reading.words if start <= w.start < end and w.raw in VERBS), end)
    return reading.text[start:verb]


def _is_aside(reading: Reading, place: int) -> bool:
    """Whether a segment has no verb and no figure but dates."""
    words = [word for word in reading.words if word.segment == place]
    figures = (f for f in reading.figures if reading.segment_at(f.start) == place)
    return all(word.raw not in VERBS for word in words) and all(figure.kind == "date" for figure in figures)
