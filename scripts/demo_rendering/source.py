"""Read a source: Markdown with front matter `title`, `subtitle` and `date`."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode


@dataclass(frozen=True, slots=True)
class Heading:
    """`level` is 2 or 3; level 1 is the document's title."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quotation:
    """What a customer said: the words, then who said them."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Every row has as many cells as the header."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Heading | Paragraph | Bullets | Quotation | Table


@dataclass(frozen=True, slots=True)
class Source:
    title: str
    subtitle: str
    date: date
    blocks: tuple[Block, ...]

    @property
    def written_date(self) -> str:
        """The date as people write it: `March 12, 2024`."""
        return f"{self.date:%B} {self.date.day}, {self.date.year}"


def read_source(path: Path) -> Source:
    """Raises `ValueError` naming the file for Markdown that the renderers have no layout for."""
    _, front_matter, body = path.read_text(encoding="utf-8").split("---\n", 2)
    root = SyntaxTreeNode(MarkdownIt("commonmark").enable("table").parse(body))
    try:
        blocks = tuple(_block(node) for node in root.children)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return Source(**yaml.safe_load(front_matter), blocks=blocks)


def _block(node: SyntaxTreeNode) -> Block:
    match node.type:
        case "heading":
            return Heading(int(node.tag[1]), _text(node))
        case "paragraph":
            return Paragraph(_text(node))
        case "bullet_list":
            return Bullets(tuple(_text(item.children[0]) for item in node.children))
        case "blockquote":
            return Quotation(tuple(_inline(node.children[0]).split("\n")))
        case "table":
            head, body = node.children
            return Table(_cells(head.children[0]), tuple(_cells(row) for row in body.children))
    raise ValueError(f"there is no layout for a {node.type}")


def _cells(row: SyntaxTreeNode) -> tuple[str, ...]:
    return tuple(_text(cell) for cell in row.children)


def _text(node: SyntaxTreeNode) -> str:
    return _inline(node).replace("\n", " ")


def _inline(node: SyntaxTreeNode) -> str:
    inline = node.children[0]
    if any(child.type not in ("text", "softbreak") for child in inline.children):
        raise ValueError(f"only plain text has a layout, not the markup in {inline.content!r}")
    return inline.content
