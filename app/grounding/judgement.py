"""The outcome of a lens, and the words that explain it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.grounding.attachment import same_figure
from app.grounding.bench import Bench, Source
from app.grounding.fit import Failure, Fit, Part
from app.grounding.types import Quote, Verdict
from app.reading.lexicon import OFFERING, key_of
from app.reading.subjects import Phrase

_REASONS = {
    Failure.SUBJECT: "the figure belongs to something else in the source",
    Failure.GENERALISED: "the source says this of one named subject only",
    Failure.HEDGED: "the source is less certain",
    Failure.LIMITED: "the source sets a condition that the claim leaves out",
    Failure.OTHER_TIME: "the source speaks of another time",
    Failure.OVERSTATED: "the claim says more than the source",
    Failure.POLARITY: "the source says the opposite",
}
_SEVERITY = (Verdict.SUPPORTED, Verdict.STALE, Verdict.UNSUPPORTED, Verdict.MISATTRIBUTED, Verdict.CONTRADICTED)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome for a sentence or one part of it. `subjects` are those it was found to be about."""

    verdict: Verdict
    reason: str
    score: float
    quote: Quote | None = None
    subjects: frozenset[Phrase] = frozenset()

    @property
    def good(self) -> bool:
        return self.verdict in (Verdict.SUPPORTED, Verdict.EXEMPT)


NOTHING_STATED = Judgement(Verdict.EXEMPT, "states no fact", 1.0)


def unusable(source: Source, score: float) -> Judgement:
    """The outcome where only a statement that is out of date or in dispute says it."""
    verdict = Verdict.CONTRADICTED if source.conflicting else Verdict.STALE
    return Judgement(verdict, source.reason or f"{source.item.source} is not valid today", score)


def explain(fit: Fit, source: Source, part: Part, bench: Bench) -> Judgement:
    """Why the statement that comes nearest does not support `part`."""
    verdict, reason = Verdict.UNSUPPORTED, _REASONS.get(fit.failure, "")
    if fit.failure is Failure.POLARITY:
        verdict = Verdict.CONTRADICTED
    elif fit.failure is Failure.OTHER_FIGURE:
        verdict, reason = _other_figure(fit, source, part, bench)
    elif fit.failure is Failure.SUBJECT or (fit.failure is Failure.GENERALISED and part.figures):
        verdict = Verdict.MISATTRIBUTED
    elif fit.failure is Failure.OTHER_WORDS:
        verdict = Verdict.MISATTRIBUTED if fit.score > 0 and _stands_elsewhere(part, bench) else Verdict.UNSUPPORTED
        shown = ", ".join(raw for raw in fit.missing if key_of(raw) != OFFERING) or "this relation"
        reason = f"no source supports: {shown}"
    return Judgement(verdict, reason, min(fit.score, 0.99))


def _stands_elsewhere(part: Part, bench: Bench) -> bool:
    """Whether some statement holds a figure of the part, though not for the same thing."""
    return any(same_figure(mine, other) for mine in part.figures for other in bench.figures)


def _other_figure(fit: Fit, source: Source, part: Part, bench: Bench) -> tuple[Verdict, str]:
    if fit.figure is None:
        return Verdict.UNSUPPORTED, "no source states this figure"
    shown = part.reading.text[fit.figure.start : fit.figure.end]
    if _stands_elsewhere(part, bench):
        return Verdict.MISATTRIBUTED, f"{shown} belongs to something else in the sources"
    if fit.other is not None:
        stated = source.statement.reading.text[fit.other.start : fit.other.end]
        return Verdict.CONTRADICTED, f"{source.item.source} says {stated}, not {shown}"
    return Verdict.UNSUPPORTED, f"no source states {shown}"


def joined(results: Sequence[Judgement]) -> Judgement:
    """Several good judgements as one: the quote of a document goes before one of the record."""
    stated = [j for j in results if j.verdict is Verdict.SUPPORTED] or list(results)
    best = max(stated, key=lambda j: (j.quote is not None and j.quote.scope == "knowledge", j.quote is not None))
    subjects = next((j.subjects for j in reversed(stated) if j.subjects), frozenset())
    return replace(best, score=min(j.score for j in results), subjects=subjects)


def worst(judgements: Sequence[Judgement]) -> Judgement:
    """The gravest of several judgements."""
    return max(judgements, key=lambda j: _SEVERITY.index(j.verdict) if j.verdict in _SEVERITY else 0)
