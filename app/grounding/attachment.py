"""Figures and what they belong to: a price to its plan, a percentage to its measure, a count to what is counted."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from app.grounding.fit import Failure, Fit, Part
from app.reading.bounds import ESSENTIAL_RATES
from app.reading.figures import Figure
from app.reading.lexicon import FUNCTION_WORDS, NEUTRAL_KEYS, PRICE_KEYS, VERBS, key_of
from app.reading.passages import Statement
from app.reading.reader import Reading, Word

_WEAKER_BOUNDS = {("approx", "exact"), ("at_least", "above"), ("at_most", "below")}
_MEASURE_REACH = 3
_CHANGES = frozenset(key_of(word) for word in VERBS)


def same_figure(claim: Figure, source: Figure) -> bool:
    """Whether the source states the claim's figure: value, unit, rate, and a bound that says no less."""
    if claim.kind != source.kind:
        return False
    if claim.kind == "date":
        return claim.fields <= source.fields and claim.bound == source.bound
    if (claim.value, claim.high, claim.unit) != (source.value, source.high, source.unit):
        return False
    if claim.bound != source.bound and (claim.bound, source.bound) not in _WEAKER_BOUNDS:
        return False
    return claim.rates & ESSENTIAL_RATES == source.rates & ESSENTIAL_RATES


def place_figures(part: Part, statement: Statement, allowed: set[int], fit: Fit) -> tuple[Fit, list[int]]:
    """Give every figure of the part its own figure of the statement, with the same measure beside it."""
    reading = statement.reading
    placed: list[int] = []
    for figure in part.figures:
        equal = [i for i, other in enumerate(reading.figures) if i not in placed and same_figure(figure, other)]
        home = [i for i in equal if reading.segment_at(reading.figures[i].start) in allowed]
        good = [i for i in home if _same_measure(part, figure, statement, reading.figures[i])]
        if good:
            placed.append(good[0])
            continue
        failure = Failure.SUBJECT if equal else Failure.OTHER_FIGURE
        return replace(fit, failure=failure, figure=figure, other=_rival(figure, reading, allowed)), placed
    return fit, placed


def _rival(figure: Figure, reading: Reading, allowed: set[int]) -> Figure | None:
    """Another figure of the same kind that the statement gives for the same thing."""
    for other in reading.figures:
        if other.kind == figure.kind and reading.segment_at(other.start) in allowed:
            return other
    return None


def _same_measure(part: Part, figure: Figure, statement: Statement, other: Figure) -> bool:
    """With several figures of a kind in one statement, what is measured must stand in the same territory."""
    reading = statement.reading
    if figure.kind == "count" and not _same_counted(part, figure, reading, other, statement):
        return False
    rivals = [f for f in reading.figures if f.kind == other.kind and f is not other]
    if not rivals:
        return True
    territory = _territory(reading, other, rivals)
    if statement.is_row:
        territory |= {word.key for word in reading.words if word.segment == 0} | statement.context
    measure = _measure(part, figure)
    return all(key in territory or key in NEUTRAL_KEYS or key in PRICE_KEYS for key in measure)


def _territory(reading: Reading, figure: Figure, rivals: Sequence[Figure]) -> set[str]:
    """Word keys that belong to `figure`: up to the statement break (else the middle) towards each rival."""
    low = max((_border(reading, rival, figure) for rival in rivals if rival.end <= figure.start), default=0)
    high = min(
        (_border(reading, figure, rival) for rival in rivals if rival.start >= figure.end), default=len(reading.text)
    )
    return {word.key for word in reading.words if low <= word.start < high}


def _border(reading: Reading, left: Figure, right: Figure) -> int:
    between = [place for place in reading.breaks if left.end <= place <= right.start]
    return between[0] if between else right.start


def _measure(part: Part, figure: Figure) -> set[str]:
    """The carrying words next to a figure in the claim: the run before it and the run after it."""
    before = [word for word in part.reading.words if part.start <= word.start and word.end <= figure.start]
    after = [word for word in part.reading.words if word.start >= figure.end and word.end <= part.end]
    place = part.reading.segment_at(figure.start)
    following = _run(after, place, 0)
    runs = {*_run(reversed(before), place, 0 if following else 2), *following}
    own = {key for phrase in part.subjects for key in phrase}
    return runs - own - _CHANGES


def _run(words: Iterable[Word], place: int, skips: int) -> list[str]:
    """The nearest stretch of carrying words, over at most `skips` small words in between."""
    run: list[str] = []
    skipped = 0
    for word in words:
        if word.segment != place:
            break
        if word.carries:
            run.append(word.key)
            if len(run) == _MEASURE_REACH:
                break
        elif run or skipped == skips:
            break
        else:
            skipped += 1
    return run


def _same_counted(part: Part, figure: Figure, reading: Reading, other: Figure, statement: Statement) -> bool:
    """`three users` and `three projects` are different counts, `Clause 2` and `Option 2` different places."""
    place = part.reading.segment_at(figure.start)
    counted = _following(part.reading, figure.end, part.end, place)
    before, source_before = _preceding(part.reading, figure.start), _preceding(reading, other.start)
    if not counted:
        if before is not None or source_before is not None:
            return before == source_before
        following = _next_key(part.reading, figure)
        return following is not None and following == _next_key(reading, other)
    until = min((f.start for f in reading.figures if f.start >= other.end), default=len(reading.text))
    near = set(_following(reading, other.end, until, None, reach=6))
    header = [word.key for word in reading.words if word.end <= other.start][-3:] if statement.is_row else []
    return counted[0] in near or counted[-1] in near or counted[0] in header


def _preceding(reading: Reading, position: int) -> str | None:
    """The key of the noun directly before `position`, if one stands there."""
    for word in reversed(reading.words):
        if word.end <= position:
            gap = reading.text[word.end : position].strip(" #:(.\"'")
            joined = not gap and word.raw not in FUNCTION_WORDS and word.raw not in VERBS
            return word.key if joined else None
    return None


def _next_key(reading: Reading, figure: Figure) -> str | None:
    return next((word.key for word in reading.words if word.start >= figure.end), None)


def _following(reading: Reading, start: int, end: int, place: int | None, reach: int = _MEASURE_REACH) -> list[str]:
    """The counted thing after a figure: the first carrying or class words, within segment `place` if given."""
    words = [w for w in reading.words if start <= w.start < end and place in {None, w.segment}]
    keys: list[str] = []
    for word in words[: reach + 1]:
        if word.carries or word.key in NEUTRAL_KEYS:
            keys.append(word.key)
        elif keys:
            break
    return keys[:reach]
