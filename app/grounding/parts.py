"""A sentence as a sequence of statements, each with what it takes over from the one before."""

from collections.abc import Sequence

from app.grounding.fit import Part
from app.reading.figures import Figure
from app.reading.lexicon import OFFERING, PRICE_KEYS, VERBS
from app.reading.reader import Reading, Word
from app.reading.subjects import Phrase, Subjects, mentions

_STRONG_BREAKS = ";:—–-"
_JOINTS = frozenset({"and", "but", "or", "also", "which", "while", "then", "plus"})
_ANAPHORA = frozenset("it its this that these those they them their both each which who".split())  # noqa: SIM905


def names_of(phrases: frozenset[Phrase]) -> frozenset[str]:
    """The word keys of subjects, for a part that takes them over."""
    return frozenset(key for phrase in phrases for key in phrase)


def whole(reading: Reading, subjects: Subjects, ours: frozenset[Phrase]) -> Part:
    """The entire sentence as one part."""
    return part_of(reading, 0, len(reading.text), subjects, ours)


def part_of(
    reading: Reading, start: int, end: int, subjects: Subjects, ours: frozenset[Phrase], without: range = range(0)
) -> Part:
    """`reading.text[start:end]` as a part, leaving out the segments in `without`."""
    inside = [w for w in reading.words if start <= w.start and w.end <= end and w.segment not in without]
    figures = tuple(f for f in reading.figures if start <= f.start < end and reading.segment_at(f.start) not in without)
    free = _without_ours(inside, ours)
    found = mentions(inside, subjects)
    money = any(figure.kind == "money" for figure in figures)
    return Part(
        start=start,
        end=end,
        words=tuple(w for w in free if w.carries and not (money and w.key in PRICE_KEYS and not w.negated)),
        figures=figures,
        subjects=frozenset(phrase for phrase, _, _ in found),
        leading=_leading(inside, found, subjects),
        raws=frozenset(word.raw for word in inside),
        reading=reading,
    )


def _leading(words: Sequence[Word], found: Sequence[tuple[Phrase, int, int]], subjects: Subjects) -> frozenset[Phrase]:
    """Plans and row subjects wherever they stand; a name only as the first word that carries meaning."""
    first = next((index for index, word in enumerate(words) if word.carries), 0)
    return frozenset(phrase for phrase, start, _ in found if phrase in subjects.strict or start == first)


def _without_ours(words: Sequence[Word], ours: frozenset[Phrase]) -> list[Word]:
    """Our own company and product may be named anywhere: the whole name, not its single words."""
    kept: list[Word] = []
    index = 0
    while index < len(words):
        length = _ours_at(words, index, ours)
        if not length:
            kept.append(words[index])
        index += length or 1
    return kept


def _ours_at(words: Sequence[Word], index: int, ours: frozenset[Phrase]) -> int:
    lengths = [len(p) for p in ours if tuple(w.key for w in words[index : index + len(p)]) == p]
    return max(lengths, default=0)


def stands_alone(reading: Reading, start: int, part: Part) -> bool:
    """Whether a part after a break is a statement of its own rather than the rest of a list."""
    if start == 0 or reading.text[start : start + 2].strip()[:1] in _STRONG_BREAKS:
        return True
    inside = [word for word in reading.words if part.start <= word.start and word.end <= part.end]
    carrying = [word for word in inside if word.carries]
    if carrying and carrying[0].raw.endswith("ed"):
        return True
    return any(word.raw in VERBS for word in inside[:6])


def lead_words(part: Part) -> tuple[frozenset[str], frozenset[str]]:
    """What a list after `part` takes over: its words without the last run (its object), and that run."""
    keys = [(word, word.key) for word in part.words if word.key != OFFERING]
    last: list[str] = []
    previous: Word | None = None
    for word, key in reversed(keys):
        if previous is not None and not _adjacent(part.reading, word, previous):
            break
        last.append(key)
        previous = word
    own = {key for phrase in part.subjects for key in phrase}
    head = frozenset(key for _, key in keys) - set(last) - own
    return head, frozenset(last) - own


def _adjacent(reading: Reading, left: Word, right: Word) -> bool:
    return not any(left.end <= word.start and word.end <= right.start for word in reading.words)


def opens_with_verb(part: Part) -> bool:
    """Whether a part continues the sentence's subject with a verb of its own: `and includes ...`."""
    inside = [w for w in part.reading.words if part.start <= w.start and w.end <= part.end and w.raw not in _JOINTS]
    return bool(inside) and (inside[0].raw in VERBS or inside[0].raw.endswith("ed"))


def price_aside(part: Part) -> Figure | None:
    """A price that only describes the part's subject: `the Pro plan at $20 per month`, `the $20 Pro plan`."""
    if not part.subjects:
        return None
    for figure in part.figures:
        before = part.reading.text[part.start : figure.start].rstrip(" (").lower()
        if figure.kind == "money" and before.endswith((" at", " for", "plan", "tier", ",")):
            return figure
    return None


def repeats(reading: Reading) -> bool:
    """Whether a list of bare names or figures holds something that the sentence already says.

    Such a sentence must stand in one source as a whole: cut apart, `Pro, Pro and Scale` would be supported by a source
    that lists `Starter, Pro and Scale`.
    """
    items = [((f.kind, f.value, f.high, f.unit, f.fields), reading.segment_at(f.start)) for f in reading.figures]
    names = [((word.raw,), word.segment) for word in reading.words if word.capital and word.carries]
    full = {word.segment for word in reading.words if word.carries and not word.capital}
    for group in (items, names):
        for place, (value, segment) in enumerate(group):
            twins = [other for index, (same, other) in enumerate(group) if same == value and index != place]
            if twins and segment not in full:
                return True
    return False


def refers_back(part: Part) -> bool:
    return bool(part.raws & _ANAPHORA)


def has_predicate(part: Part) -> bool:
    """Whether a part holds a figure or a finite verb; without one it only names something."""
    inside = [w for w in part.reading.words if part.start <= w.start and w.end <= part.end]
    return bool(part.figures) or any(word.raw in VERBS or word.raw.endswith("ed") for word in inside)


def opens_with_which(part: Part) -> bool:
    inside = (w.raw for w in part.reading.words if part.start <= w.start and w.end <= part.end)
    return next(inside, "") in {"which", "that"}
