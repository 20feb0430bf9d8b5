"""Links, e-mail addresses, host names and phone numbers."""

import re
from dataclasses import dataclass

_TOP_LEVEL = (
    "com|net|org|io|sh|dev|ai|co|app|biz|info|me|eu|de|uk|fr|us|in|cloud|tech|site|online|xyz|shop|store|edu|gov|ch|at|"
    "nl|be|it|es|se|no|dk|fi|pl|pt|ie|ca|au|nz|jp|cn|br|mx|za|ru|tv|gg|so|to|ly|link|page|email|support|software|"
    "digital|agency|solutions|systems|team|work|live|world|zone|top|click|example|test|invalid|local"
)
_LINK = re.compile(
    r"(?P<url>(?:https?|ftp)://[^\s<>()\[\]\"'“”]+|www\.[^\s<>()\[\]\"'“”]+)"
    r"|(?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    rf"|(?P<host>(?<![\w@.-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:{_TOP_LEVEL})\b(?!\.\w)(?:/[^\s<>()\[\]\"'“”]*)?)"
    r"|(?P<phone>(?<![\w$€£.,-])(?:\+\d|\(\d{3}\)|\d{3}[\s.-])[\d\s().-]{6,}\d(?![\w%]))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Link:
    """`text[start:end]`; `kind` is `url`, `email` or `phone`; `host` is lower case, empty for phone numbers."""

    kind: str
    value: str
    host: str
    start: int
    end: int


def find_links(text: str) -> tuple[Link, ...]:
    """All links of `text` in order. `value` is normalised so that equal addresses compare equal."""
    return tuple(_link(match) for match in _LINK.finditer(text))


def _link(match: re.Match[str]) -> Link:
    raw = match[0].rstrip(".,;:!?…")
    end = match.start() + len(raw)
    if match["phone"]:
        return Link("phone", re.sub(r"\D", "", raw), "", match.start(), end)
    if match["email"]:
        return Link("email", raw.lower(), raw.rsplit("@", 1)[1].lower(), match.start(), end)
    bare = re.sub(r"^[a-z]+://", "", raw, flags=re.IGNORECASE).rstrip("/")
    host, slash, path = bare.partition("/")
    host = host.rsplit("@", 1)[-1].lower()
    return Link("url", host.removeprefix("www.") + slash + path, host, match.start(), end)
