"""The lens for assertions: every part of a sentence must be carried by one statement, or by the lead's record."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.grounding.bench import Bench, Source, lead_quote
from app.grounding.lexicon import OFFERING, key_of
from app.grounding.match import Failure, Fit, Part, match, same_figure
from app.grounding.parts import bounds, lead_words, names_of, opens_with_verb, part_of, price_aside, refers_back, repeats, stands_alone
from app.grounding.reading import Reading, read
from app.grounding.subjects import Phrase
from app.grounding.types import Quote, Verdict

_LIKE_YOURS = re.compile(r"\b(?:like|similar to|such as) (?:you|yours|your own)\b|\bin your (?:industry|sector|field)\b", re.IGNORECASE)
_MAX_SEGMENTS = 10
_REASONS = {
    Failure.SUBJECT: "the figure belongs to something else in the source",
    Failure.GENERALISED: "the source says this of one named subject only",
    Failure.HEDGED: "the source is less certain",
    Failure.LIMITED: "the source sets a condition that the claim leaves out",
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


def judge_assertion(text: str, bench: Bench, topic: frozenset[Phrase], lead_allowed: bool = True) -> Judgement:
    """Judge `text` as a statement. `topic` is what the message spoke about just before."""
    reading = read(text)
    judge = _Judge(reading, bench, topic, lead_allowed)
    return judge.sentence()


class _Judge:
    """One sentence on the bench."""

    def __init__(self, reading: Reading, bench: Bench, topic: frozenset[Phrase], lead_allowed: bool) -> None:
        self._reading = reading
        self._bench = bench
        self._topic = topic
        self._lead_allowed = lead_allowed
        self._segments = bounds(reading)

    def sentence(self) -> Judgement:
        """The whole sentence if one statement carries it, else its parts; as good as the worst part."""
        full = self._part(0, len(self._segments))
        if full.is_empty:
            return NOTHING_STATED
        entire = self._judge(full)
        if entire.good or len(self._segments) > _MAX_SEGMENTS or repeats(self._reading):
            return entire
        parted = self._sequence() or self._with_aside()
        return parted or self._worst(entire)

    def _part(self, first: int, last: int, without: range = range(0)) -> Part:
        start, end = self._segments[first][0], self._segments[last - 1][1]
        return part_of(self._reading, start, end, self._bench.subjects, self._bench.ours, without)

    def _sequence(self) -> Judgement | None:
        """The cut of the sentence into supported parts, longest parts first, or None."""
        count = len(self._segments)
        found: dict[int, list[Judgement]] = {}

        def from_(first: int, before: Part | None) -> list[Judgement] | None:
            if first == count:
                return []
            for last in range(count, first, -1):
                part = self._inheriting(self._part(first, last), before)
                result = NOTHING_STATED if part.is_empty else self._judge_with_price(part)
                if not result.good:
                    continue
                rest = from_(last, part if not part.is_empty else before)
                if rest is not None:
                    return [result, *rest]
            return None

        results = found.get(0) or from_(0, None)
        return _joined(results) if results else None

    def _judge_with_price(self, part: Part) -> Judgement:
        """`The Pro plan at $20 per month includes SSO` states a price and a feature; each may have its own source."""
        judged = self._judge(part)
        figure = price_aside(part)
        if judged.good or figure is None:
            return judged
        names = {key for phrase in part.subjects for key in phrase}
        price = replace(part, words=tuple(w for w in part.words if w.key in names), figures=(figure,))
        rest = replace(part, figures=tuple(f for f in part.figures if f is not figure))
        found = [self._judge(price), self._judge(rest)]
        return _joined(found) if all(j.good for j in found) else judged

    def _inheriting(self, part: Part, before: Part | None) -> Part:
        if before is None or part.is_empty:
            return part
        alone = stands_alone(self._reading, part.start, part)
        if alone and not refers_back(part) and not opens_with_verb(part):
            return part
        taken = frozenset() if part.leading else before.leading
        carried = names_of(taken)
        if not alone:
            head, last = lead_words(before)
            carried |= head | before.inherited | (last if part.figures else frozenset())
        return replace(part, subjects=part.subjects | taken, leading=part.leading or taken, inherited=carried)

    def _with_aside(self) -> Judgement | None:
        """`Anderson, a paper mill, cut errors`: the sentence without the aside, and the aside about its subject."""
        for middle in range(1, len(self._segments) - 1):
            rest = self._part(0, len(self._segments), range(middle, middle + 1))
            outer = self._judge(rest)
            if not outer.good:
                continue
            aside = self._part(middle, middle + 1)
            about = replace(aside, subjects=aside.subjects | rest.leading, inherited=names_of(rest.leading))
            inner = self._judge(about)
            if aside.is_empty or inner.good:
                return _joined([outer] if aside.is_empty else [outer, inner])
        return None

    def _worst(self, entire: Judgement) -> Judgement:
        """Blame the part that fails rather than the whole, when cutting the sentence leaves one."""
        parts = [self._part(i, i + 1) for i in range(len(self._segments))]
        judged = [self._judge(part) for part in parts if not part.is_empty]
        failing = [j for j in judged if not j.good]
        if not failing:
            return entire
        worst = max([entire, *failing], key=lambda j: _SEVERITY.index(j.verdict))
        return replace(worst, score=entire.score)

    def _judge(self, part: Part) -> Judgement:
        text = self._reading.text[part.start : part.end]
        about_lead = self._bench.record.speaks_of(text)
        if about_lead and self._lead_allowed:
            judged = self._by_record(part)
            if judged.good or re.search(r"\byou (?:asked|mentioned|said|told|wrote|wanted|raised)\b", text, re.IGNORECASE):
                return judged
        known = self.by_knowledge(part)
        if known.good or about_lead or not self._lead_allowed:
            return known
        if part.raws & {"you", "your", "yours"} or part.raws & self._bench.record.names:
            judged = self._by_record(part)
            if judged.good and (part.raws & {"you", "your", "yours"}):
                return judged
        return known

    def _by_record(self, part: Part) -> Judgement:
        item, missing, score = self._bench.record.support(part)
        if missing or item is None:
            words = ", ".join(missing) or "this"
            return Judgement(Verdict.UNSUPPORTED, f"the lead's record does not say: {words}", score)
        if self._bench.record.needs_knowledge(part) and not self.by_knowledge(_figures_only(part)).good:
            return Judgement(Verdict.UNSUPPORTED, "a figure about us cannot rest on the lead's record", score)
        return Judgement(Verdict.SUPPORTED, f"stands in the lead's record ({item.source})", score, lead_quote(item))

    def by_knowledge(self, part: Part) -> Judgement:
        if part.figures and not (part.words or part.subjects or (part.inherited and part.start == 0) or self._topic):
            return Judgement(Verdict.UNSUPPORTED, "the figure stands alone, so nothing says what it measures", 0.0)
        best: tuple[Fit, Source, Part] | None = None
        for candidate in self._readings_of(part):
            for source in self._bench.sources:
                fit = match(candidate, source.statement, self._bench.subjects)
                if best is None or _rank(fit, source) > _rank(best[0], best[1]):
                    best = (fit, source, candidate)
            if best is not None and best[0].supported and not best[1].stale:
                break
        if best is None:
            return Judgement(Verdict.UNSUPPORTED, "no company document was found for this", 0.0)
        return self._verdict(*best)

    def _readings_of(self, part: Part) -> Iterator[Part]:
        """The part itself; a part that names no subject may be about what the message spoke of before."""
        if part.leading or not self._topic or (part.start > 0 and part.inherited):
            yield part
            return
        for phrase in sorted(self._topic):
            yield replace(part, subjects=part.subjects | {phrase}, inherited=part.inherited | frozenset(phrase))
        if not (refers_back(part) and self._topic & self._bench.subjects.strict):
            yield part

    def _verdict(self, fit: Fit, source: Source, part: Part) -> Judgement:
        if not fit.supported:
            return self._failure(fit, source, part)
        if source.stale:
            return Judgement(Verdict.STALE, f"{source.item.source} is not valid today", fit.score)
        if _LIKE_YOURS.search(self._reading.text) and not self._alike(source):
            reason = "nothing shows that the source is about companies like the lead's"
            return Judgement(Verdict.UNSUPPORTED, reason, fit.score)
        quote = self._bench.quote(source)
        return Judgement(Verdict.SUPPORTED, f"stands in {source.item.source}", fit.score, quote, part.leading)

    def _alike(self, source: Source) -> bool:
        lead, item = self._bench.lead, source.item
        own = {w.key for name in (lead.lead_industry, lead.company_size) if name for w in read(name).words if w.carries}
        texts = (item.text, item.title or "", item.source.replace("_", " "), *item.heading_path)
        return bool(own & {word.key for text in texts for word in read(text).words})

    def _failure(self, fit: Fit, source: Source, part: Part) -> Judgement:
        elsewhere = any(
            same_figure(f, other) for f in part.figures for s in self._bench.sources for other in s.statement.reading.figures
        )
        verdict = Verdict.UNSUPPORTED
        reason = _REASONS.get(fit.failure, "")
        if fit.failure is Failure.POLARITY:
            verdict = Verdict.CONTRADICTED
        elif fit.failure is Failure.OTHER_FIGURE:
            verdict, reason = self._other_figure(fit, source, elsewhere)
        elif fit.failure is Failure.SUBJECT or (fit.failure is Failure.GENERALISED and part.figures):
            verdict = Verdict.MISATTRIBUTED
        elif fit.failure is Failure.OTHER_WORDS:
            verdict = Verdict.MISATTRIBUTED if elsewhere and fit.score > 0 else Verdict.UNSUPPORTED
            shown = ", ".join(raw for raw in fit.missing if key_of(raw) != OFFERING) or "this relation"
            reason = f"no source supports: {shown}"
        return Judgement(verdict, reason, min(fit.score, 0.99))

    def _other_figure(self, fit: Fit, source: Source, elsewhere: bool) -> tuple[Verdict, str]:
        if fit.figure is None:
            return Verdict.UNSUPPORTED, "no source states this figure"
        shown = self._reading.text[fit.figure.start : fit.figure.end]
        if elsewhere:
            return Verdict.MISATTRIBUTED, f"{shown} belongs to something else in the sources"
        if fit.other is not None:
            stated = source.statement.reading.text[fit.other.start : fit.other.end]
            return Verdict.CONTRADICTED, f"{source.item.source} says {stated}, not {shown}"
        return Verdict.UNSUPPORTED, f"no source states {shown}"


def _figures_only(part: Part) -> Part:
    names = {key for phrase in part.subjects for key in phrase}
    return replace(part, words=tuple(word for word in part.words if word.key in names))


def _rank(fit: Fit, source: Source) -> tuple[bool, bool, int, float, float]:
    valid = fit.supported and not source.stale
    telling = fit.failure if fit.failure is not Failure.OTHER_WORDS else 0
    return valid, fit.supported, telling, fit.score, source.item.relevance


def _joined(results: Sequence[Judgement]) -> Judgement:
    """The quote of the part that rests on a document, before one that rests on the record."""
    stated = [j for j in results if j.verdict is Verdict.SUPPORTED] or list(results)
    best = max(stated, key=lambda j: (j.quote is not None and j.quote.scope == "knowledge", j.quote is not None))
    subjects = next((j.subjects for j in reversed(stated) if j.subjects), frozenset())
    return replace(best, score=min(j.score for j in results), subjects=subjects)


def judge_part(part: Part, bench: Bench, topic: frozenset[Phrase]) -> Judgement:
    """Judge a ready-made part against the company's documents alone."""
    return _Judge(part.reading, bench, topic, lead_allowed=False).by_knowledge(part)
