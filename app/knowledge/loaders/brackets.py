"""Square brackets that never close: a parser looks for the end of each through all the rest of the paragraph."""

import re

_BRACKET = re.compile(r"[\[\]]")
_MOST_TORN = 200  # fewer cost nothing, and stay
_DEEPEST = 20
_LONGEST = 5_000  # characters between the two brackets of a link


def without_torn_brackets(text: str) -> str:
    """`text` without its unclosed or absurdly nested opening brackets, if there are hundreds of them. Linear."""
    if text.count("[") <= _MOST_TORN:
        return text
    torn = _torn(text)
    if len(torn) <= _MOST_TORN:
        return text
    parts, position = [], 0
    for place in torn:
        parts.append(text[position:place])
        position = place + 1
    return "".join((*parts, text[position:]))


def _torn(text: str) -> list[int]:
    """Offsets of opening brackets without a partner, or deep inside others, in ascending order."""
    torn: list[int] = []
    pending: list[int] = []
    for match in _BRACKET.finditer(text):
        if match[0] == "[":
            pending.append(match.start())
        elif pending:
            place = pending.pop()
            if len(pending) >= _DEEPEST or match.start() - place > _LONGEST:
                torn.append(place)
    return sorted((*torn, *pending))
