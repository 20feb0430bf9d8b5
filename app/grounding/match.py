"""Does one statement of the evidence support one part of a claim? The exact lens, and nothing but that question."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from app.grounding.bounds import ESSENTIAL_RATES
from app.grounding.figures import Figure
from app.grounding.lexicon import FUNCTION_WORDS, HEDGES, NEUTRAL_KEYS, OFFERING, PRICE_KEYS, VERBS, key_of
from app.grounding.passages import Statement
from app.grounding.reading import Reading, Word
from app.grounding.subjects import Phrase, Subjects, segment_subjects

_WEAKER_BOUNDS = {("approx", "exact"), ("at_least", "above"), ("at_most", "below")}
_MEASURE_REACH = 3
_CHANGES = frozenset(key_of(word) for word in VERBS)


class Failure(IntEnum):
    """Why a statement does not support a part; a higher value is the more telling explanation."""

    OTHER_WORDS = 0
    OTHER_FIGURE = 1
    GENERALISED = 2
    HEDGED = 3
    LIMITED = 4
    SUBJECT = 5
    POLARITY = 6
    NONE = 7


@dataclass(frozen=True, slots=True)
class Part:
    """A clause to be supported: what it must find in one statement.

    `words` are those that carry meaning, `inherited` what it takes over from the clause before it. `subjects` are all
    known subjects it mentions, `leading` those it is about. `raws` are all its words, so that softeners and limits
    count.
    """

    start: int
    end: int
    words: tuple[Word, ...]
    figures: tuple[Figure, ...]
    subjects: frozenset[Phrase]
    raws: frozenset[str]
    reading: Reading
    leading: frozenset[Phrase] = frozenset()
    inherited: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        return not self.words and not self.figures


@dataclass(frozen=True, slots=True)
class Fit:
    """How far a statement supports a part. `score` is the share of the part's words it covers, 0..1."""

    failure: Failure
    score: float
    missing: tuple[str, ...] = ()
    figure: Figure | None = None
    other: Figure | None = None

    @property
    def supported(self) -> bool:
        return self.failure is Failure.NONE


def same_figure(claim: Figure, source: Figure) -> bool:
    """Whether the source states the claim's figure: value, unit, rate, and a bound that says no less."""
    if claim.kind != source.kind:
        return False
    if claim.kind == "date":
        return claim.fields <= source.fields
    if (claim.value, claim.high, claim.unit) != (source.value, source.high, source.unit):
        return False
    if claim.bound != source.bound and (claim.bound, source.bound) not in _WEAKER_BOUNDS:
        return False
    return claim.rates & ESSENTIAL_RATES == source.rates & ESSENTIAL_RATES


def match(part: Part, statement: Statement, subjects: Subjects) -> Fit:
    """Judge `part` against `statement` alone (with the context the statement stands in)."""
    reading = statement.reading
    if part.figures and len(reading.figures) < len(part.figures):
        return _words_only(part, statement)
    whole = {(word.key, word.negated) for word in reading.words}
    rough = [w for w in part.words if (w.key, w.negated) not in whole and w.key not in statement.context]
    if len(rough) > 1 + len(part.words) // 2:
        return Fit(Failure.OTHER_WORDS, 1 - len(rough) / max(1, len(part.words)), tuple(w.raw for w in rough))
    return _match_closely(part, statement, subjects)


def _words_only(part: Part, statement: Statement) -> Fit:
    known = {word.key for word in statement.reading.words} | statement.context
    missing = [word.raw for word in part.words if word.key not in known]
    return Fit(Failure.OTHER_WORDS, _share(part, missing), tuple(missing))


def _share(part: Part, missing: Sequence[object]) -> float:
    total = len(part.words) + len(part.inherited)
    return 1.0 if total == 0 else max(0.0, 1 - len(missing) / total)


def _match_closely(part: Part, statement: Statement, subjects: Subjects) -> Fit:
    reading = statement.reading
    count = len(reading.breaks) + 1
    places = [reading.segment_at(figure.start) for figure in reading.figures]
    about = segment_subjects(reading.words, count, subjects, places)
    if not any(about) and statement.about:
        about = [set(statement.about) for _ in range(count)]
    allowed = {i for i in range(count) if not about[i] or not part.subjects or about[i] & part.subjects}
    missing, used = _cover(part, statement, allowed)
    fit = Fit(Failure.NONE, _share(part, missing), tuple(missing))
    if missing:
        return _explain_missing(part, statement, fit)
    fit, placed = _place_figures(part, statement, allowed, fit)
    if not fit.supported:
        return fit
    used |= {places[index] for index in placed}
    return _judge_meaning(part, statement, about, used, fit)


def _cover(part: Part, statement: Statement, allowed: set[int]) -> tuple[list[str], set[int]]:
    """Words of the part that the statement lacks, and the segments that hold the others."""
    homes: dict[tuple[str, bool], set[int]] = {}
    raws: set[str] = set()
    for word in statement.reading.words:
        if word.segment in allowed:
            homes.setdefault((word.key, word.negated), set()).add(word.segment)
            raws.add(word.raw)
    missing: list[str] = []
    borrowed: list[str] = []
    used: set[int] = set()
    for word in part.words:
        home = homes.get((word.key, word.negated))
        if home is not None and _spelled(word, raws, statement):
            used |= home if len(home) == 1 else set()
        elif _in_context(word, statement, part):
            borrowed.append(word.raw)
        else:
            missing.append(word.raw)
    missing += _repeated_names(part, statement)
    if not part.figures and len(borrowed) > len(part.words) - len(borrowed) and not missing:
        missing = [raw for raw in borrowed if key_of(raw) != OFFERING]
    known = {key for key, _ in homes} | statement.context
    missing += [key for key in part.inherited if key not in known]
    return missing, used


def _repeated_names(part: Part, statement: Statement) -> list[str]:
    """Names that the part writes more often than the statement does."""
    names = [word.raw for word in part.words if word.capital]
    if len(set(names)) == len(names):
        return []
    known = [word.raw for word in statement.reading.words]
    return [name for name in set(names) if names.count(name) > max(1, known.count(name))]


def _spelled(word: Word, raws: set[str], statement: Statement) -> bool:
    """A name must be written as in the source; other words may be inflected or replaced by a synonym."""
    if not word.capital or word.opening:
        return True
    known = raws | statement.context_names
    return word.raw in known or word.raw.rstrip("s") in known or f"{word.raw}s" in known or word.key == word.raw


def _in_context(word: Word, statement: Statement, part: Part) -> bool:
    if word.key in PRICE_KEYS and any(figure.kind == "money" for figure in part.figures):
        return not word.negated
    if word.key not in statement.context:
        return False
    return word.key == OFFERING or word.negated == statement.negative_context


def _explain_missing(part: Part, statement: Statement, fit: Fit) -> Fit:
    """All words there, but some under the opposite polarity: the source says the contrary."""
    known = {word.key for word in statement.reading.words} | statement.context
    opposite = all(word.key in known for word in part.words) and not part.inherited - known
    polarity = {word.key: word.negated for word in statement.reading.words}
    turned = any(polarity.get(word.key, word.negated) != word.negated for word in part.words)
    figures_agree = all(any(same_figure(f, other) for other in statement.reading.figures) for f in part.figures)
    if opposite and turned and figures_agree:
        return replace(fit, failure=Failure.POLARITY)
    if opposite and part.figures and figures_agree:
        return replace(fit, failure=Failure.SUBJECT, figure=part.figures[0])
    return replace(fit, failure=Failure.OTHER_WORDS)


def _place_figures(part: Part, statement: Statement, allowed: set[int], fit: Fit) -> tuple[Fit, list[int]]:
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
    near = set(_following(reading, other.end, len(reading.text), None, reach=6))
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


def _following(
    reading: Reading, start: int, end: int, place: int | None, reach: int = _MEASURE_REACH
) -> list[str]:
    """The counted thing after a figure: the first carrying or class words, within segment `place` if given."""
    words = [w for w in reading.words if start <= w.start < end and place in {None, w.segment}]
    keys: list[str] = []
    for word in words[: reach + 1]:
        if word.carries or word.key in NEUTRAL_KEYS:
            keys.append(word.key)
        elif keys:
            break
    return keys[:reach]


def _judge_meaning(part: Part, statement: Statement, about: list[set[Phrase]], used: set[int], fit: Fit) -> Fit:
    """Subject named, softeners kept, limits kept."""
    reading = statement.reading
    owners = [about[index] for index in used if about[index]]
    if owners and not any(owner & part.subjects for owner in owners) and _binds(part, statement):
        return replace(fit, failure=Failure.GENERALISED, figure=part.figures[0] if part.figures else None)
    softened = {HEDGES[w.raw] for w in reading.words if w.raw in HEDGES and (w.segment in used or not used)}
    kept = {HEDGES[raw] for raw in part.raws if raw in HEDGES}
    if (softened | statement.hedges) - kept:
        return replace(fit, failure=Failure.HEDGED)
    if reading.limits - part.raws:
        return replace(fit, failure=Failure.LIMITED)
    return fit


def _binds(part: Part, statement: Statement) -> bool:
    """A figure always belongs to its subject; a mere feature only where the words themselves name a subject."""
    return bool(part.figures) or not statement.about or statement.is_row

