"""Of passages that say the same, keep one: the newest."""

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from app.knowledge.types import Passage
from app.language.words import words

# Share of different words that two passages of different documents have in common.
_SAME = 0.9
_DIGITS = re.compile(r"(\d+)")


def without_duplicates(passages: Sequence[Passage], limit: int) -> list[Passage]:
    """The first `limit` of `passages` in order, each group of near-identical ones reduced to its newest member.

    That takes the place of the first. Newest is by effective date, then by the natural order of sources (`v10` after
    `v9`). Passages of one document count as duplicates only when their texts are equal.
    """
    kept: list[Passage] = []
    for passage in passages:
        place = next((at for at, other in enumerate(kept) if _same(passage, other)), None)
        if place is None:
            # Behind the limit it could not come forward again, so nothing needs to be compared with it.
            if len(kept) < limit:
                kept.append(passage)
        elif _age_key(passage) > _age_key(kept[place]):
            kept[place] = passage
    return kept


def _same(one: Passage, other: Passage) -> bool:
    if one.chunk.document_id == other.chunk.document_id:
        return one.chunk.text == other.chunk.text
    mine, theirs = _vocabulary(one.chunk.text), _vocabulary(other.chunk.text)
    if min(len(mine), len(theirs)) < _SAME * max(len(mine), len(theirs)):
        return False
    return len(mine & theirs) >= _SAME * len(mine | theirs)


@lru_cache(maxsize=4096)
def _vocabulary(text: str) -> frozenset[str]:
    return frozenset(words(text))


def _age_key(passage: Passage) -> tuple[date, tuple[tuple[int, int, str], ...]]:
    chunk = passage.chunk
    parts = (part for part in _DIGITS.split(chunk.source.lower()) if part)
    natural = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts)
    return chunk.effective_date or date.min, natural
