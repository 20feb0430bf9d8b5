"""The lens for questions, calls to action and courtesies: exempt, but not for the figures and names they carry."""

from dataclasses import replace

from app.grounding.bench import Bench
from app.grounding.fit import Part
from app.grounding.judgement import NOTHING_STATED, Judgement
from app.grounding.lenses import Lenses
from app.grounding.parts import whole
from app.grounding.promises import asks_to_act, is_allowed, is_call_length, judge_promise
from app.grounding.types import Verdict
from app.language.words import words
from app.reading.figures import Figure
from app.reading.lexicon import FUNCTION_WORDS, PROMISING, key_of
from app.reading.reader import Reading, Word, read
from app.reading.subjects import Phrase

_EXEMPT = Judgement(Verdict.EXEMPT, "asks or invites, states nothing", 1.0)
_TITLES = frozenset("mr mrs ms miss mx dr prof professor sir madam all team everyone there".split())  # noqa: SIM905
_DECISIONS = frozenset(
    key_of(word)
    for word in words("""
    signing signed approval order ordering purchase choosing chose agreeing upgrade renewal subscribing contract
    payment paying committing
""")
)
_ABOUT_US_KINDS = frozenset({"money", "percent", "points", "multiple"})


def judge_names(text: str, bench: Bench, greeting: bool = False) -> Judgement:
    """Every name must be known from the company's documents or the lead's record (a greeting: from the record)."""
    reading = read(text)
    for word in reading.words:
        if not _is_name(word, greeting):
            continue
        shown = text[word.start : word.end]
        known = bench.record.holds_word(word.raw) if greeting else bench.knows_name(word.raw)
        # A lead may be called Second or May: what reads as a figure or date elsewhere is a name here.
        known = known or (greeting and shown.casefold() in bench.lead.lead_name.casefold().split())
        if not known and word.raw not in _TITLES:
            return Judgement(Verdict.UNSUPPORTED, f"no source names {shown}", 0.0)
    return NOTHING_STATED if not greeting else Judgement(Verdict.EXEMPT, "greets", 1.0)


_GREETING_WORDS = frozenset(
    words("""
    hi hello hey dear good morning afternoon evening day greetings best kind warm regards wishes thanks thank
    many cheers sincerely yours truly faithfully all talk speak soon take care with
""")
)


def _is_name(word: Word, greeting: bool) -> bool:
    if greeting:
        return word.raw not in _GREETING_WORDS and word.raw not in FUNCTION_WORDS
    return word.capital and not word.opening and word.raw not in FUNCTION_WORDS


def judge_request(text: str, bench: Bench, topic: frozenset[Phrase], asks: bool) -> Judgement:
    """Judge a question or call to action by its names, figures, and the value it holds out."""
    names = judge_names(text, bench)
    if not names.good:
        return names
    reading = read(text)
    unknown = _unknown_decision(reading, bench)
    if unknown is not None and not asks:
        return Judgement(Verdict.UNSUPPORTED, f"the lead's record does not say: {unknown}", 0.0)
    if asks and asks_to_act(text) and not is_allowed(reading, bench):
        promised = judge_promise(text, bench)
        if promised is None:
            return Judgement(Verdict.UNSUPPORTED, "neither the record nor the configuration allows this offer", 0.0)
    part = _stated(reading, bench)
    if part is None:
        return _EXEMPT
    judged = Lenses(bench, topic).by_knowledge(part)
    return _EXEMPT if judged.good else judged


def _unknown_decision(reading: Reading, bench: Bench) -> str | None:
    """Thanking for an order or an approval asserts it."""
    decided = [word.raw for word in reading.words if word.key in _DECISIONS and not bench.record.holds_word(word.raw)]
    return decided[0] if decided else None


def _stated(reading: Reading, bench: Bench) -> Part | None:
    """What a question states by the way: figures with what they measure, and promising words; None if nothing."""
    open_figures = [f for f in reading.figures if not _is_free(f, reading, bench)]
    promising = [word for word in reading.words if word.raw in PROMISING]
    if not open_figures and not promising:
        return None
    part = whole(reading, bench.subjects, bench.ours)
    near = {word.start for word in _around(reading, open_figures, promising)}
    names = {key for phrase in part.subjects for key in phrase}
    words = tuple(word for word in part.words if word.start in near or word.key in names)
    return replace(part, words=words, figures=tuple(open_figures))


def _is_free(figure: Figure, reading: Reading, bench: Bench) -> bool:
    """Call lengths are free; other figures may come from the record unless they speak about us."""
    if is_call_length(figure, reading, bench):
        return True
    return figure.kind not in _ABOUT_US_KINDS and bench.record.has_figure(figure)


def _around(reading: Reading, figures: list[Figure], promising: list[Word]) -> list[Word]:
    """The promising words, and the carrying words beside them and beside the figures."""
    chosen = list(promising)
    for start in [figure.start for figure in figures]:
        before = [word for word in reading.words if word.end <= start]
        chosen += [word for word in before[-3:] if word.carries]
    ends = [f.end for f in figures if f.kind != "money"] + [word.end for word in promising]
    for end in ends:
        for word in (w for w in reading.words if w.start >= end):
            if not word.carries:
                break
            chosen.append(word)
    return chosen
