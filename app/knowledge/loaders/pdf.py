"""PDF to blocks: ruled tables become rows, everything else is rebuilt from positioned words."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFEncryptionError
from pdfminer.psexceptions import PSException
from pdfplumber.page import Page
from pdfplumber.utils.exceptions import MalformedPDFException, PdfminerException

from app.errors import DocumentRefused
from app.knowledge.loaders.front_matter import as_metadata
from app.knowledge.loaders.pdf_layout import Line, Word, reading_order
from app.knowledge.loaders.pdf_paragraphs import PageContent, document_blocks
from app.knowledge.loaders.pdf_tables import TableReader, TableRows
from app.knowledge.loaders.text import raised
from app.knowledge.types import LoadedDocument

MAX_PAGES = 2000
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
    clear = page.dedupe_chars(tolerance=1)
    words = clear.extract_words(x_tolerance_ratio=0.18, y_tolerance=2, return_chars=True)
    found = tables.read(clear)
    placed = [_word(item) for item in words if item["upright"]]
    lines = reading_order([word for word in placed if not any(table.covers(word) for table in found)])
    page.close()
    return PageContent(page.page_number, float(page.height), tuple(_merge(lines, found)))


def _merge(lines: list[Line], tables: list[TableRows]) -> Iterator[Line | TableRows]:
    """Put each table before the first line that starts below its top."""
    waiting = sorted(tables, key=lambda table: table.top)
    for line in lines:
        while waiting and waiting[0].top <= line.top:
            yield waiting.pop(0)
        yield line
    yield from waiting


def _word(item: dict[str, Any]) -> Word:
    chars = item["chars"]
    size = max(float(char["size"]) for char in chars)
    bold = sum(any(mark in char["fontname"].lower() for mark in _BOLD) for char in chars)
    return Word(
        text=_text(chars, size),
        x0=float(item["x0"]),
        x1=float(item["x1"]),
        top=float(item["top"]),
        bottom=float(item["bottom"]),
        size=size,
        bold=2 * bold > len(chars),
    )


def _text(chars: list[dict[str, Any]], size: float) -> str:
    """The word's letters; small raised ones are note marks, exponents or cents and are read as such."""
    base = max(float(char["bottom"]) for char in chars if float(char["size"]) == size)
    parts: list[str] = []
    for small, group in groupby(
        chars, key=lambda char: char["size"] < _RAISED_SIZE * size and char["bottom"] < base - 0.15 * size
    ):
        text = "".join(str(char["text"]) for char in group)
        parts.append(raised("".join(parts), text) if small and parts else text)
    return "".join(parts)
