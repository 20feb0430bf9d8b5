"""PDF to blocks: ruled tables become rows, everything else is rebuilt from positioned words."""

import io
import logging
import re
import time
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
from pypdfium2 import PdfiumError

from app.errors import DocumentRefused
from app.knowledge.loaders.front_matter import as_metadata
from app.knowledge.loaders.pdf_fast import FastReader
from app.knowledge.loaders.pdf_layout import Line, Word
from app.knowledge.loaders.pdf_paragraphs import PageContent, document_blocks
from app.knowledge.loaders.pdf_tables import TableReader, TableRows, in_reading_order
from app.knowledge.loaders.text import raised
from app.knowledge.types import LoadedDocument

MAX_PAGES = 2000
_CAREFUL_SECONDS = 10.0
Char = dict[str, Any]  # what pdfplumber tells of one letter

_GLYPH = re.compile(r"\(cid:\d+\)")
_RAISED_SIZE = 0.78  # of the word's letters
_BOLD = ("bold", "black", "heavy", "semibold", "demi", "cmbx")

# What a damaged file makes pdfminer raise beyond its own exceptions.
_DAMAGE = (
    PdfiumError,
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
    """Tables are looked for on as many pages as fit into ten seconds, and not on pages full of drawings.

    Raises `DocumentRefused`: `encrypted` if a password is needed to open it, `malformed` if no page can be read,
    `too_large` for thousands of pages.
    """
    if b"%PDF-" not in data[:2048]:
        raise DocumentRefused("malformed", "The file is named .pdf but is not a PDF; export it again as PDF.")
    fast = _fast_reader(data)
    if fast is not None and len(fast) > MAX_PAGES:
        raise DocumentRefused("too_large", f"The PDF has more than {MAX_PAGES} pages; split it.")
    try:
        return _read_carefully(data, fast)
    except DocumentRefused as refusal:
        # What one library takes for damaged, the other may still read.
        if refusal.reason != "malformed" or fast is None:
            raise
        return LoadedDocument(blocks=tuple(document_blocks([fast.read(index) for index in range(len(fast))])))
    finally:
        if fast is not None:
            fast.close()


def _fast_reader(data: bytes) -> FastReader | None:
    try:
        return FastReader(data)
    except PdfiumError:
        return None


def _read_carefully(data: bytes, fast: FastReader | None) -> LoadedDocument:
    deadline = time.monotonic() + _CAREFUL_SECONDS
    with _translated_errors(), pdfplumber.open(io.BytesIO(data)) as pdf:
        if len(pdf.pages) > MAX_PAGES:
            raise DocumentRefused("too_large", f"The PDF has more than {MAX_PAGES} pages; split it.")
        tables = TableReader()
        careful: list[PageContent] = []
        quick: list[PageContent] = []
        for index, page in enumerate(pdf.pages):
            if fast is not None and index < len(fast) and (time.monotonic() > deadline or fast.is_heavy(index)):
                quick.append(fast.read(index))
            else:
                careful.append(_read_page(page, tables))
        metadata = as_metadata(pdf.metadata or {})
    # The two readers measure letters differently, so each makes its own headings and running lines.
    blocks = [*document_blocks(careful), *document_blocks(quick)]
    return LoadedDocument(blocks=tuple(sorted(blocks, key=lambda block: block.page or 0)), metadata=metadata)


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
    items = in_reading_order([word for word in words if not any(table.covers(word) for table in ruled)])
    content = PageContent(page.page_number, float(page.height), tuple(_merge(items, ruled)))
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
