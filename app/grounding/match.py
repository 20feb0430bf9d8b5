"""Does one statement of the evidence support one part of a claim? The exact lens, and nothing but that question."""

import re
from collections.abc import Sequence
from dataclasses import replace

from app.grounding.attachment import place_figures, same_figure
from app.grounding.conditions import drops_condition, overstates, swaps_column
from app.grounding.fit import Failure, Fit, Part
from app.grounding.occasions import drops_extra, drops_group, shifts_time
from app.reading.lexicon import HEDGES, OFFERING, key_of
from app.reading.passages import Statement
from app.reading.reader import Word
from app.reading.subjects import Phrase, Subjects, segment_subjects

_EVERY_PLAN = re.compile(
    r"\b(?:every|all|each|any|both)\b(?: [\w-]+){0,2} (?:plan|tier|edition|package)s?\b", re.IGNORECASE
)
_EVERYBODY = frozenset({"you", "we", "everyone", "everybody", "anyone", "customers", "clients"})


def subjects_by_segment(statement: Statement, subjects: Subjects) -> list[set[Phrase]]:
    """Who each segment of `statement` is about, headings included where it names nobody itself.

    What the first cell of some row says (`Month`, `Setup fee`) is a subject for rows, not for running text.
    """
    reading = statement.reading
    count = len(reading.breaks) + 1
    places = [reading.segment_at(figure.start) for figure in reading.figures]
    about = segment_subjects(reading.words, count, subjects, places)
    if not statement.is_row:
        about = [{phrase for phrase in names if phrase in subjects.proper} for names in about]
    if not any(about) and statement.about:
        return [set(statement.about) for _ in range(count)]
    return about


def match(part: Part, statement: Statement, about: list[set[Phrase]], subjects: Subjects) -> Fit:
    """Judge `part` against `statement` alone, in its context. `about`: see `subjects_by_segment`.

    Where both sides name a `proper` one of the `subjects`, it must be the same.
    """
    allowed = {
        place
        for place, names in enumerate(about)
        if not names or not part.subjects or _same_subject(names, part.subjects, subjects.proper)
    }
    missing, used = _cover(part, statement, allowed)
    fit = Fit(Failure.NONE, share(part, missing), tuple(missing))
    if missing:
        return _explain_missing(part, statement, fit)
    fit, placed = place_figures(part, statement, allowed, fit)
    if not fit.supported:
        return fit
    reading = statement.reading
    used |= {reading.segment_at(reading.figures[index].start) for index in placed}
    owners = [about[place] for place in used if about[place]]
    return _judge_meaning(part, statement, owners, used, fit, subjects.strict & subjects.proper)


def _same_subject(names: set[Phrase], mine: frozenset[Phrase], proper: frozenset[Phrase]) -> bool:
    theirs = names & proper
    return bool((theirs or names) & mine) if mine & proper else bool(names & mine)


def share(part: Part, missing: Sequence[object]) -> float:
    """The share of the part's words that are not missing, 0..1."""
    total = len(part.words) + len(part.inherited)
    return 1.0 if total == 0 else max(0.0, 1 - len(missing) / total)


def _cover(part: Part, statement: Statement, allowed: set[int]) -> tuple[list[str], set[int]]:
    """Words of the part that the statement lacks, and the segments that hold the others."""
    denied = statement.negative_context
    homes: dict[tuple[str, bool], set[int]] = {}
    raws: set[str] = set()
    for word in statement.reading.words:
        if word.segment in allowed:
            homes.setdefault((word.key, word.negated != denied), set()).add(word.segment)
            raws.add(word.raw)
    # `Price: $89; Available for: Pro` sells to Pro; only "available" may be said of it, not "included".
    sold = statement.is_row and OFFERING not in statement.context
    missing: list[str] = []
    borrowed: list[str] = []
    used: set[int] = set()
    for word in part.words:
        home = homes.get((word.key, word.negated))
        if sold and word.key == OFFERING and word.raw not in raws:
            home = None
        if home is not None and _spelled(word, raws, statement):
            used |= home if len(home) == 1 else set()
        elif _in_context(word, statement):
            borrowed.append(word.raw)
        else:
            missing.append(word.raw)
    missing += _repeated_names(part, statement)
    if not part.figures and borrowed and len(borrowed) >= len(part.words) - len(borrowed) and not missing:
        missing = [raw for raw in borrowed if key_of(raw) != OFFERING]
    denies = any(word.negated for word in part.words)
    known = {key for key, negated in homes if denies or not negated} | statement.context
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


def _in_context(word: Word, statement: Statement) -> bool:
    if word.key not in statement.context:
        return False
    return word.key == OFFERING or not word.negated


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


def _judge_meaning(
    part: Part, statement: Statement, owners: list[set[Phrase]], used: set[int], fit: Fit, plans: frozenset[Phrase]
) -> Fit:
    """Subject named, softeners kept, limits kept. `owners` are the subjects of the segments that were used."""
    reading = statement.reading
    if _adds_plan(part, statement, owners, plans):
        return replace(fit, failure=Failure.SUBJECT, figure=part.figures[0] if part.figures else None)
    unnamed = owners and not any(owner & part.subjects for owner in owners) and _binds(part, statement)
    if unnamed or _widens(part, statement):
        return replace(fit, failure=Failure.GENERALISED, figure=part.figures[0] if part.figures else None)
    softened = {HEDGES[w.raw] for w in reading.words if w.raw in HEDGES and (w.segment in used or not used)}
    kept = {HEDGES[raw] for raw in part.raws if raw in HEDGES}
    if (softened | statement.hedges) - kept:
        return replace(fit, failure=Failure.HEDGED)
    places = used or set(range(len(reading.breaks) + 1))
    if shifts_time(part, statement, places):
        return replace(fit, failure=Failure.OTHER_TIME)
    limited = drops_condition(part, statement) or drops_group(part, statement, places) or drops_extra(part, statement)
    if reading.limits - part.raws or limited or swaps_column(part, statement):
        return replace(fit, failure=Failure.LIMITED)
    return replace(fit, failure=Failure.OVERSTATED) if overstates(part, statement) else fit


def _adds_plan(part: Part, statement: Statement, owners: list[set[Phrase]], plans: frozenset[Phrase]) -> bool:
    """`Setup is free on Team and Business` from `Setup is free on the Team plan`: a plan that the clause leaves out."""
    if _EVERY_PLAN.search(statement.reading.text) or statement.context_names >= {"every", "plan"}:
        return False
    named = set[Phrase]().union(*owners, statement.about)
    return any(phrase not in named and not set(phrase) <= statement.context for phrase in part.subjects & plans)


def _binds(part: Part, statement: Statement) -> bool:
    """A figure always belongs to its subject; a mere feature only where the words themselves name a subject."""
    return bool(part.figures) or not statement.about or statement.is_row


def _widens(part: Part, statement: Statement) -> bool:
    """`You get 20% off` from `Nonprofits get 20% off`: a figure for everybody, where the source names who gets it."""
    first = next((w.raw for w in part.reading.words if part.start <= w.start and w.end <= part.end), "")
    if not part.figures or first not in _EVERYBODY or statement.is_row:
        return False
    opening = []
    for word in statement.reading.words:
        if word.carries:
            opening.append(word.key)
        elif opening:
            break
    return not opening or opening[0] not in part.keys
