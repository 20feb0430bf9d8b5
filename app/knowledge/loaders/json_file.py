"""JSON files that hold records (plans, prices, questions and answers) to rows that carry their keys."""

import json
import re
from collections.abc import Iterator, Mapping

from app.errors import DocumentRefused
from app.followups.types import BlockKind
from app.knowledge.loaders.html_page import fragment_blocks
from app.knowledge.loaders.tables import row_text
from app.knowledge.loaders.text import clean, decode
from app.knowledge.types import Block, LoadedDocument

_NAMES = ("title", "name", "label", "plan", "question", "heading", "product")
# Keys whose values are for programs: never what a reader would be told.
_TECHNICAL = frozenset(
    """
    id _id uuid guid key slug href url link icon image img logo color colour class classname style variant $schema
    """.split()  # noqa: SIM905 - a word list reads better as text
)
_ADDRESS = re.compile(r"(?:https?:/|\.{0,2})/\S*$|#\S*$")
_WORD_BREAK = re.compile(r"[_\-\s]+|(?<=[a-z])(?=[A-Z])")
_PROSE = 160  # characters; longer values are texts of their own
_DEEPEST = 12
_MOST_ITEMS = 20_000


def load_json(data: bytes) -> LoadedDocument:
    """Raises `DocumentRefused`: `malformed` for broken JSON, `unsupported` for a file that holds no records."""
    try:
        # Numbers keep the digits they are written with: 9.50 is a price.
        content = json.loads(decode(data), parse_float=str, parse_int=str)
    except ValueError as error:
        raise DocumentRefused("malformed", "The file is no valid JSON; check it with what wrote it.") from error
    if not _holds_records(content, _DEEPEST):
        raise DocumentRefused(
            "unsupported",
            "The JSON file holds no list of records with texts, so it is taken for the data of a program; "
            "if people are to read it, save it as CSV or Markdown.",
        )
    return LoadedDocument(blocks=tuple(_blocks("", content, 0)))


def _holds_records(value: object, depth: int) -> bool:
    value = _as_records(value)
    if isinstance(value, list):
        return any(isinstance(item, dict) and any(map(_is_words, item.values())) for item in value)
    return isinstance(value, dict) and depth > 0 and any(_holds_records(item, depth - 1) for item in value.values())


def _is_words(value: object) -> bool:
    return isinstance(value, str) and any(map(str.isalpha, value)) and not _ADDRESS.match(value)


def _as_records(value: object) -> object:
    """`{"team": {"price": 9}, "scale": {"price": 99}}` are records whose names are the keys."""
    if not isinstance(value, dict) or len(value) < 2 or not all(isinstance(item, dict) for item in value.values()):
        return value
    shared = set.intersection(*(set(item) for item in value.values()))
    return [{"name": _words(key)} | item for key, item in value.items()] if shared else value


def _blocks(name: str, value: object, level: int) -> Iterator[Block]:
    """Blocks of a list or mapping under a heading made of its key. `level` is the heading's."""
    value = _as_records(value)
    if level > _DEEPEST:
        return
    if name:
        yield _heading(name, level)
    if isinstance(value, dict):
        yield from _record(value, level)
    for item in value[:_MOST_ITEMS] if isinstance(value, list) else ():
        if isinstance(item, dict):
            yield from _record(item, level)
        elif isinstance(item, list):
            yield from _blocks("", item, level + 1)
        elif text := _text(item):
            yield Block(BlockKind.LIST_ITEM, text)


def _record(record: Mapping[str, object], level: int) -> Iterator[Block]:
    """One row of the short values, then the long ones and what is nested under the name of the record."""
    fields = dict(_fields("", record, _DEEPEST))
    short = {label: text for label, text in fields.items() if len(text) <= _PROSE}
    nested = [(key, value) for key, value in record.items() if _is_nested(value)]
    title = next((_text(record[key]) for key in _NAMES if _is_words(record.get(key))), "")
    if title and (nested or len(short) < len(fields)):
        level += 1
        yield _heading(title, level)
    if any(text != title for text in short.values() if text):
        yield Block(BlockKind.TABLE_ROW, row_text(list(short), list(short.values())))
    for key, value in record.items():
        if _words(key) in fields and _words(key) not in short:
            yield from _prose(value)
    for key, value in nested:
        yield from _blocks(_words(key), value, level + 1)


def _fields(prefix: str, record: Mapping[str, object], depth: int) -> Iterator[tuple[str, str]]:
    """Label and text of every plain value, of lists of plain values, and of mappings of these."""
    for key, value in record.items():
        label = f"{prefix} {_words(key)}".strip()
        if key.lower() in _TECHNICAL or _is_nested(value):
            continue
        if isinstance(value, dict):
            yield from _fields(label, value, depth - 1) if depth else ()
        elif isinstance(value, list):
            yield label, ", ".join(filter(None, map(_text, value[:_MOST_ITEMS])))
        else:
            yield label, _text(value)


def _is_nested(value: object) -> bool:
    """Whether the value is a table or list of its own rather than a cell."""
    value = _as_records(value)
    return isinstance(value, list) and any(isinstance(item, dict | list) for item in value)


def _prose(value: object) -> Iterator[Block]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str) and "<" in item:
            yield from fragment_blocks(f"<p>{item}</p>")
        elif text := _text(item):
            yield Block(BlockKind.PARAGRAPH, text)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if not isinstance(value, str) or _ADDRESS.match(value):
        return ""
    if "<" in value:
        return clean(" ".join(block.text for block in fragment_blocks(f"<p>{value}</p>")))
    return clean(value)


def _heading(words: str, level: int) -> Block:
    return Block(BlockKind.HEADING, words, min(level + 1, 6))


def _words(key: str) -> str:
    """`price_elsewhere` and `priceElsewhere` as words: `Price elsewhere`."""
    words = clean(_WORD_BREAK.sub(" ", key))
    return words[:1].upper() + words[1:]
