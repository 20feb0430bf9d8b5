"""Text reduced for matching phrases: case, accents, apostrophes and typographic variants do not matter."""

import re
import unicodedata

_APOSTROPHES = re.compile(r"['’‘ʼ`´]")
_DASHES = re.compile(r"[‐‑‒–—−]")
_SPACES = re.compile(r"\s+")


def fold(text: str) -> str:
    """Lower case without accents and apostrophes, dashes as "-", single spaces: "Don’t e–mail" -> "dont e-mail"."""
    bare = _DASHES.sub("-", _APOSTROPHES.sub("", text)).casefold()
    if not bare.isascii():
        bare = "".join(char for char in unicodedata.normalize("NFKD", bare) if not unicodedata.combining(char))
    return _SPACES.sub(" ", bare).strip()
