"""PDF pages as running text, some fifty times faster than with their tables: for pages that would take too long."""

import re
from collections.abc import Iterator

import pypdfium2
from pypdfium2 import raw

from app.knowledge.loaders.pdf_layout import Word
from app.knowledge.loaders.pdf_paragraphs import PageContent
from app.knowledge.loaders.pdf_tables import in_reading_order

_MANY_OBJECTS = 4_000  # drawn on one page
_MANY_LETTERS = 15_000
_WORD = re.compile(r"\S+")


class FastReader:
    """Pages count from 0. Raises `pypdfium2.PdfiumError` for what is no PDF, needs a password, or is damaged.

    For one thread of one process: the library underneath is not safe for more.
    """

    def __init__(self, data: bytes) -> None:
        self._pdf = pypdfium2.PdfDocument(data)

    def __len__(self) -> int:
        return len(self._pdf)

    def is_heavy(self, index: int) -> bool:
        """Whether the page holds a drawing or a sea of letters, on which careful reading would take many seconds."""
        page = self._pdf[index]
        try:
            if raw.FPDFPage_CountObjects(page) > _MANY_OBJECTS:
                return True
            letters = page.get_textpage()
            try:
                return bool(letters.count_chars() > _MANY_LETTERS)
            finally:
                letters.close()
        finally:
            page.close()

    def read(self, index: int) -> PageContent:
        page = self._pdf[index]
        try:
            height = float(page.get_height())
            words = list(_words(page, height))
        finally:
            page.close()
        return PageContent(index + 1, height, tuple(in_reading_order(words)))

    def close(self) -> None:
        self._pdf.close()


def _words(page: pypdfium2.PdfPage, height: float) -> Iterator[Word]:
    """Words of the page's pieces of text; places within a piece are proportional, which is all that layout needs."""
    letters = page.get_textpage()
    try:
        for piece in range(letters.count_rects()):
            left, bottom, right, top = letters.get_rect(piece)
            text = letters.get_text_bounded(left, bottom, right, top).replace("\ufffe", "-")
            upright = right - left >= 0.3 * (top - bottom) or len(text) < 3
            if upright and text:
                yield from _pieces(text, (left, height - top, right, height - bottom))
    finally:
        letters.close()


def _pieces(text: str, box: tuple[float, float, float, float]) -> Iterator[Word]:
    x0, top, x1, bottom = box
    step = (x1 - x0) / len(text)
    for match in _WORD.finditer(text):
        yield Word(match[0], x0 + match.start() * step, x0 + match.end() * step, top, bottom, bottom - top, bold=False)
