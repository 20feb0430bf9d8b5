"""Names of uploaded documents: what a caller may call a document, and nothing that a file system could misread."""

import re
import unicodedata

from app.errors import InvalidInput
from app.knowledge.source_files import MANIFEST_NAMES

MAX_NAME = 200
MAX_PART_BYTES = 200
MAX_PARTS = 8
_MOST_SHOWN = 100
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)", re.IGNORECASE)
_FORBIDDEN = frozenset('\\:*?"<>|')


def document_name(text: str, field: str = "file") -> str:
    """`text` as the name of a document: a relative path with `/`, in NFC.

    Nothing is repaired silently, because two names must never meet by accident. Raises `InvalidInput` naming `field`.
    """
    name = unicodedata.normalize("NFC", text)
    problem, fix = _problem(name)
    if problem:
        raise InvalidInput(
            f"{field}{_shown(name)}: the file name {problem}; {fix}.",
            [{"field": field, "problem": f"file name {problem}", "fix": fix}],
        )
    return name


def _shown(name: str) -> str:
    """A refused name so that the caller finds the file, without what it may do to a terminal."""
    if not name.strip():
        return ""
    text = ascii(name)
    return f" ({text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + '...'})"


def _problem(name: str) -> tuple[str, str]:
    if not name.strip():
        return "is missing", "send filename=... with the file"
    if len(name) > MAX_NAME:
        return f"is longer than {MAX_NAME} characters", "shorten it"
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for character in name):
        return "holds control or invisible characters", "use visible characters only"
    found = sorted(_FORBIDDEN.intersection(name))
    if found:
        return f"holds {' '.join(found)}", "use letters, digits, spaces and . _ - ( ) only, and / between folders"
    parts = name.split("/")
    if len(parts) > MAX_PARTS:
        return f"has more than {MAX_PARTS} parts", "use fewer folders"
    return next(filter(None, map(_part_problem, parts)), ("", ""))


def _part_problem(part: str) -> tuple[str, str] | None:
    if part in ("", ".", ".."):
        return "is not a plain relative path", "remove leading, doubled and dotted parts"
    if part.startswith((".", "~$")):
        return "is that of a hidden file", "do not begin it with . or ~$"
    if part != part.strip() or part.endswith("."):
        return "begins or ends with a space, or ends with a dot", "remove it"
    if _DEVICES.fullmatch(part.split(".", maxsplit=1)[0].rstrip()):
        return "is that of a device", "choose another name"
    if part.lower() in MANIFEST_NAMES:
        return "is that of a manifest", "send what it says as fields of the upload"
    if len(part.encode()) > MAX_PART_BYTES:
        return f"has a part longer than {MAX_PART_BYTES} bytes", "shorten it"
    return None
