"""What a file holds, by its bytes: names are not believed."""

import re

from app.knowledge.loaders.ooxml import OLE
from app.knowledge.loaders.text import is_binary

_HTML = re.compile(r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--[^>]{0,2000}>\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_MARKS = "\xef\xbb\xbf\xff\xfe"  # byte-order marks, read as Latin-1
_HEAD = 4096
# Names of parts and streams stand unpacked in a container. The first that is found decides.
_PARTS = ((b"word/document", ".docx"), (b"ppt/presentation", ".pptx"), (b"xl/workbook", ".xlsx"))
_OPEN_DOCUMENT = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
_STREAMS = (("WordDocument", ".doc"), ("PowerPoint Document", ".ppt"), ("Workbook", ".xls"), ("Book", ".xls"))


def content_suffix(data: bytes) -> str | None:
    """The suffix that the content deserves; None for text that could be of any text format, ".bin" for the unknown."""
    if data.startswith(b"%PDF-"):
        return ".pdf"
    if data.startswith(b"PK\x03\x04"):
        return _archive_suffix(data)
    if data.startswith(OLE):
        return next((suffix for name, suffix in _STREAMS if name.encode("utf-16-le") in data), ".bin")
    if data.startswith(b"{\\rtf"):
        return ".rtf"
    if is_binary(data):
        # Some programs write a few bytes of their own in front of a PDF.
        return ".pdf" if b"%PDF-" in data[:1024] else ".bin"
    head = data[:_HEAD].replace(b"\x00", b"").decode("latin-1").lstrip(_MARKS)
    return ".html" if _HTML.match(head) else None


def _archive_suffix(data: bytes) -> str:
    if _OPEN_DOCUMENT in data[:200]:
        return ".ods"
    return next((suffix for part, suffix in _PARTS if part in data), ".zip")
