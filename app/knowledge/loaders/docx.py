"""Word documents to blocks, in the order of the body, by styles, lists and tables."""

from collections.abc import Iterator

from lxml import etree

from app.errors import DocumentRefused
from app.followups.types import BlockKind
from app.knowledge.loaders.docx_styles import Styles
from app.knowledge.loaders.ooxml import open_package
from app.knowledge.loaders.tables import join_lines, table_rows
from app.knowledge.loaders.text import clean, raised
from app.knowledge.loaders.xml_tree import attribute, child, children, local_name
from app.knowledge.types import Block, LoadedDocument

_SKIPPED = frozenset({"del", "moveFrom", "instrText", "delText", "Fallback", "txbxContent", "pPr", "footnoteReference"})
_CONTAINERS = frozenset({"sdt", "sdtContent", "customXml", "ins", "smartTag", "moveTo"})
_SPACES = {"tab": " ", "br": " ", "cr": " ", "noBreakHyphen": "-"}
_LAYOUT_CELL = 700  # characters; longer cells are a page layout


def load_docx(data: bytes) -> LoadedDocument:
    """Raises `DocumentRefused`: see `open_package`."""
    package = open_package(data, ".docx")
    main = next(iter(package.related("", "officeDocument").values()), "word/document.xml")
    if not package.has(main):
        raise DocumentRefused("malformed", "The file is named .docx but holds no Word document.")
    body = child(package.xml(main), "body")
    styles_part = next(iter(package.related(main, "styles").values()), "word/styles.xml")
    styles = Styles(package.xml(styles_part) if package.has(styles_part) else None)
    blocks = list(_Reader(styles).blocks(body)) if body is not None else []
    if not any(block.kind is BlockKind.HEADING for block in blocks):
        blocks = list(_Reader(styles, bold_headings=True).blocks(body)) if body is not None else []
    return LoadedDocument(blocks=tuple(blocks), metadata=package.properties())


class _Reader:
    """`bold_headings`: in a document without heading styles, short bold paragraphs are headings."""

    def __init__(self, styles: Styles, *, bold_headings: bool = False) -> None:
        self._styles = styles
        self._bold_headings = bold_headings

    def blocks(self, container: etree._Element) -> Iterator[Block]:
        for item in container:
            name = local_name(item)
            if name == "p":
                yield from self._paragraph(item)
            elif name == "tbl":
                yield from self._table(item)
            elif name in _CONTAINERS:
                yield from self.blocks(item)

    def _paragraph(self, paragraph: etree._Element) -> Iterator[Block]:
        text = clean(_text(paragraph))
        kind, level = self._styles.kind(paragraph)
        if kind is not None and any(char.isalnum() for char in text):
            if kind is BlockKind.PARAGRAPH and self._bold_headings and _looks_like_heading(paragraph, text):
                kind, level = BlockKind.HEADING, 2
            yield Block(kind, text, level)
        for box in _text_boxes(paragraph):
            yield from self.blocks(box)

    def _table(self, table: etree._Element) -> Iterator[Block]:
        rows = [row for row in _descend(table, "tr") if child(row, "trPr", "del") is None]
        grid: list[list[str]] = []
        for row in rows:
            grid.append(self._row(row, grid[-1] if grid else []))
        cells = [cell for row in grid for cell in row if cell]
        if max(map(len, grid), default=0) < 2 or sum(map(len, cells)) > _LAYOUT_CELL * len(cells):
            for row in rows:
                for cell in _descend(row, "tc"):
                    yield from self.blocks(cell)
            return
        headers = 0
        while headers < len(rows) and child(rows[headers], "trPr", "tblHeader") is not None:
            headers += 1
        yield from (Block(BlockKind.TABLE_ROW, text) for text in table_rows(grid, header_rows=headers or None))

    def _row(self, row: etree._Element, above: list[str]) -> list[str]:
        before = attribute(child(row, "trPr", "gridBefore"), "val") or "0"
        texts: list[str] = [""] * min(int(before) if before.isdecimal() else 0, 100)
        for cell in _descend(row, "tc"):
            merge = child(cell, "tcPr", "vMerge")
            covered = merge is not None and attribute(merge, "val") in {None, "continue"}
            text = above[len(texts)] if covered and len(texts) < len(above) else self._cell(cell)
            span = attribute(child(cell, "tcPr", "gridSpan"), "val") or "1"
            texts.extend([text] * min(max(int(span) if span.isdecimal() else 1, 1), 100))
        return texts

    def _cell(self, cell: etree._Element) -> str:
        return join_lines([block.text for block in self.blocks(cell)])


def _descend(element: etree._Element, name: str) -> Iterator[etree._Element]:
    """Children called `name`, also inside content controls."""
    for item in element:
        if local_name(item) == name:
            yield item
        elif local_name(item) in _CONTAINERS:
            yield from _descend(item, name)


def _text(paragraph: etree._Element) -> str:
    parts: list[str] = []
    pending = list(reversed(paragraph))
    while pending:
        item = pending.pop()
        name = local_name(item)
        if name in _SKIPPED or (name == "r" and _is_hidden(item)):
            continue
        if name == "t":
            parts.append(item.text or "")
        elif name in _SPACES:
            parts.append(_SPACES[name])
        elif name == "r" and attribute(child(item, "rPr", "vertAlign"), "val") == "superscript":
            parts.append(raised("".join(parts[-3:]), "".join(t.text or "" for t in children(item, "t"))))
        else:
            pending.extend(reversed(item))
    return "".join(parts)


def _is_hidden(run: etree._Element) -> bool:
    """Hidden by its author, or struck out: `$49` in `~~$49~~ $29` is no price any more."""
    properties = child(run, "rPr")
    return any(_is_on(child(properties, name)) for name in ("vanish", "strike", "dstrike"))


def _is_on(element: etree._Element | None) -> bool:
    return element is not None and attribute(element, "val") not in {"0", "false", "off", "none"}


def _text_boxes(paragraph: etree._Element) -> Iterator[etree._Element]:
    for item in paragraph.iter():
        if local_name(item) == "txbxContent" and not any(local_name(up) == "Fallback" for up in item.iterancestors()):
            yield item


def _looks_like_heading(paragraph: etree._Element, text: str) -> bool:
    runs = [run for run in _descend(paragraph, "r") if any((t.text or "").strip() for t in children(run, "t"))]
    bold = bool(runs) and all(_is_on(child(run, "rPr", "b")) for run in runs)
    return bold and len(text) <= 80 and text[-1] not in ".:;,"
