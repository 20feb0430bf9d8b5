"""Find the loader of a file by its name and its content, and refuse what cannot be read."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from app.errors import DocumentRefused
from app.knowledge.loaders.base import Loader
from app.knowledge.loaders.csv_file import load_csv
from app.knowledge.loaders.docx import load_docx
from app.knowledge.loaders.html_page import load_html
from app.knowledge.loaders.markdown import load_markdown, load_mdx
from app.knowledge.loaders.pdf import load_pdf
from app.knowledge.loaders.plain import load_plain
from app.knowledge.loaders.text import is_binary
from app.knowledge.loaders.xlsx import load_xlsx
from app.knowledge.types import LoadedDocument

MAX_BYTES = 50 * 1024 * 1024

LOADERS: Mapping[str, Loader] = MappingProxyType({
    ".pdf": load_pdf,
    ".md": load_markdown,
    ".markdown": load_markdown,
    ".mdx": load_mdx,
    ".html": load_html,
    ".htm": load_html,
    ".xhtml": load_html,
    ".docx": load_docx,
    ".docm": load_docx,
    ".xlsx": load_xlsx,
    ".xlsm": load_xlsx,
    ".csv": load_csv,
    ".tsv": load_csv,
    ".txt": load_plain,
    ".text": load_plain,
})
SUPPORTED_SUFFIXES = frozenset(LOADERS)

_BINARY = frozenset({".pdf", ".docx", ".docm", ".xlsx", ".xlsm"})


def load(path: Path) -> LoadedDocument:
    """Blocks of the file at `path`. Raises `DocumentRefused`; its message names the problem and the fix."""
    suffix = path.suffix.lower()
    loader = LOADERS.get(suffix)
    if loader is None:
        known = ", ".join(sorted(SUPPORTED_SUFFIXES))
        named = f"of type {suffix}" if suffix else "without a suffix"
        raise DocumentRefused("unsupported", f"Files {named} are not read; use one of {known}.")
    data = _read(path)
    _check_kind(data, suffix)
    try:
        document = loader(data)
    except RecursionError as error:
        raise DocumentRefused("malformed", "The document is nested too deeply to be read; simplify it.") from error
    if not document.blocks:
        hint = "; if it is a scan, save it with recognised text" if suffix == ".pdf" else ""
        raise DocumentRefused("empty", f"The file holds no text{hint}.")
    return document


def _check_kind(data: bytes, suffix: str) -> None:
    """Refuse content that its name does not announce."""
    if data.startswith(b"%PDF-") and suffix != ".pdf":
        raise DocumentRefused("malformed", f"The file is named {suffix} but is a PDF; rename it to end in .pdf.")
    if suffix not in _BINARY and is_binary(data):
        raise DocumentRefused("malformed", f"The file is named {suffix} but does not hold text; check its name.")


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DocumentRefused("too_large", f"The file is larger than {MAX_BYTES >> 20} MB; split it.")
        data = path.read_bytes()
    except OSError as error:
        raise DocumentRefused("malformed", f"The file cannot be opened: {error.strerror}.") from error
    if not data:
        raise DocumentRefused(
            "empty", "The file is empty, so there is no text in it; put the document back or remove it."
        )
    return data
