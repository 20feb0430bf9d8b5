"""Judge one part of a sentence: about us by the company's documents, about the lead by the lead's record."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.grounding.bench import Bench, Source, lead_quote
from app.grounding.fit import Failure, Fit, Part
from app.grounding.judgement import Judgement, explain, unusable
from app.grounding.match import match, share
from app.grounding.parts import names_of, refers_back
from app.grounding.types import Verdict
from app.reading.lexicon import OFFERING, PROMISING
from app.reading.reader import read
from app.reading.subjects import Phrase

_LIKE_YOURS = re.compile(
    r"\b(?:like|similar to|such as) (?:you|yours|your own)\b|\bin your (?:industry|sector|field)\b", re.IGNORECASE
)
_THEIR_WORDS = re.compile(r"\byou (?:asked|mentioned|said|told|wrote|wanted|raised)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Lenses:
    """The lenses for one sentence. `topic` is what the message spoke about just before."""

    bench: Bench
    topic: frozenset[Phrase]

    def judge(self, part: Part) -> Judgement:
        """What is said of the lead must stand in the record, everything else in a company document."""
        text = part.reading.text[part.start : part.end]
        if not self.bench.record.speaks_of(text):
            return self.by_knowledge(part)
        judged = self.by_record(part)
        settled = judged.good or _THEIR_WORDS.search(text) or self.bench.record.describes_lead(text, bool(part.figures))
        return judged if settled else self.by_knowledge(part)

    def by_record(self, part: Part) -> Judgement:
        """The lead's record alone. It never supports a figure or a benefit of ours."""
        record = self.bench.record
        item, missing, score = record.support(part)
        text = part.reading.text[part.start : part.end]
        missing += tuple(filter(None, (record.lacks_deed(text, part),)))
        if missing or item is None:
            words = ", ".join(missing) or "this"
            return Judgement(Verdict.UNSUPPORTED, f"the lead's record does not say: {words}", score)
        if record.needs_knowledge(part) and not self.by_knowledge(_figures_only(part)).good:
            return Judgement(Verdict.UNSUPPORTED, "a figure about us cannot rest on the lead's record", score)
        if part.raws & PROMISING and not record.is_their_question(part) and not self.by_knowledge(part).good:
            return Judgement(Verdict.UNSUPPORTED, "a benefit of ours cannot rest on the lead's record", score)
        return Judgement(Verdict.SUPPORTED, f"stands in the lead's record ({item.source})", score, lead_quote(item))

    def by_knowledge(self, part: Part) -> Judgement:
        """The company's documents alone: one statement must carry the whole part."""
        if part.figures and not (part.words or part.subjects or (part.inherited and part.start == 0) or self.topic):
            return Judgement(Verdict.UNSUPPORTED, "the figure stands alone, so nothing says what it measures", 0.0)
        if not part.figures and not part.inherited and all(word.key == OFFERING for word in part.words):
            return Judgement(Verdict.UNSUPPORTED, "nothing says what is offered", 0.0)
        best: tuple[Fit, Source, Part] | None = None
        for candidate in self._readings_of(part):
            fit, source = self._nearest(candidate)
            if source is not None and (best is None or _rank(fit, source) > _rank(best[0], best[1])):
                best = (fit, source, candidate)
            if best is not None and best[0].supported and not best[1].stale:
                break
        if best is None:
            return Judgement(Verdict.UNSUPPORTED, "no company document was found for this", 0.0)
        return self._verdict(*best)

    def _nearest(self, part: Part) -> tuple[Fit, Source | None]:
        """The statement that carries most of the part; only those that know all its words are looked at closely."""
        needed, figures = part.keys, len(part.figures)
        best: tuple[Fit, Source | None] = (Fit(Failure.OTHER_WORDS, 0.0), None)
        nearest: tuple[int, Source | None] = (len(needed) + 1, None)
        for source in self.bench.sources:
            lacking = len(needed - source.statement.known)
            if lacking:
                if lacking < nearest[0]:
                    nearest = (lacking, source)
                continue
            if figures > len(source.statement.reading.figures):
                nearest = min(nearest, (0, source), key=lambda pair: pair[0])
                continue
            fit = match(part, source.statement, self.bench.about(source), self.bench.subjects)
            if best[1] is None or _rank(fit, source) > _rank(best[0], best[1]):
                best = (fit, source)
        if best[1] is not None or nearest[1] is None:
            return best
        missing = tuple(w.raw for w in part.words if w.key not in nearest[1].statement.known)
        return Fit(Failure.OTHER_WORDS, min(share(part, missing), 0.99), missing), nearest[1]

    def _readings_of(self, part: Part) -> Iterator[Part]:
        """The part itself; a part that names no subject may be about what the message spoke of before."""
        if part.leading or not self.topic or (part.start > 0 and part.inherited):
            yield part
            return
        for phrase in sorted(self.topic):
            yield replace(part, subjects=part.subjects | {phrase}, inherited=part.inherited | frozenset(phrase))
        if not (refers_back(part) and self.topic & self.bench.subjects.strict):
            yield part

    def _verdict(self, fit: Fit, source: Source, part: Part) -> Judgement:
        if not fit.supported:
            return explain(fit, source, part, self.bench)
        if source.stale:
            return unusable(source, fit.score)
        if _LIKE_YOURS.search(part.reading.text) and not self._alike(source):
            reason = "nothing shows that the source is about companies like the lead's"
            return Judgement(Verdict.UNSUPPORTED, reason, fit.score)
        quote = self.bench.quote(source)
        return Judgement(Verdict.SUPPORTED, f"stands in {source.item.source}", fit.score, quote, part.leading)

    def _alike(self, source: Source) -> bool:
        """Whether the source speaks of the lead's industry or size."""
        lead, item = self.bench.lead, source.item
        own = {w.key for name in (lead.lead_industry, lead.company_size) if name for w in read(name).words if w.carries}
        texts = (item.text, item.title or "", item.source.replace("_", " "), *item.heading_path)
        return bool(own & {word.key for text in texts for word in read(text).words})


def _figures_only(part: Part) -> Part:
    names = names_of(part.subjects)
    return replace(part, words=tuple(word for word in part.words if word.key in names))


def _rank(fit: Fit, source: Source) -> tuple[bool, bool, int, float, float]:
    valid = fit.supported and not source.stale
    telling = fit.failure if fit.failure is not Failure.OTHER_WORDS else 0
    return valid, fit.supported, telling, fit.score, source.item.relevance
