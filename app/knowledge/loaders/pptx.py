"""Presentations to blocks: one page per visible slide, titles as headings; speaker notes are not for readers."""

from collections.abc import Iterator

from lxml import etree

from app.errors import DocumentRefused
from app.followups.types import BlockKind
from app.knowledge.loaders.ooxml import Package, open_package
from app.knowledge.loaders.tables import join_lines, table_rows
from app.knowledge.loaders.text import clean, raised
from app.knowledge.loaders.xml_tree import attribute, child, children, local_name
from app.knowledge.types import Block, LoadedDocument

_TITLES = frozenset({"title", "ctrTitle"})
_FURNITURE = frozenset({"ftr", "sldNum", "dt", "hdr", "sldImg"})
_BODIES = frozenset({"body", "obj", None})
_OFF = frozenset({None, "0", "false", "noStrike"})
_DEEPEST = 50  # groups within groups


def load_pptx(data: bytes) -> LoadedDocument:
    """Raises `DocumentRefused`: see `open_package`."""
    package = open_package(data, ".pptx")
    main = next(iter(package.related("", "officeDocument").values()), "ppt/presentation.xml")
    if not package.has(main) or local_name(package.xml(main)) != "presentation":
        raise DocumentRefused("malformed", "The file is named .pptx but holds no presentation; check its name.")
    slides = package.related(main, "slide")
    order = (attribute_id(item) for item in children(child(package.xml(main), "sldIdLst"), "sldId"))
    blocks: list[Block] = []
    for page, identity in enumerate(order, start=1):
        part = slides.get(identity)
        if part and package.has(part):
            blocks.extend(_slide(package, part, page))
    return LoadedDocument(blocks=tuple(blocks), metadata=package.properties())


def attribute_id(item: etree._Element) -> str:
    """The relationship id of a slide; its other attribute `id` is a number without namespace."""
    return next((str(value) for key, value in item.attrib.items() if str(key).endswith("}id")), "")


def _slide(package: Package, part: str, page: int) -> list[Block]:
    root = package.xml(part)
    if root.get("show") in {"0", "false"}:
        return []
    diagrams = package.related(part, "diagramData")
    titles: list[Block] = []
    blocks: list[Block] = []
    for shape in _shapes(child(root, "cSld", "spTree"), _DEEPEST):
        kind = attribute(child(shape, "nvSpPr", "nvPr", "ph"), "type")
        found = list(_shape(package, shape, diagrams))
        if kind in _TITLES and found:
            titles.append(Block(BlockKind.HEADING, clean(" ".join(block.text for block in found)), 2))
        elif kind not in _FURNITURE:
            blocks.extend(found)
    told = (block for block in (*titles, *blocks) if any(map(str.isalnum, block.text)))
    return [Block(block.kind, block.text, block.level, page) for block in told]


def _shapes(tree: etree._Element | None, depth: int) -> Iterator[etree._Element]:
    for item in tree if tree is not None and depth else ():
        name = local_name(item)
        if name == "grpSp":
            yield from _shapes(item, depth - 1)
        elif name == "AlternateContent":
            yield from _shapes(child(item, "Choice"), depth - 1)
        elif name in {"sp", "graphicFrame"} and not _is_hidden(item):
            yield item


def _is_hidden(shape: etree._Element) -> bool:
    properties = child(shape, "nvSpPr", "cNvPr")
    properties = child(shape, "nvGraphicFramePr", "cNvPr") if properties is None else properties
    return attribute(properties, "hidden") not in _OFF


def _shape(package: Package, shape: etree._Element, diagrams: dict[str, str]) -> Iterator[Block]:
    table = child(shape, "graphic", "graphicData", "tbl")
    if table is not None:
        yield from _table(table)
    part = diagrams.get(attribute(child(shape, "graphic", "graphicData", "relIds"), "dm") or "")
    if part and package.has(part):
        for point in children(child(package.xml(part), "ptLst"), "pt"):
            yield from _paragraphs(child(point, "t"), listed=True)
    placeholder = child(shape, "nvSpPr", "nvPr", "ph")
    listed = placeholder is not None and attribute(placeholder, "type") in _BODIES
    yield from _paragraphs(child(shape, "txBody"), listed=listed)


def _table(table: etree._Element) -> Iterator[Block]:
    has_head = attribute(child(table, "tblPr"), "firstRow") not in _OFF
    grid = _grid(table)
    if grid and len(grid[0]) > 1 and len(set(grid[0])) == 1:
        yield Block(BlockKind.PARAGRAPH, clean(grid[0][0]))  # a title across the whole table
        grid = grid[1:]
    yield from (Block(BlockKind.TABLE_ROW, text) for text in table_rows(grid, 1 if has_head else None))


def _paragraphs(body: etree._Element | None, *, listed: bool) -> Iterator[Block]:
    paragraphs = [(item, clean(_text(item))) for item in children(body, "p")]
    paragraphs = [(item, text) for item, text in paragraphs if any(map(str.isalnum, text))]
    for item, text in paragraphs:
        properties = child(item, "pPr")
        own = any(child(properties, name) is not None for name in ("buChar", "buAutoNum", "buBlip"))
        # The only paragraph of a text field is no list, whatever the layout draws in front of it.
        by_layout = listed and len(paragraphs) > 1 and child(properties, "buNone") is None
        yield Block(BlockKind.LIST_ITEM if own or by_layout else BlockKind.PARAGRAPH, text)


def _text(paragraph: etree._Element) -> str:
    parts: list[str] = []
    for item in paragraph:
        name = local_name(item)
        properties = child(item, "rPr")
        if name == "br":
            parts.append(" ")
        elif name == "fld" and (item.get("type") or "").startswith(("slidenum", "datetime")):
            continue
        elif name in {"r", "fld"} and attribute(properties, "strike") in _OFF:
            text = "".join(run.text or "" for run in children(item, "t"))
            high = (attribute(properties, "baseline") or "0").lstrip("+")
            parts.append(raised("".join(parts[-2:]), text) if high.isdecimal() and int(high) > 0 else text)
    return "".join(parts)


def _grid(table: etree._Element) -> list[list[str]]:
    """Cells as they are covered: merged cells repeat the text that spans them."""
    grid: list[list[str]] = []
    for row in children(table, "tr"):
        texts: list[str] = []
        for cell in children(row, "tc"):
            if cell.get("hMerge") not in _OFF and texts:
                texts.append(texts[-1])
            elif cell.get("vMerge") not in _OFF and grid and len(texts) < len(grid[-1]):
                texts.append(grid[-1][len(texts)])
            else:
                texts.append(join_lines([_text(item) for item in children(child(cell, "txBody"), "p")]))
        grid.append(texts)
    return grid
