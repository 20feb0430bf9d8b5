"""Read one HTML or JSX tag, or one braced expression, at a position of a text. Linear and bounded."""

import html
import re
from dataclasses import dataclass, field

_NAME = re.compile(r"</?(?P<name>[A-Za-z][\w.-]*)|<(?P<fragment>/?)(?=>)")
_ATTRIBUTE = re.compile(
    r"(?P<name>[A-Za-z_:@][\w:.@-]*)\s*(?:=\s*(?:\"(?P<dq>[^\"]*)\"|'(?P<sq>[^']*)'|(?P<raw>[^\s\"'{}<>=`]+)|(?P<brace>\{)))?"
)
_STRING = re.compile(r"\{\s*(?:\"(?P<dq>(?:[^\"\\]|\\.)*)\"|'(?P<sq>(?:[^'\\]|\\.)*)'|`(?P<bt>(?:[^`\\$]|\\.)*)`)\s*\}")
_QUOTED = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|/\*.*?\*/|//[^\n]*", re.DOTALL)
_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Tag:
    """`<name key="value">`. `start` and `end` are offsets of the whole tag; `name` is empty for a fragment `<>`."""

    name: str
    start: int
    end: int
    closing: bool = False
    empty: bool = False
    attributes: dict[str, str] = field(default_factory=dict)


def read_tag(text: str, start: int) -> Tag | None:
    """The tag at `text[start] == "<"`, or None if this is a comparison, an address or a torn tag."""
    match = _NAME.match(text, start)
    if match is None:
        return None
    name, position = match["name"] or "", match.end()
    attributes: dict[str, str] = {}
    limit = min(len(text), start + _LONGEST)
    while position < limit:
        char = text[position]
        if char.isspace():
            position += 1
        elif char == ">":
            closing = text.startswith("</", start)
            return Tag(name, start, position + 1, closing, text[position - 1] == "/", attributes)
        elif char == "/":
            position += 1
        elif char == "{":
            position = end_of_braces(text, position)
        elif attribute := _ATTRIBUTE.match(text, position):
            if not text[position - 1].isspace() and position == match.end():
                return None
            position = _read_attribute(text, attribute, attributes)
        else:
            return None
        if position < 0:
            return None
    return None


def _read_attribute(text: str, match: re.Match[str], attributes: dict[str, str]) -> int:
    """Store the attribute; return where it ends, -1 if its braces never close."""
    if match["brace"] is None:
        value = next((match[kind] for kind in ("dq", "sq", "raw") if match[kind] is not None), "")
        attributes[match["name"]] = html.unescape(value)
        return match.end()
    opening = match.end() - 1
    end = end_of_braces(text, opening)
    if end > 0:
        attributes[match["name"]] = string_literal(text[opening:end]) or ""
    return end


def end_of_braces(text: str, start: int) -> int:
    """Offset after the brace that closes `text[start] == "{"`, -1 if there is none within reach."""
    depth, position, limit = 0, start, min(len(text), start + _LONGEST)
    while position < limit:
        char = text[position]
        if char in "\"'`/" and (quoted := _QUOTED.match(text, position)):
            position = quoted.end()
            continue
        depth += (char == "{") - (char == "}")
        position += 1
        if depth == 0:
            return position
    return -1


def string_literal(expression: str) -> str | None:
    """`Text` for `{"Text"}`, `{'Text'}` or a template string without parts; None for any other expression."""
    match = _STRING.fullmatch(expression)
    if match is None:
        return None
    value = next(match[kind] for kind in ("dq", "sq", "bt") if match[kind] is not None)
    return re.sub(r"\\(.)", r"\1", value)
