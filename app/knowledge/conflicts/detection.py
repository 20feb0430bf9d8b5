"""Where current documents give different figures for the same thing."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.knowledge.conflicts.types import Conflict, Side

# A general figure for this measure speaks for every plan.
_FOR_ALL = "transaction fee"
# What has more figures than this is not one thing.
_MOST_FIGURES = 50


@dataclass(frozen=True, slots=True)
class Topic:
    """What must be equal for figures to be comparable, besides the subject."""

    measure: str
    unit: str
    qualifiers: str


def find_conflicts(stated: Iterable[tuple[Topic, Side]]) -> list[Conflict]:
    """Conflicts among the figures of current documents, by measure and subject. Linear in their number.

    Documents contradict each other when they share none of their figures for one thing: a document that gives two
    itself (an introductory price, a range of cases) says that the thing has more than one.
    """
    topics: dict[Topic, dict[str, list[Side]]] = defaultdict(lambda: defaultdict(list))
    for topic, side in stated:
        topics[topic][side.subject].append(side)
    found = [
        conflict
        for topic, subjects in topics.items()
        for subject, sides in _groups(topic, subjects)
        if (conflict := _conflict(topic, subject, sides)) is not None
    ]
    return sorted(found, key=lambda conflict: (conflict.measure, conflict.subject, conflict.id))


def _groups(topic: Topic, subjects: Mapping[str, list[Side]]) -> Iterator[tuple[str, list[Side]]]:
    everyone = topic.measure == _FOR_ALL and "" in subjects
    for subject, sides in subjects.items():
        if subject or not everyone:
            yield subject, sides
    if everyone:
        yield "", [side for sides in subjects.values() for side in sides]


def _values(sides: Iterable[Side]) -> dict[str, set[str]]:
    values: dict[str, set[str]] = defaultdict(set)
    for side in sides:
        values[side.document_id].add(side.value)
    return values


def _conflict(topic: Topic, subject: str, sides: Sequence[Side]) -> Conflict | None:
    values = _values(sides)
    if len(values) < 2 or len(set().union(*values.values())) < 2:
        return None
    general = {side.document_id for side in sides if side.subject == subject}
    opposed = _opposed({document: (frozenset(own), document in general) for document, own in values.items()})
    kept = tuple(sorted((side for side in sides if side.document_id in opposed), key=_order))
    if not kept:
        return None
    parts = (topic.measure, topic.unit, topic.qualifiers, subject)
    identity = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
    named = topic.measure if not topic.qualifiers else f"{topic.measure} ({topic.qualifiers})"
    return Conflict(identity, subject, named, kept)


def _opposed(stated: Mapping[str, tuple[frozenset[str], bool]]) -> set[str]:
    """Documents that share no figure with some other, where at least one of the two speaks of the subject itself.

    Documents that state the same are compared once, so the work does not grow with their number.
    """
    kinds = set(stated.values())
    if len(kinds) > _MOST_FIGURES:
        return set()
    against = {
        (own, of_subject)
        for own, of_subject in kinds
        for others, of_other in kinds
        if not own & others and (of_subject or of_other)
    }
    return {document for document, kind in stated.items() if kind in against}


def _order(side: Side) -> tuple[str, str, int]:
    return side.source, side.chunk_id, side.start
