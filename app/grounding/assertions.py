"""Judge a statement of a message: as a whole if one source carries it, else part by part, as good as the worst."""

import re
from dataclasses import replace

from app.grounding.bench import Bench
from app.grounding.fit import Part
from app.grounding.judgement import NOTHING_STATED, Judgement, joined, worst
from app.grounding.lenses import Lenses
from app.grounding.parts import (
    has_predicate,
    lead_words,
    names_of,
    opens_with_verb,
    opens_with_which,
    part_of,
    price_aside,
    refers_back,
    repeats,
    stands_alone,
)
from app.language.words import words
from app.reading.lexicon import key_of
from app.reading.reader import Reading, read
from app.reading.subjects import Phrase

_MAX_SEGMENTS = 10
_CONDITION = re.compile(r"(?:if|when|whenever|should|once|in case|until)\b", re.IGNORECASE)
_POLITE = frozenset(
    key_of(word)
    for word in words("""
    know find reach reached happy glad pleased help here door open closed line drop welcome always again back
    later stay stays remain remains understand fair understandable fine good luck wish wishes hope hear heard
    touch in write reply respond pick up leave leaves rush pressure worries problem sorry respect appreciate
    time whenever moment right suits you like the call chat talk ask just say word sense 
    completely honest plain clear thank sincerely regards 
""")
)
_ANNOUNCING = frozenset(
    key_of(word) for word in words("comparison answer overview quick brief news point points fact facts summary first")
)


def judge_assertion(text: str, bench: Bench, topic: frozenset[Phrase]) -> Judgement:
    """Judge `text` as a statement. `topic` is what the message spoke about just before."""
    return _Sentence(read(text), bench, Lenses(bench, topic)).judge()


class _Sentence:
    """One sentence and the ways to cut it."""

    def __init__(self, reading: Reading, bench: Bench, lenses: Lenses) -> None:
        self._reading = reading
        self._bench = bench
        self._lenses = lenses
        self._segments = reading.spans

    def judge(self) -> Judgement:
        full = self._part(0, len(self._segments))
        if full.is_empty or self._is_courtesy(full):
            return NOTHING_STATED
        entire = self._lenses.judge(full)
        if entire.good or len(self._segments) > _MAX_SEGMENTS or repeats(self._reading):
            return entire
        if not self._bench.knows_all(full):
            return self._worst(entire)
        return self._from(0, None) or self._with_aside() or self._worst(entire)

    def _is_courtesy(self, full: Part) -> bool:
        """`If billing comes up again, you know where to find us`: a condition, then nothing but politeness."""
        words = full.words
        if _CONDITION.match(self._reading.text) and len(self._segments) > 1:
            words = tuple(word for word in words if word.segment > 0)
        return not full.figures and not full.subjects and all(word.key in _POLITE for word in words)

    def _part(self, first: int, last: int, without: range = range(0)) -> Part:
        start, end = self._segments[first][0], self._segments[last - 1][1]
        return part_of(self._reading, start, end, self._bench.subjects, self._bench.ours, without)

    def _from(self, first: int, before: Part | None) -> Judgement | None:
        """The rest of the sentence from a segment on, cut into supported parts, longest first; None if impossible."""
        for last in range(len(self._segments), first, -1):
            part = self._inheriting(self._part(first, last), before)
            adds = before is not None and bool(part.subjects & self._bench.subjects.strict)
            is_empty = (part.is_empty and not adds) or self._announces(part, last)
            result = NOTHING_STATED if is_empty else self._judge_with_price(part)
            if not result.good or self._is_label(part, last) or self._is_only_named(part, before, is_empty):
                continue
            if last == len(self._segments):
                return result
            rest = self._from(last, before if is_empty else part)
            if rest is not None:
                return joined([result, rest])
        return None

    @staticmethod
    def _is_only_named(part: Part, before: Part | None, is_empty: bool) -> bool:
        """`With the Starter plan,` says nothing by itself: it narrows what follows, so both must have one source."""
        return before is None and not is_empty and not has_predicate(part)

    def _is_label(self, part: Part, last: int) -> bool:
        """`Step 2:` belongs to what follows; cut off, it would be true of any step."""
        bare = bool(part.figures) and len(part.words) <= 1 and not part.subjects
        return bare and self._colon_follows(last)

    def _colon_follows(self, last: int) -> bool:
        return last < len(self._segments) and self._reading.text[self._segments[last][0] :].lstrip().startswith(":")

    def _announces(self, part: Part, last: int) -> bool:
        """`Two things may help the comparison:` says only that something follows."""
        if not self._colon_follows(last):
            return False
        return not part.figures and not part.subjects and all(w.key in _POLITE | _ANNOUNCING for w in part.words)

    def _judge_with_price(self, part: Part) -> Judgement:
        """`The Pro plan at $20 per month includes SSO` states a price and a feature; each may have its own source."""
        judged = self._lenses.judge(part)
        figure = price_aside(part)
        if judged.good or figure is None:
            return judged
        names = names_of(part.subjects)
        price = replace(part, words=tuple(w for w in part.words if w.key in names), figures=(figure,))
        rest = replace(part, figures=tuple(f for f in part.figures if f is not figure))
        found = [self._lenses.judge(price), self._lenses.judge(rest)]
        return joined(found) if all(j.good for j in found) else judged

    def _inheriting(self, part: Part, before: Part | None) -> Part:
        if before is None or (part.is_empty and not part.subjects & self._bench.subjects.strict):
            return part
        alone = stands_alone(self._reading, part.start, part) and has_predicate(part)
        if alone and not refers_back(part) and not opens_with_verb(part):
            return part
        is_parallel = bool(part.leading and part.figures) and not opens_with_verb(part)
        taken = frozenset() if is_parallel else before.leading
        carried = names_of(taken)
        head, last = lead_words(before)
        if opens_with_which(part):
            carried |= names_of(before.leading or before.subjects) or last
        if not alone:
            carried |= head | before.inherited | (last if part.figures else frozenset())
        return replace(part, subjects=part.subjects | taken, leading=part.leading or taken, inherited=carried)

    def _with_aside(self) -> Judgement | None:
        """`Anderson, a paper mill, cut errors`: the sentence without the aside, and the aside about its subject."""
        for middle in range(1, len(self._segments) - 1):
            rest = self._part(0, len(self._segments), range(middle, middle + 1))
            outer = self._lenses.judge(rest)
            if not outer.good:
                continue
            aside = self._part(middle, middle + 1)
            about = replace(aside, subjects=aside.subjects | rest.leading, inherited=names_of(rest.leading))
            inner = self._lenses.judge(about)
            if aside.is_empty or inner.good:
                return joined([outer] if aside.is_empty else [outer, inner])
        return None

    def _worst(self, entire: Judgement) -> Judgement:
        """Blame the part that fails rather than the whole, when cutting the sentence leaves one."""
        parts = [self._part(i, i + 1) for i in range(len(self._segments))]
        judged = [self._lenses.judge(part) for part in parts if not part.is_empty]
        return replace(worst([entire, *judged]), score=entire.score)
