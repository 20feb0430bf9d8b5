"""Find the loader of a file by its name and its content, and refuse what cannot be read."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from app.errors import DocumentRefused
from app.knowledge.loaders.base import Loader, refuse_larger_than
from app.knowledge.loaders.csv_file import load_csv
from app.knowledge.loaders.docx import load_docx
from app.knowledge.loaders.eml import load_eml
from app.knowledge.loaders.formats import SUPPORTED_SUFFIXES
from app.knowledge.loaders.html_page import load_html
from app.knowledge.loaders.json_file import load_json
from app.knowledge.loaders.markdown import load_markdown, load_mdx
from app.knowledge.loaders.ods import load_ods
from app.knowledge.loaders.ooxml import OLE, refused_container
from app.knowledge.loaders.pdf import load_pdf
from app.knowledge.loaders.plain import load_plain
from app.knowledge.loaders.pptx import load_pptx
from app.knowledge.loaders.sniffing import content_suffix
from app.knowledge.loaders.xls import load_xls
from app.knowledge.loaders.xlsx import load_xlsx
from app.knowledge.types import LoadedDocument

LOADERS: Mapping[str, Loader] = MappingProxyType({
    ".pdf": load_pdf,
    ".docx": load_docx,
    ".docm": load_docx,
    ".pptx": load_pptx,
    ".pptm": load_pptx,
    ".ppsx": load_pptx,
    ".xlsx": load_xlsx,
    ".xlsm": load_xlsx,
    ".xls": load_xls,
    ".ods": load_ods,
    ".csv": load_csv,
    ".tsv": load_csv,
    ".json": load_json,
    ".html": load_html,
    ".htm": load_html,
    ".xhtml": load_html,
    ".md": load_markdown,
    ".markdown": load_markdown,
    ".mdx": load_mdx,
    ".txt": load_plain,
    ".text": load_plain,
    ".eml": load_eml,
})

_BINARY = frozenset({".pdf", ".docx", ".docm", ".pptx", ".pptm", ".ppsx", ".xlsx", ".xlsm", ".xls", ".ods"})
_OFFICE = _BINARY - {".pdf"}
_KINDS = MappingProxyType({
    ".pdf": "a PDF",
    ".docx": "a Word document",
    ".doc": "an old Word document",
    ".pptx": "a presentation",
    ".ppt": "an old presentation",
    ".xlsx": "an Excel workbook",
    ".xls": "an old Excel workbook",
    ".ods": "an OpenDocument spreadsheet",
    ".rtf": "a rich text file",
    ".html": "an HTML page",
    ".zip": "an archive",
})


def load(path: Path, most_bytes: int) -> LoadedDocument:
    """Blocks of the file at `path`, of `most_bytes` at most.

    Only for processes that are confined: see `DocumentParser`. Raises `DocumentRefused`; its message names the problem
    and the fix.
    """
    suffix = path.suffix.lower()
    data = _read(path, most_bytes)
    loader = _loader(suffix, data)
    try:
        document = loader(data)
    except RecursionError as error:
        raise DocumentRefused("malformed", "The document is nested too deeply to be read; simplify it.") from error
    if not document.blocks:
        hint = "; if it is a scan, save it with recognised text" if suffix == ".pdf" else ""
        raise DocumentRefused("empty", f"The file holds no text{hint}.")
    return document


def _loader(suffix: str, data: bytes) -> Loader:
    """By content where it speaks for itself, else by name. Raises `DocumentRefused` where the two contradict."""
    held = content_suffix(data)
    if suffix not in LOADERS:
        raise _unsupported(suffix, held)
    if held is None and suffix not in _BINARY:
        return LOADERS[suffix]
    if held is not None and LOADERS.get(held) is LOADERS[suffix]:
        return LOADERS[suffix]
    # Office programs open each other's formats whatever the name, and so do we.
    if held is not None and suffix in _OFFICE and held in _OFFICE:
        return LOADERS[held]
    # Many exports named .xls are really a page or a text with tabs; other texts can be saved pages.
    if held == ".html" and suffix not in _BINARY | {".eml", ".json"} or suffix == ".xls" and held in {".html", None}:
        return LOADERS[held or ".csv"]
    raise _contradiction(suffix, held, data)


def _unsupported(suffix: str, held: str | None) -> DocumentRefused:
    if not suffix:
        ending = held if held in LOADERS else ".txt"
        kind = _KINDS.get(held or "", "text")
        if held in LOADERS or held is None:
            return DocumentRefused(
                "unsupported", f"The file has no suffix; if it is {kind}, rename it to end in {ending}."
            )
    known = ", ".join(sorted(SUPPORTED_SUFFIXES))
    named = f"of type {suffix}" if suffix else "of this kind"
    return DocumentRefused("unsupported", f"Files {named} are not read; save it as one of {known}.")


def _contradiction(suffix: str, held: str | None, data: bytes) -> DocumentRefused:
    if data.startswith(OLE) and suffix in _OFFICE:
        return refused_container(data, suffix)
    if held is not None and held in LOADERS:
        return DocumentRefused(
            "malformed", f"The file is named {suffix} but is {_KINDS[held]}; rename it to end in {held}."
        )
    if held is not None and held in _KINDS:
        return DocumentRefused("unsupported", f"The file is named {suffix} but is {_KINDS[held]}, which is not read.")
    if suffix in _BINARY:
        kind = _KINDS.get(suffix, "an Office document")
        return DocumentRefused("malformed", f"The file is named {suffix} but is not {kind}; export it again.")
    return DocumentRefused("malformed", f"The file is named {suffix} but does not hold text; check its name.")


def _read(path: Path, most_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except OSError as error:
        raise DocumentRefused("malformed", f"The file cannot be opened: {error.strerror}.") from error
    refuse_larger_than(most_bytes, len(data))
    if not data:
        raise DocumentRefused(
            "empty", "The file is empty, so there is no text in it; put the document back or remove it."
        )
    return data
