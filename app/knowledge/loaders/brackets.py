"""Brackets that never close: a parser looks for the end of each through all the rest of the paragraph."""

import re
from collections.abc import Sequence

_SQUARE = re.compile(r"[\[\]]")
# Round brackets, those of link targets (`](`) apart, and the end of a paragraph.
_ROUND = re.compile(r"\]\(|[()]|\n[ \t]*\n")
_MOST_TORN = 200  # fewer cost nothing, and stay
_DEEPEST = 20
_LONGEST = 5_000  # characters between the two brackets of a link


def without_torn_brackets(text: str) -> str:
    """`text` without its unclosed or absurdly nested opening brackets of links, if there are hundreds. Linear."""
    if text.count("](") > _MOST_TORN:
        text = _without(text, _torn_targets(text))
    return _without(text, _torn_labels(text)) if text.count("[") > _MOST_TORN else text


def _without(text: str, torn: Sequence[int]) -> str:
    """`text` without the characters at `torn`, which ascend, if they are too many."""
    if len(torn) <= _MOST_TORN:
        return text
    parts, position = [], 0
    for place in torn:
        parts.append(text[position:place])
        position = place + 1
    return "".join((*parts, text[position:]))


def _torn_labels(text: str) -> list[int]:
    """Offsets of opening square brackets without a partner, or deep inside others."""
    torn: list[int] = []
    pending: list[int] = []
    for match in _SQUARE.finditer(text):
        if match[0] == "[":
            pending.append(match.start())
        elif pending:
            place = pending.pop()
            if len(pending) >= _DEEPEST or match.start() - place > _LONGEST:
                torn.append(place)
    return sorted((*torn, *pending))


def _torn_targets(text: str) -> list[int]:
    """Offsets of the round brackets that open link targets and do not close in their paragraph, or far too late."""
    torn: list[int] = []
    pending: list[tuple[int, bool]] = []
    for match in _ROUND.finditer(text):
        if match[0].endswith("("):
            doubled = bool(pending) and pending[-1] == (match.start() - 1, True)
            pending.append((match.end() - 1, match[0] == "](" or doubled))
        elif match[0] == ")":
            place, of_link = pending.pop() if pending else (0, False)
            if of_link and (len(pending) >= _DEEPEST or match.start() - place > _LONGEST):
                torn.append(place)
        else:
            torn += [place for place, of_link in pending if of_link]
            pending.clear()
    return sorted((*torn, *(place for place, of_link in pending if of_link)))
