"""Near-duplicate texts: found exactly, by the share of common word triples, without comparing every pair."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from app.language.words import words

_WORDS_PER_SHINGLE = 3


def without_near_duplicates(texts: Sequence[str], similarity: float = 0.85) -> list[int]:
    """Indices of the texts to keep, in order: the first of each group of near-duplicates.

    Two texts are near-duplicates if their sets of word triples have a Jaccard similarity of at least `similarity`
    (0..1, above 0). Sets that similar share one of their rarest triples (prefix filtering, Chaudhuri et al. 2006), so
    only texts that do are compared.
    """
    shingles = [_shingles(text) for text in texts]
    frequency = Counter(shingle for group in shingles for shingle in group)
    seen: defaultdict[str, list[int]] = defaultdict(list)
    kept: list[int] = []
    for index, group in enumerate(shingles):
        rarest_first = sorted(group, key=lambda shingle: (frequency[shingle], shingle))
        prefix = rarest_first[: len(group) - math.ceil(similarity * len(group)) + 1]
        candidates = {other for shingle in prefix for other in seen[shingle]}
        if any(_jaccard(group, shingles[other]) >= similarity for other in candidates):
            continue
        kept.append(index)
        for shingle in prefix:
            seen[shingle].append(index)
    return kept


def _shingles(text: str) -> frozenset[str]:
    found = words(text)
    last = max(1, len(found) - _WORDS_PER_SHINGLE + 1)
    return frozenset(" ".join(found[start : start + _WORDS_PER_SHINGLE]) for start in range(last))


def _jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    return len(left & right) / len(left | right)
