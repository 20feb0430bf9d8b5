"""A sentence as a sequence of statements, each with what it takes over from the one before."""

from collections.abc import Sequence

from app.grounding.lexicon import OFFERING, PRICE_KEYS, VERBS
from app.grounding.match import Part
from app.grounding.reading import Reading, Word
from app.grounding.subjects import Phrase, Subjects, mentions

_STRONG_BREAKS = ";:—–-"
_ANAPHORA = frozenset("it its this that these those they them their both each which who".split())  # noqa: SIM905


def whole(reading: Reading, subjects: Subjects, ours: frozenset[Phrase]) -> Part:
    """The entire sentence as one part."""
    return part_of(reading, 0, len(reading.text), subjects, ours)


def part_of(
    reading: Reading, start: int, end: int, subjects: Subjects, ours: frozenset[Phrase], without: range = range(0)
) -> Part:
    """`reading.text[start:end]` as a part, leaving out the segments in `without`."""
    inside = [w for w in reading.words if start <= w.start and w.end <= end and w.segment not in without]
    figures = tuple(
        f for f in reading.figures if start <= f.start and f.end <= end and reading.segment_at(f.start) not in without
    )
    free = _without_ours(inside, ours)
    money = any(figure.kind == "money" for figure in figures)
    return Part(
        start=start,
        end=end,
        words=tuple(w for w in free if w.carries and not (money and w.key in PRICE_KEYS and not w.negated)),
        figures=figures,
        subjects=frozenset(phrase for phrase, _, _ in mentions(inside, subjects)),
        raws=frozenset(word.raw for word in inside),
        reading=reading,
    )


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


def bounds(reading: Reading) -> list[tuple[int, int]]:
    """The segments of a sentence as `(start, end)`."""
    edges = [0, *reading.breaks, len(reading.text)]
    return list(zip(edges[:-1], edges[1:], strict=True))


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
    for word, key in reversed(keys):
        if last and not _adjacent(part.reading, word, previous):
            break
        last.append(key)
        previous = word
    own = {key for phrase in part.subjects for key in phrase}
    head = frozenset(key for _, key in keys) - set(last) - own
    return head, frozenset(last) - own


def _adjacent(reading: Reading, left: Word, right: Word) -> bool:
    return not any(left.end <= word.start and word.end <= right.start for word in reading.words)


def refers_back(part: Part) -> bool:
    return bool(part.raws & _ANAPHORA)
