"""What the styles of a Word document say about a paragraph."""

import re

from lxml import etree

from app.followups.types import BlockKind
from app.knowledge.loaders.xml_tree import attribute, child, children

_HEADING = re.compile(r"^(?:heading|überschrift|titre|título|titolo|rubrik|kop|заголовок)\s*(\d)", re.IGNORECASE)
_LIST = re.compile(r"^(?:list|bullet|aufzählung|liste)\b(?!.*\btable)", re.IGNORECASE)
_DROPPED = re.compile(r"^(?:toc|table of figures|header|footer|verzeichnis|index)\b", re.IGNORECASE)
_DEEPEST = 10  # steps up the chain of base styles


class Styles:
    """Paragraph styles by id, with what they inherit."""

    def __init__(self, root: etree._Element | None) -> None:
        self._styles = {attribute(style, "styleId") or "": style for style in children(root, "style")}

    def kind(self, paragraph: etree._Element) -> tuple[BlockKind | None, int]:
        """`(kind, heading level)`; None as kind for contents tables and other repetitions.

        Level 1 is the title's own: headings begin at 2.
        """
        properties = child(paragraph, "pPr")
        chain = self._chain(attribute(child(properties, "pStyle"), "val"))
        names = [attribute(child(style, "name"), "val") or "" for style in chain]
        if any(_DROPPED.match(name) for name in names[:1]):
            return None, 0
        level = self._heading_level(properties, chain, names)
        if level:
            return BlockKind.HEADING, level
        numbered = [child(item, "numPr") for item in (properties, *(child(style, "pPr") for style in chain))]
        number = next((item for item in numbered if item is not None), None)
        listed = number is not None and attribute(child(number, "numId"), "val") not in {None, "0"}
        if listed or any(_LIST.match(name) for name in names[:1]):
            return BlockKind.LIST_ITEM, 0
        return BlockKind.PARAGRAPH, 0

    def _heading_level(self, properties: etree._Element | None, chain: list[etree._Element], names: list[str]) -> int:
        for name in names:
            if match := _HEADING.match(name):
                return min((int(match[1]) or 1) + 1, 6)
            if name.lower() == "title":
                return 1
        for holder in (properties, *(child(style, "pPr") for style in chain)):
            outline = attribute(child(holder, "outlineLvl"), "val")
            if outline is not None and outline.isdecimal() and int(outline) < 9:
                return min(int(outline) + 2, 6)
        return 0

    def _chain(self, style_id: str | None) -> list[etree._Element]:
        chain: list[etree._Element] = []
        while style_id in self._styles and len(chain) < _DEEPEST:
            chain.append(self._styles[style_id])
            style_id = attribute(child(chain[-1], "basedOn"), "val")
        return chain
