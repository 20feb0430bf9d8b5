"""Who a statement is about: plans, products, customers, and the subject cell of a table row.

A price belongs to its plan and a result to its customer, so the gate must know which of them a clause names.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.reading.lexicon import COMPANY_SUFFIXES, FUNCTION_WORDS, PLAN_NOUNS, PLAN_WORDS
from app.reading.reader import Reading, Word, read

Phrase = tuple[str, ...]

_GENERIC = frozenset(
    """
    paid annual monthly yearly quarterly all every custom new pricing payment subscription single each any no both
    either other same current existing higher lower public published cheapest our your their its this that which what
    the a an per two three four five action business data recovery rollout project migration next first last
    """.split()  # noqa: SIM905 - a word list reads better as text
) - {"business"}
_CONTRAST = frozenset({"unlike", "versus", "vs", "than", "instead", "compared"})
_LONGEST = 5


@dataclass(frozen=True, slots=True)
class Subjects:
    """The subjects known to one check. `strict` ones (plans, rows) bind wherever they stand, names where they lead.

    Phrases are tuples of word keys. `proper` ones are names: in running text they count only when capitalised or next
    to a word such as "plan".
    """

    strict: frozenset[Phrase]
    names: frozenset[Phrase]
    proper: frozenset[Phrase]
    firsts: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.firsts)


def subjects_of(found: Iterable[tuple[Phrase, bool, bool]], ours: frozenset[Phrase]) -> Subjects:
    """Join `(phrase, strict, proper)` of many texts, without the company's and the product's own names."""
    kept = [item for item in found if item[0] and item[0] not in ours]
    strict = frozenset(phrase for phrase, is_strict, _ in kept if is_strict)
    names = frozenset(phrase for phrase, is_strict, _ in kept if not is_strict) - strict
    loose = {phrase for phrase, _, is_proper in kept if not is_proper}
    proper = frozenset(phrase for phrase, _, is_proper in kept if is_proper) - loose
    return Subjects(strict, names, proper, frozenset(phrase[0] for phrase in strict | names))


def phrase_of(text: str) -> Phrase:
    """The word keys of a name, without articles and legal suffixes."""
    words = [word for word in read(text).words if word.raw not in FUNCTION_WORDS]
    kept = tuple(word.key for word in words if word.raw not in COMPANY_SUFFIXES and word.raw not in PLAN_NOUNS)
    return kept or tuple(word.key for word in words)


def plan_phrases(reading: Reading) -> Iterator[Phrase]:
    """`Starter`, `Pro` and `Growth` of "the Starter, Pro and Growth plans"."""
    words = reading.words
    for index, word in enumerate(words):
        if word.raw in PLAN_NOUNS and not _is_part_of_name(words, index):
            yield from _qualifiers(reading, words[: index + 1])


def _is_part_of_name(words: Sequence[Word], index: int) -> bool:
    """`tier` of "mid-tier plan"."""
    return words[index].raw == "tier" and index + 1 < len(words) and words[index + 1].raw in PLAN_NOUNS


def _qualifiers(reading: Reading, words: Sequence[Word]) -> Iterator[Phrase]:
    """The names before the class word that ends `words`."""
    current: list[str] = []
    for word, after in zip(reversed(words[:-1]), reversed(words), strict=False):
        if current and (word.raw in {"and", "or"} or "," in reading.text[word.end : after.start]):
            yield tuple(reversed(current))
            current = []
        if word.raw in {"and", "or"}:
            continue
        if _is_qualifier(word, bool(current)):
            current.append(word.key)
        else:
            break
    if current:
        yield tuple(reversed(current))


def _is_qualifier(word: Word, follows: bool) -> bool:
    if word.raw in _GENERIC or word.raw in FUNCTION_WORDS:
        return False
    if word.raw in {"mid", "entry", "top"} or (word.raw == "tier" and not follows):
        return True
    return (word.capital and not (word.opening and follows)) or (word.raw in PLAN_WORDS and not follows)


def name_phrases(reading: Reading) -> Iterator[Phrase]:
    """Capitalised sequences that are not just the start of a sentence."""
    run: list[Word] = []
    for word in (*reading.words, None):
        if word is not None and word.capital and word.raw not in FUNCTION_WORDS and _adjoins(reading, run, word):
            run.append(word)
            continue
        if run and (len(run) > 1 or not run[0].opening):
            yield tuple(item.key for item in run if item.raw not in COMPANY_SUFFIXES)
        run = [word] if word is not None and word.capital and word.raw not in FUNCTION_WORDS else []


def _adjoins(reading: Reading, run: list[Word], word: Word) -> bool:
    return not run or not reading.text[run[-1].end : word.start].strip(" .&-")


def mentions(words: Sequence[Word], subjects: Subjects) -> list[tuple[Phrase, int, int]]:
    """`(phrase, first, end)` of every known subject in `words`, longest first, without overlaps."""
    found, index = [], 0
    while index < len(words):
        phrase = _longest_at(words, index, subjects) if words[index].key in subjects.firsts else None
        if phrase is None:
            index += 1
            continue
        found.append((phrase, index, index + len(phrase)))
        index += len(phrase)
    return found


def _longest_at(words: Sequence[Word], index: int, subjects: Subjects) -> Phrase | None:
    for length in range(min(_LONGEST, len(words) - index), 0, -1):
        phrase = tuple(word.key for word in words[index : index + length])
        known = phrase in subjects.strict or phrase in subjects.names
        if known and (phrase not in subjects.proper or _written_as_name(words, index, length)):
            return phrase
    return None


def _written_as_name(words: Sequence[Word], index: int, length: int) -> bool:
    if words[index].capital or length > 1:
        return True
    after = words[index + length] if index + length < len(words) else None
    return after is not None and after.raw in PLAN_NOUNS


def segment_subjects(
    words: Sequence[Word], count: int, subjects: Subjects, figures: Sequence[int]
) -> list[set[Phrase]]:
    """The subjects of each of `count` segments: its own, else those of the segment before it.

    A segment that holds nothing but names is a list and lends them to its neighbour. `figures` are the segments that
    hold a figure.
    """
    own: list[set[Phrase]] = [set() for _ in range(count)]
    filled = [index in figures for index in range(count)]
    leading: set[int] = set()
    found = mentions(words, subjects)
    inside = {place for _, first, end in found for place in range(first, end)}
    starts = {first: (phrase, end) for phrase, first, end in found}
    for place, word in enumerate(words):
        if place in starts and (starts[place][0] in subjects.strict or word.segment not in leading):
            own[word.segment].add(starts[place][0])
        if word.carries and place not in inside and word.raw not in COMPANY_SUFFIXES:
            filled[word.segment] = True
        if word.carries:
            leading.add(word.segment)
    contrast = {word.segment for word in words if word.raw in _CONTRAST}
    return _spread(own, filled, contrast)


def _spread(own: list[set[Phrase]], filled: list[bool], contrast: set[int]) -> list[set[Phrase]]:
    result: list[set[Phrase]] = []
    pending: set[Phrase] = set()
    last: set[Phrase] = set()
    for index, names in enumerate(own):
        if index in contrast:
            result.append(names)
            continue
        if names and not filled[index]:
            pending |= names
            result.append(set(pending))
            continue
        last = (names | pending) or last
        pending = set()
        result.append(set(last))
    if pending and len(result) > 1:
        for index in range(len(result)):
            if filled[index] and index == max((i for i, is_filled in enumerate(filled) if is_filled), default=-1):
                result[index] |= pending
    return result
