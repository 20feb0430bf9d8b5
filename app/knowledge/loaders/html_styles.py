"""What a page hides from its visitors by its own style sheets, or by white letters on white ground."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

_LONGEST_SHEET = 200_000  # characters of all style sheets of a page that are looked at
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_BRACE = re.compile(r"([{}])")
_NAME = re.compile(r"[.#]-?[A-Za-z_][\w-]*")
_SIMPLE = re.compile(r"(?:[a-z]{1,10})?([.#]-?[A-Za-z_][\w-]*)", re.IGNORECASE)
_HIDES = re.compile(r"(?:^|;)(?:display:none|visibility:hidden)")
_SHOWS = re.compile(r"(?:^|;)(?:display:(?!none)|visibility:visible)")
_WHITE = re.compile(r"white|#fff(?:fff)?|rgb\(255,255,255\)")
_COLOUR = re.compile(r"(?:^|;)color:([^;!]+)")
_GROUND = re.compile(r"(?:^|;)background(?:-color|-image)?:([^;!]+)")
_HIGHEST = 30  # ancestors that may give an element its ground


def mark_hidden(tree: LexborHTMLParser) -> None:
    """Give the attribute `hidden` to the elements that a visitor cannot see.

    Of style sheets only rules for one class or id count, outside `@media` and its like; a name that some other rule
    shows (an opened menu, a wider screen) is not hidden.
    """
    sheets = "\n".join(node.text() for node in tree.css("style"))[:_LONGEST_SHEET]
    names = _hidden_names(sheets)
    if names:
        for node in tree.css("[class], [id]"):
            if not names.isdisjoint(_names(node)):
                node.attrs["hidden"] = ""
    if not sheets and tree.css_first("link[rel=stylesheet]") is None:
        for node in tree.css("font[color], [style*=color]"):
            if _is_white_on_white(node):
                node.attrs["hidden"] = ""


def _hidden_names(sheets: str) -> set[str]:
    hidden: set[str] = set()
    shown: set[str] = set()
    for selectors, declarations, nested in _rules(_COMMENT.sub("", sheets)):
        squeezed = re.sub(r"\s+", "", declarations).lower()
        if _SHOWS.search(squeezed):
            shown.update(_NAME.findall(selectors))
        elif not nested and _HIDES.search(squeezed):
            parts = (_SIMPLE.fullmatch(part.strip()) for part in selectors.split(","))
            hidden.update(part[1] for part in parts if part)
    return hidden - shown


def _rules(sheet: str) -> Iterator[tuple[str, str, bool]]:
    """Selectors, declarations, and whether the rule lies within another."""
    outer: list[str] = []
    *pieces, _ = _BRACE.split(sheet)
    for text, brace in zip(pieces[::2], pieces[1::2], strict=True):
        if brace == "{":
            outer.append(text.rpartition(";")[2])
        elif outer:
            yield outer.pop(), text, bool(outer)


def _names(node: LexborNode) -> Iterator[str]:
    yield from (f".{name}" for name in (node.attributes.get("class") or "").split())
    yield f"#{node.attributes.get('id') or ''}"


def _is_white_on_white(node: LexborNode) -> bool:
    """Whether letters are white and nothing that holds them gives them another ground: pages are white."""
    colour = _COLOUR.search(_style(node))
    if not _WHITE.fullmatch(colour[1] if colour else (node.attributes.get("color") or "").lower().strip()):
        return False
    holder: LexborNode | None = node
    for _ in range(_HIGHEST):
        if holder is None:
            return True
        ground = _GROUND.search(_style(holder))
        painted = ground[1] if ground else (holder.attributes.get("bgcolor") or "").lower()
        if painted or "background" in holder.attributes:
            return _WHITE.fullmatch(painted) is not None
        holder = holder.parent
    return False


def _style(node: LexborNode) -> str:
    return re.sub(r"\s+", "", node.attributes.get("style") or "").lower()
