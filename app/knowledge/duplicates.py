"""Of passages that say the same, keep one: the newest."""

import re
from collections.abc import Sequence
from datetime import date

from app.knowledge.types import Passage
from app.language.words import words

# Share of different words that two passages of different documents have in common.
_SAME = 0.9
_DIGITS = re.compile(r"(\d+)")


def without_duplicates(passages: Sequence[Passage]) -> list[Passage]:
    """`passages` in order, each group of near-identical ones reduced to its newest member, in the place of the first.

    Newest is by effective date, then by the natural order of sources (`v10` after `v9`). Passages of one document
    count as duplicates only when their words are equal.
    """
    kept: list[Passage] = []
    seen: list[frozenset[str]] = []
    for passage in passages:
        vocabulary = frozenset(words(passage.chunk.text))
        place = next(
            (at for at, other in enumerate(kept) if _same(passage, vocabulary, other, seen[at])),
            None,
        )
        if place is None:
            kept.append(passage)
            seen.append(vocabulary)
        elif _age_key(passage) > _age_key(kept[place]):
            kept[place], seen[place] = passage, vocabulary
    return kept


def _same(one: Passage, one_words: frozenset[str], other: Passage, other_words: frozenset[str]) -> bool:
    if one.chunk.document_id == other.chunk.document_id:
        return words(one.chunk.text) == words(other.chunk.text)
    together = one_words | other_words
    return not together or len(one_words & other_words) / len(together) >= _SAME


def _age_key(passage: Passage) -> tuple[date, tuple[tuple[int, int, str], ...]]:
    chunk = passage.chunk
    parts = (part for part in _DIGITS.split(chunk.source.lower()) if part)
    natural = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts)
    return chunk.effective_date or date.min, natural
