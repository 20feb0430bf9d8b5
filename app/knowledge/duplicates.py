"""Of passages that say the same about the same thing, keep one: the newest."""

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from app.knowledge.manual_versions import of_one_page
from app.knowledge.namesakes import family, is_lasting
from app.knowledge.types import Passage, StoredChunk
from app.language.words import words

# Share of different words that two passages of different documents have in common.
_SAME = 0.9
_DIGITS = re.compile(r"(\d+)")
_WORD = re.compile(r"[^\W_]+(?:[.,:][^\W_]+)*")


def without_duplicates(passages: Sequence[Passage], limit: int) -> list[Passage]:
    """The first `limit` of `passages` in order, each group of near-identical ones reduced to its newest member.

    That takes the place of the first. Newest is by effective date, then by the natural order of sources (`v10` after
    `v9`). Passages of one document count as duplicates only when their texts are equal.
    """
    kept: list[Passage] = []
    for passage in passages:
        place = next((at for at, other in enumerate(kept) if same_content(passage, other)), None)
        if place is None:
            # Behind the limit it could not come forward again, so nothing needs to be compared with it.
            if len(kept) < limit:
                kept.append(passage)
        elif _age_key(passage) > _age_key(kept[place]):
            kept[place] = passage
    return kept


def same_content(one: Passage, other: Passage) -> bool:
    """Whether one of the two can stand for both.

    Versions of one page, and dated documents of one name, may differ in a tenth of their words. Of other documents the
    titles and headings must be the same, and no name or figure may differ; under other headings a text without figures
    must have the same words.
    """
    mine, theirs = one.chunk, other.chunk
    if mine.document_id == theirs.document_id:
        return mine.text == theirs.text
    if not _alike(_vocabulary(mine.text), _vocabulary(theirs.text)):
        return False
    if of_one_page(mine.source, theirs.source) or _namesakes(mine, theirs):
        return True
    telling = _telling(mine.text) ^ _telling(theirs.text)
    if _vocabulary(" ".join((mine.title, *mine.heading_path))) == _vocabulary(
        " ".join((theirs.title, *theirs.heading_path))
    ):
        return not telling
    return not _DIGITS.search(mine.text) and _vocabulary(mine.text) == _vocabulary(theirs.text)


def _alike(mine: frozenset[str], theirs: frozenset[str]) -> bool:
    if min(len(mine), len(theirs)) < _SAME * max(len(mine), len(theirs)):
        return False
    return len(mine & theirs) >= _SAME * len(mine | theirs)


def _namesakes(one: StoredChunk, other: StoredChunk) -> bool:
    name = family(one.source)
    return name is not None and name == family(other.source) and not is_lasting(one.source, one.source_type)


@lru_cache(maxsize=4096)
def _telling(text: str) -> frozenset[str]:
    """Words with a capital or a digit."""
    return frozenset(word for word in _WORD.findall(text) if word != word.lower() or _DIGITS.search(word))


@lru_cache(maxsize=4096)
def _vocabulary(text: str) -> frozenset[str]:
    return frozenset(words(text))


def _age_key(passage: Passage) -> tuple[date, tuple[tuple[int, int, str], ...]]:
    chunk = passage.chunk
    parts = (part for part in _DIGITS.split(chunk.source.lower()) if part)
    natural = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts)
    return chunk.effective_date or date.min, natural
