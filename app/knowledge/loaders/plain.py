"""Plain text to blocks: paragraphs, lists and headings as people lay them out without markup."""

import re

from app.followups.types import BlockKind
from app.knowledge.loaders.text import clean, decode
from app.knowledge.types import Block, LoadedDocument

_BULLET = re.compile(r"^(?P<indent>\s*)(?:[-*+•◦▪‣·–—]|\(?\d{1,2}[.)]|\(?[a-z][.)])\s+(?P<text>\S.*)$")
_UNDERLINE = re.compile(r"^\s*(?P<mark>=|-|~|\*|#|_)(?P=mark){2,}\s*$")
_HASHES = re.compile(r"^(?P<marks>#{1,6})\s+(?P<text>\S.*?)\s*#*$")
_NUMBERED = re.compile(r"^(?P<number>\d{1,2}(?:\.\d{1,2})*)[.)]?\s+(?P<text>[A-Z].*)$")
_QUESTION = re.compile(r"^(?:Q|Question)\s*\d*\s*[:.)]\s*(?P<text>.+)$", re.IGNORECASE)
_ANSWER = re.compile(r"^(?:A|Answer)\s*\d*\s*[:.)]\s+", re.IGNORECASE)
_ENDS_SENTENCE = re.compile(r"[.!?:;,…\"”)\]]$")
_HEADING_LENGTH = 80
_WRAP_COLUMN = 55


def load_plain(data: bytes) -> LoadedDocument:
    return LoadedDocument(blocks=tuple(blocks_of(decode(data))))


def blocks_of(text: str) -> list[Block]:
    """Blocks of running text whose paragraphs are separated by empty lines."""
    groups = re.split(r"\n[ \t]*(?:\n[ \t]*)+", text.strip("\n").replace("\f", "\n\n"))
    blocks: list[Block] = []
    for index, group in enumerate(groups):
        lines = [line for line in group.split("\n") if line.strip()]
        blocks.extend(_group(lines, is_last=index == len(groups) - 1))
    return [block for block in blocks if any(char.isalnum() for char in block.text)]


def _group(lines: list[str], *, is_last: bool) -> list[Block]:
    lines, heading = _heading(lines, is_last=is_last)
    blocks = [heading] if heading else []
    pending: list[str] = []
    kind = BlockKind.PARAGRAPH
    longest = max((len(line.rstrip()) for line in lines), default=0)
    for line in lines:
        bullet = _BULLET.match(line)
        question = _QUESTION.match(line.strip())
        if pending and (bullet or question or _breaks(pending[-1], line, longest, kind)):
            blocks.append(Block(kind, clean(" ".join(pending))))
            pending, kind = [], BlockKind.PARAGRAPH
        if question:
            blocks.append(Block(BlockKind.HEADING, clean(question["text"]), 3))
        elif bullet:
            pending, kind = [bullet["text"]], BlockKind.LIST_ITEM
        else:
            pending.append(_ANSWER.sub("", line.strip()))
    if pending:
        blocks.append(Block(kind, clean(" ".join(pending))))
    return blocks


def _heading(lines: list[str], *, is_last: bool) -> tuple[list[str], Block | None]:
    """`(other lines, heading)` when the group opens with a heading."""
    if not lines:
        return lines, None
    if _UNDERLINE.match(lines[0]) and len(lines) > 1:
        lines = lines[1:]
    first = lines[0].strip()
    if hashes := _HASHES.match(first):
        return lines[1:], Block(BlockKind.HEADING, clean(hashes["text"]), len(hashes["marks"]))
    if len(lines) > 1 and (rule := _UNDERLINE.match(lines[1])) and len(first) <= _HEADING_LENGTH:
        return lines[2:], Block(BlockKind.HEADING, clean(first), 1 if rule["mark"] in "=#*" else 2)
    if len(first) > _HEADING_LENGTH or _BULLET.match(lines[0]) and not _NUMBERED.match(first):
        return lines, None
    numbered = _NUMBERED.match(first)
    if len(lines) == 1 and numbered and not _ENDS_SENTENCE.search(first) and not is_last:
        return [], Block(BlockKind.HEADING, clean(numbered["text"]), 2 + numbered["number"].count("."))
    if first.isupper() and sum(char.isalpha() for char in first) > 3 and not _ENDS_SENTENCE.search(first):
        return lines[1:], Block(BlockKind.HEADING, clean(first), 2)
    alone = len(lines) == 1 and not is_last and len(first.split()) <= 10 and first[:1].isupper()
    if alone and (not _ENDS_SENTENCE.search(first) or first.endswith("?")):
        return [], Block(BlockKind.HEADING, clean(first), 2)
    return lines, None


def _breaks(previous: str, line: str, longest: int, kind: BlockKind) -> bool:
    """Whether `line` starts anew instead of continuing a wrapped line.

    A line that ends well before the right margin was ended on purpose, unless the text goes on in lower case.
    """
    if kind is BlockKind.LIST_ITEM and line[:1].isspace():
        return False
    wrapped = len(previous) >= max(_WRAP_COLUMN, 0.7 * longest) if longest <= 200 else False
    return not wrapped and not line.strip()[:1].islower()
