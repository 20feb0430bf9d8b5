"""HTML to blocks: what a visitor reads, without navigation, scripts and hidden text."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from app.errors import DocumentRefused
from app.followups.types import BlockKind
from app.knowledge.loaders.front_matter import as_metadata
from app.knowledge.loaders.html_prices import close_up, is_sign, joined
from app.knowledge.loaders.html_styles import mark_hidden
from app.knowledge.loaders.html_tables import cell_text, is_data_table, table_texts
from app.knowledge.loaders.html_visibility import is_hidden
from app.knowledge.loaders.plain import blocks_of
from app.knowledge.loaders.text import clean, clean_code, decode, raised
from app.knowledge.types import Block, LoadedDocument

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_INLINE = frozenset(
    """
    a abbr acronym b bdi bdo big cite code data dfn em font i ins kbd label mark nobr output q ruby samp small span
    strong sub time tt u var wbr
    """.split()  # noqa: SIM905 - a word list reads better as text
)
_OPENERS = re.compile(
    r"<(/?)(?:div|span|b|i|u|s|font|section|article|main|aside|nav|header|footer|blockquote|figure|ul|ol|dl|table|center|"
    r"form|fieldset|details|label|button|em|strong|small|big|sub|sup|ins|del|strike|mark|code|pre|kbd|q|cite|abbr|h[1-6]|a)\b",
    re.IGNORECASE,
)
_BREAK = "\x1e"  # white space that never occurs in a page
_DEEPEST = 3000  # nesting from which the parser's time would grow beyond reason
_PROGRAM = re.compile(r"[{}]\s*$|^\s*(?:\$ |//|#!|import |from \w+ import|curl |npm |pip )", re.MULTILINE)


def load_html(data: bytes) -> LoadedDocument:
    """Raises `DocumentRefused` with reason `malformed` if elements are nested absurdly deep."""
    text = _decode(data)
    if _nesting(text) > _DEEPEST:
        raise DocumentRefused("malformed", "The HTML is nested too deeply to be a page; export it again.")
    tree = LexborHTMLParser(text)
    mark_hidden(tree)
    return LoadedDocument(blocks=tuple(_PageReader().read(_content(tree))), metadata=_metadata(tree))


def fragment_blocks(fragment: str) -> list[Block]:
    """Blocks of a piece of HTML inside another format."""
    if _nesting(fragment) > _DEEPEST:
        return []
    body = LexborHTMLParser(fragment).body
    return _PageReader().read(body) if body is not None else []


def _decode(data: bytes) -> str:
    declared = _META_CHARSET.search(data[:4096])
    if declared and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode(declared[1].decode("ascii"))
        except (LookupError, UnicodeDecodeError):
            return decode(data)
    return decode(data)


def _nesting(text: str) -> int:
    depth = deepest = 0
    for match in _OPENERS.finditer(text):
        depth += -1 if match[1] else 1
        deepest = max(deepest, depth)
    return deepest


def _content(tree: LexborHTMLParser) -> LexborNode | None:
    """The main part of the page where it says so and holds most of the text, else the body."""
    body = tree.body
    for selector in ("main", "[role=main]", "article"):
        found = tree.css(selector)
        if len(found) == 1 and body is not None and len(found[0].text()) > 0.3 * len(body.text()):
            return found[0]
    return body


def _metadata(tree: LexborHTMLParser) -> tuple[tuple[str, str], ...]:
    title = tree.css_first("head > title")
    values = {"title": title.text() if title else ""}
    for node in tree.css("meta[name][content]")[:50]:
        values[node.attributes.get("name") or ""] = node.attributes.get("content") or ""
    return as_metadata(values)


class _PageReader:
    """Walks the tree once and closes a block wherever a block-level element begins or ends."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._parts: list[str] = []
        self._kind = BlockKind.PARAGRAPH
        self._level = 0

    def read(self, root: LexborNode | None) -> list[Block]:
        pending: list[tuple[LexborNode, bool]] = [(root, False)] if root is not None else []
        while pending:
            node, leaving = pending.pop()
            if leaving:
                self._leave(node)
            elif self._enter(node):
                pending.append((node, True))
                pending.extend((child, False) for child in reversed(list(node.iter(include_text=True))))
        self._flush()
        return [block for block in self._blocks if not is_sign(block.text)]

    def _enter(self, node: LexborNode) -> bool:
        """Take in `node`; True if its children shall follow."""
        tag = node.tag or ""
        if node.is_text_node:
            self._parts.append(node.text(deep=False))
            return False
        if node.is_comment_node or is_hidden(node):
            self._kept_headings(node)
            return False
        if tag in _INLINE:
            return True
        if tag in {"br", "sup", "pre", "table", "dl"} and self._leaf(node, tag):
            return False
        self._flush()
        if tag in _HEADINGS or tag == "summary":
            self._kind, self._level = BlockKind.HEADING, _HEADINGS.get(tag) or self._next_level()
        elif tag == "li" or (tag in {"p", "div"} and _opens_item(node)):
            self._kind = BlockKind.LIST_ITEM
        return True

    def _leaf(self, node: LexborNode, tag: str) -> bool:
        """Elements that are read as a whole; False for a table that only lays out the page."""
        if tag == "br":
            self._parts.append(_BREAK)
        elif tag == "sup":
            self._parts.append(raised("".join(self._parts[-2:]), cell_text(node)))
        elif tag == "pre":
            self._preformatted(node)
        elif tag == "dl":
            self._definitions(node)
        elif is_data_table(node):
            self._flush()
            for kind, text in table_texts(node):
                self._add(kind, text)
        else:
            return False
        return True

    def _leave(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag not in _INLINE:
            self._flush()

    def _kept_headings(self, node: LexborNode) -> None:
        """A page's title often stands in a header that is otherwise dropped."""
        if node.tag == "header":
            self._flush()
            for heading in node.css("h1"):
                self._add(BlockKind.HEADING, clean(cell_text(heading)), 1)

    def _preformatted(self, node: LexborNode) -> None:
        self._flush()
        text = node.text()
        lines = text.count("\n") + 1
        if node.css_first("code") is not None or len(_PROGRAM.findall(text)) > 0.2 * lines:
            self._add(BlockKind.CODE, clean_code(text))
        else:
            self._blocks.extend(blocks_of(text))

    def _definitions(self, node: LexborNode) -> None:
        self._flush()
        term = ""
        for child in node.css("dt, dd"):
            text = clean(cell_text(child))
            if child.tag == "dt":
                term = text
            else:
                self._add(BlockKind.LIST_ITEM, f"{term.rstrip(':')}: {text}" if term and text else text)

    def _next_level(self) -> int:
        levels = [block.level for block in self._blocks if block.kind is BlockKind.HEADING and block.level]
        return min(max(levels[-1:], default=1) + 1, 6)

    def _flush(self) -> None:
        text, kind, level = "".join(self._parts), self._kind, self._level
        self._parts, self._kind, self._level = [], BlockKind.PARAGRAPH, 0
        if kind is BlockKind.PARAGRAPH:
            for part in _paragraphs(text):
                self._add(kind, part)
        else:
            self._add(kind, clean(text), level)

    def _add(self, kind: BlockKind, text: str, level: int = 0) -> None:
        text = close_up(text)
        last = self._blocks[-1] if self._blocks else None
        if last is not None and last.kind is kind is BlockKind.PARAGRAPH and (price := joined(last.text, text)):
            self._blocks[-1] = Block(kind, price)
        elif is_sign(text) or any(char.isalnum() for char in text):
            self._blocks.append(Block(kind, text, level))


def _opens_item(node: LexborNode) -> bool:
    """`<li><p>text` is the item's own text."""
    parent = node.parent
    return parent is not None and parent.tag == "li" and parent.child is not None and parent.child.mem_id == node.mem_id


def _paragraphs(text: str) -> Iterator[str]:
    """Two line breaks in a row separate paragraphs; a single one is a space."""
    for part in re.split(rf"{_BREAK}\s*{_BREAK}", text):
        yield clean(part)
