"""PDF to blocks: ruled tables become rows, everything else is rebuilt from positioned words."""

import io
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFEncryptionError
from pdfminer.psexceptions import PSException
from pdfplumber.page import Page
from pdfplumber.utils.exceptions import MalformedPDFException, PdfminerException
from pdfplumber.utils.text import extract_words

from app.errors import DocumentRefused
from app.knowledge.loaders.front_matter import as_metadata
from app.knowledge.loaders.pdf_layout import Grid, Line, Word, reading_order
from app.knowledge.loaders.pdf_paragraphs import PageContent, document_blocks
from app.knowledge.loaders.pdf_tables import TableReader, TableRows
from app.knowledge.loaders.tables import table_rows
from app.knowledge.loaders.text import raised
from app.knowledge.types import LoadedDocument

MAX_PAGES = 2000
Char = dict[str, Any]  # what pdfplumber tells of one letter

_GLYPH = re.compile(r"\(cid:\d+\)")
_RAISED_SIZE = 0.78  # of the word's letters
_BOLD = ("bold", "black", "heavy", "semibold", "demi", "cmbx")

# What a damaged file makes pdfminer raise beyond its own exceptions.
_DAMAGE = (
    PSException,
    MalformedPDFException,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    AssertionError,
    RecursionError,
    OverflowError,
    ZeroDivisionError,
    EOFError,
    NotImplementedError,
)


def load_pdf(data: bytes) -> LoadedDocument:
    """Raises `DocumentRefused`: `encrypted` if a password is needed to open it, `malformed` if no page can be read."""
    if b"%PDF-" not in data[:2048]:
        raise DocumentRefused("malformed", "The file is named .pdf but is not a PDF; export it again as PDF.")
    with _translated_errors(), pdfplumber.open(io.BytesIO(data)) as pdf:
        if len(pdf.pages) > MAX_PAGES:
            raise DocumentRefused("too_large", f"The PDF has more than {MAX_PAGES} pages; split it.")
        metadata = as_metadata(pdf.metadata or {})
        tables = TableReader()
        pages = [_read_page(page, tables) for page in pdf.pages]
    return LoadedDocument(blocks=tuple(document_blocks(pages)), metadata=metadata)


@contextmanager
def _translated_errors() -> Iterator[None]:
    logger = logging.getLogger("pdfminer")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    except PdfminerException as error:
        cause = error.args[0] if error.args else None
        if isinstance(cause, PDFEncryptionError):
            raise DocumentRefused(
                "encrypted", "The PDF needs a password to be opened; save a copy without one."
            ) from error
        raise _malformed() from error
    except _DAMAGE as error:
        raise _malformed() from error
    finally:
        logger.setLevel(level)


def _malformed() -> DocumentRefused:
    return DocumentRefused("malformed", "The PDF is damaged and cannot be read; export it again.")


def _read_page(page: Page, tables: TableReader) -> PageContent:
    found = extract_words(_distinct(page.chars), x_tolerance_ratio=0.18, y_tolerance=2, return_chars=True)
    words = [_word(item) for item in found if item["upright"]]
    ruled = tables.read(page, words)
    items = reading_order([word for word in words if not any(table.covers(word) for table in ruled)])
    content = PageContent(page.page_number, float(page.height), tuple(_merge(map(_as_rows, items), ruled)))
    page.close()
    return content


def _distinct(chars: Sequence[Char]) -> list[Char]:
    """Letters without the copies, a hair beside them, by which some programs make text look bold."""
    kept: list[Char] = []
    places: dict[tuple[str, int], list[float]] = {}
    for char in chars:
        text, x, line = str(char["text"]), float(char["x0"]), round(char["top"])
        near = min(1.0, 0.4 * float(char["width"]))
        taken = (place for row in (line - 1, line, line + 1) for place in places.get((text, row), ()))
        if text.isspace() or not any(abs(place - x) < near for place in taken):
            kept.append(char)
            places.setdefault((text, line), []).append(x)
    return kept


def _as_rows(item: Line | Grid) -> Line | TableRows:
    if isinstance(item, Line):
        return item
    rows = table_rows(item.rows, header_rows=1 if item.bold_head else None)
    return TableRows(tuple(rows), 0, item.top, 0, item.top)


def _merge(items: Iterable[Line | TableRows], tables: list[TableRows]) -> Iterator[Line | TableRows]:
    """Put each ruled table before the first line that starts below its top."""
    waiting = sorted(tables, key=lambda table: table.top)
    for item in items:
        while waiting and waiting[0].top <= item.top:
            yield waiting.pop(0)
        yield item
    yield from waiting


def _word(item: Char) -> Word:
    chars = item["chars"]
    size = max(float(char["size"]) for char in chars)
    bold = sum(any(mark in char["fontname"].lower() for mark in _BOLD) for char in chars)
    return Word(
        # A word that is one nameless glyph is a bullet.
        text="•" if _GLYPH.fullmatch(item["text"]) else _text(chars, size),
        x0=float(item["x0"]),
        x1=float(item["x1"]),
        top=float(item["top"]),
        bottom=float(item["bottom"]),
        size=size,
        bold=2 * bold > len(chars),
    )


def _text(chars: list[Char], size: float) -> str:
    """The word's letters; small raised ones are note marks, exponents or cents and are read as such."""
    base = max(float(char["bottom"]) for char in chars if float(char["size"]) == size)
    parts: list[str] = []
    for small, group in groupby(
        chars, key=lambda char: char["size"] < _RAISED_SIZE * size and char["bottom"] < base - 0.15 * size
    ):
        text = "".join(str(char["text"]) for char in group)
        parts.append(raised("".join(parts), text) if small and parts else text)
    return "".join(parts)
