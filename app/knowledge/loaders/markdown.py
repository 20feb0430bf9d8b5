"""Markdown and MDX to blocks, by the tokens of a CommonMark parser."""

import re
from dataclasses import replace
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from app.followups.types import BlockKind
from app.knowledge.loaders.brackets import without_torn_brackets
from app.knowledge.loaders.front_matter import Metadata, split_front_matter
from app.knowledge.loaders.html_page import fragment_blocks
from app.knowledge.loaders.markup import MarkupReducer
from app.knowledge.loaders.markup_output import LOST, SECTION_END
from app.knowledge.loaders.tables import table_rows
from app.knowledge.loaders.text import clean, clean_code, decode
from app.knowledge.types import Block, LoadedDocument
from app.language.sentences import split_sentences

_MARKS = re.compile(f"[{SECTION_END}{LOST}]")
_ARROWS = re.compile(r"\s*[→›»⟶➜↗]+$")
_TORN_EMPHASIS = re.compile(r"\*{2,}|(?<![\w*])\*(?=\w)|(?<=[\w.,!?)])\*(?!\w)")
_CELLS = re.compile(r"\s*(?:\|\s*)+")
_BLANKS = re.compile(r"_{4,}|__(?=\w)|(?<=\w)__(?!\w)")
_DEFINES = re.compile(r"^(?:import|export)\b", re.MULTILINE)
# Source of drawings, which a reader sees as a picture, and marks that tell a page which lines of code to colour.
_DIAGRAMS = frozenset({"mermaid", "plantuml", "graphviz", "dot", "d2"})
_HIGHLIGHT = re.compile(r"[ \t]*(?://|#|--|/\*|<!--)[ \t]*\[!code [^\]\n]{1,40}\][ \t]*(?:\*/|-->)?")
_MARKED_CODE = re.compile(r"^\*\*([^*\n]+)\*\*$")
_LONGEST_INLINE = 10_000  # characters
_PIECE = re.compile(rf".{{1,{_LONGEST_INLINE}}}(?:\s|$)|.{{{_LONGEST_INLINE}}}", re.DOTALL)
_HEADING_ANCHOR = re.compile(r"\s*[#¶§]+$")


def load_markdown(data: bytes) -> LoadedDocument:
    return _load(data, mdx=False)


def load_mdx(data: bytes) -> LoadedDocument:
    return _load(data, mdx=True)


def _load(data: bytes, *, mdx: bool) -> LoadedDocument:
    metadata, body = split_front_matter(decode(data))
    reduced = without_torn_brackets(MarkupReducer(_MARKS.sub("", body), mdx=mdx).reduce())
    blocks = _TokenReader().read(_parser(mdx).parse(reduced)) or _stand_in(metadata, body, mdx=mdx)
    title = next((value for key, value in metadata if key == "title"), None)
    return LoadedDocument(blocks=tuple(blocks), title=title, metadata=metadata)


def _stand_in(metadata: Metadata, body: str, *, mdx: bool) -> list[Block]:
    """A page without prose is known by its description; an MDX file that only defines components is code."""
    described = next((value for key, value in metadata if key in {"description", "excerpt", "summary"}), "")
    if described:
        return [Block(BlockKind.PARAGRAPH, described)]
    return [Block(BlockKind.CODE, clean_code(body))] if mdx and _DEFINES.search(body) else []


@lru_cache(maxsize=2)
def _parser(mdx: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": 40}).enable(["table", "strikethrough"])
    parser.core.ruler.before("inline", "cut_long_inlines", _cut_long_inlines)
    # MDX has no indented code: content of components is indented for looks.
    return parser.disable("code") if mdx else parser


def _cut_long_inlines(state: StateCore) -> None:
    """Looking for the ends of links and emphasis takes a time that grows with the square of a paragraph's length."""
    tokens: list[Token] = []
    for token in state.tokens:
        if token.type == "inline" and len(token.content) > _LONGEST_INLINE:
            pieces = _PIECE.findall(token.content)
            tokens.extend(Token("inline", "", 0, content=piece, children=[], level=token.level) for piece in pieces)
        else:
            tokens.append(token)
    state.tokens = tokens


class _TokenReader:
    """Collects blocks from the flat token list of one document."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._section = 0
        self._item_is_new = False
        self._grid: list[list[str]] | None = None

    def read(self, tokens: list[Token]) -> list[Block]:
        for index, token in enumerate(tokens):
            match token.type:
                case "inline":
                    self._inline(token, tokens[index - 1])
                case "fence" | "code_block" if token.info.strip().lower() not in _DIAGRAMS:
                    self._add(BlockKind.CODE, clean_code(_HIGHLIGHT.sub("", token.content)))
                case "html_block":
                    self._html(token.content)
                case "list_item_open":
                    self._item_is_new = True
                case "table_open":
                    self._grid = []
                case "tr_open" if self._grid is not None:
                    self._grid.append([])
                case "table_close":
                    self._table()
        return self._blocks

    def _inline(self, token: Token, opener: Token) -> None:
        if token.content.startswith(SECTION_END):
            self._section = int(token.content[1:2] or 0)
            return
        text = clean(_without_torn_sentences(inline_text(token.children or [])))
        if self._grid is not None:
            self._grid[-1].append(text)
        elif opener.type == "heading_open":
            self._section = 0
            self._add(BlockKind.HEADING, _HEADING_ANCHOR.sub("", text), int(opener.tag[1]))
        else:
            kind = BlockKind.LIST_ITEM if self._item_is_new else BlockKind.PARAGRAPH
            self._add(kind, _ARROWS.sub("", text))
            self._item_is_new = False

    def _table(self) -> None:
        grid, self._grid = self._grid or [], None
        for text in table_rows(grid, header_rows=1):
            self._add(BlockKind.TABLE_ROW, text)

    def _html(self, content: str) -> None:
        if "<table" in content.lower():
            self._blocks.extend(replace(block, level=self._section) for block in fragment_blocks(content))

    def _add(self, kind: BlockKind, text: str, level: int = 0) -> None:
        if any(char.isalnum() for char in text):
            self._blocks.append(Block(kind, text, level or self._section))


def _without_torn_sentences(text: str) -> str:
    """`text` without the sentences that lack a value: they would say something else."""
    if LOST not in text:
        return text
    sentences = (text[start:end] for start, end in split_sentences(text))
    return " ".join(sentence for sentence in sentences if LOST not in sentence)


def _without_leftovers(text: str) -> str:
    """Marks that meant something to the author and nothing to the parser: torn emphasis, cells, blanks of forms."""
    text = _TORN_EMPHASIS.sub("", text)
    return _CELLS.sub("; ", _BLANKS.sub("", text)) if "|" in text or "__" in text else text


def inline_text(tokens: list[Token]) -> str:
    """Visible text of inline tokens: links and emphasis give their words, images and struck-out words nothing."""
    parts: list[str] = []
    struck = 0
    for token in tokens:
        match token.type:
            case "s_open" | "s_close":
                struck += 1 if token.type == "s_open" else -1
            case "text" | "text_special" if not struck:
                parts.append(_without_leftovers(token.content))
            case "code_inline" if not struck:
                parts.append(_MARKED_CODE.sub(r"\1", token.content.replace("\\$", "$")))
            case "softbreak" | "hardbreak":
                parts.append(" ")
    return "".join(parts)
