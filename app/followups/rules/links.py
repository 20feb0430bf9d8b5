"""Links, addresses and phone numbers: only what belongs to the company, by exact host."""

import re
from urllib.parse import urlsplit

from app.followups.rules.base import Judged
from app.followups.types import Violation

_URL = re.compile(r"(?:[a-z][a-z0-9+.-]{1,20}:/{1,3}|//|\bwww\.)[^\s<>\"'“”)\]]+", re.IGNORECASE)
_SCHEME = re.compile(r"\b(?:javascript|data|mailto|tel|sms|file|callto|skype|whatsapp):\S", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+%-]{1,64}@(?P<host>[\w.-]{1,253}\w)")
_HANDLE = re.compile(r"(?<![\w.])@\w{2,}|\S\s?(?:\(at\)|\[at\])\s?\S", re.IGNORECASE)
_HOST = re.compile(r"(?<![\w@.-])(?:[\w-]{1,63}\.){1,6}[^\W\d_]{2,24}(?![\w-])", re.UNICODE)
_SPELLED = re.compile(
    r"\w\s?(?:\(dot\)|\[dot\])\s?\w|\w\s+dot\s+(?:com|net|org|io|ai|co|app|dev|xyz|info|link)\b",
    re.IGNORECASE,
)
_IP_ADDRESS = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]\d)")
_PHONE = re.compile(r"(?<![\w$€£.,-])\+?\(?\d[\d\s().\-/]{6,22}\d(?![\w%])")
_CALENDAR = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{4}\s?[-–]\s?\d{4}")
_THOUSANDS = re.compile(r"\d{1,3}(?:[ .,]\d{3})+(?:[.,]\d+)?")

# Endings that make a capitalised word with a dot a host name ("Acme.Com"), unlike "ASP.NET" or a missing space.
_TOP_LEVEL = frozenset(
    "com org io co ai app dev xyz info link biz site online shop store tech me eu uk de fr es it nl us".split()  # noqa: SIM905 - a word list reads better as text
)
# Small words with a dot that are no hosts: files, technologies, abbreviations.
_NO_HOSTS = frozenset(
    "js ts py json yaml yml csv pdf xml docx xlsx pptx txt md html htm zip sql config".split()  # noqa: SIM905 - a word list reads better as text
)
_TECHNOLOGIES = frozenset({"asp.net", "vb.net", "ado.net", "ml.net", "socket.io", "draw.io"})


def foreign_link(judged: Judged) -> Violation | None:
    """No link, e-mail address, handle or phone number unless its host is one of ours."""
    text = _without_known_names(judged)
    for found, host in (*_urls(text), *_emails(text), *_hosts(text)):
        if host not in judged.hosts:
            return Violation("foreign_link", f'"{found}" is not a link or address of ours; leave it out.')
    for pattern in (_SCHEME, _HANDLE, _SPELLED, _IP_ADDRESS):
        match = pattern.search(_EMAIL.sub(" ", _URL.sub(" ", text)))
        if match:
            return Violation("foreign_link", f'"{match[0].strip()}" is not a link or address of ours; leave it out.')
    return None


def phone_number(judged: Judged) -> Violation | None:
    """No phone number: the CRM's signature carries ours."""
    for match in _PHONE.finditer(judged.message):
        digits = sum(char.isdigit() for char in match[0])
        if 8 <= digits <= 15 and not _CALENDAR.search(match[0]) and not _THOUSANDS.fullmatch(match[0].strip()):
            return Violation("phone_number", f'"{match[0].strip()}" looks like a phone number; leave it out.')
    return None


def _without_known_names(judged: Judged) -> str:
    """Names such as "Monday.com" belong to the record or the request, not to an address."""
    text = judged.message
    for name in (judged.lead.product_name, judged.lead.company_name, judged.lead.lead_company):
        if name and "." in name and not re.search(r"[/@:]", name):
            text = re.sub(rf"(?<![\w@./-]){re.escape(name)}(?![\w@/-]|\.\w)", " ", text)
    return text


def _urls(text: str) -> list[tuple[str, str]]:
    return [(match[0], _host_of(match[0].rstrip(".,;:!?"))) for match in _URL.finditer(text)]


def _host_of(url: str) -> str:
    """The host in lower case; "" for whatever tries to look like another host."""
    if "\\" in url or "@" in url:
        return ""
    address = url if "//" in url else f"//{url}"
    try:
        host = urlsplit(address).hostname
    except ValueError:
        return ""
    return host or ""


def _emails(text: str) -> list[tuple[str, str]]:
    return [(match[0], match["host"].lower()) for match in _EMAIL.finditer(text)]


def _hosts(text: str) -> list[tuple[str, str]]:
    bare = _EMAIL.sub(" ", _URL.sub(" ", text))
    return [(match[0], match[0].lower()) for match in _HOST.finditer(bare) if _is_host(match[0])]


def _is_host(token: str) -> bool:
    last = token.rpartition(".")[2]
    if last.lower() in _NO_HOSTS or token.lower() in _TECHNOLOGIES:
        return False
    return last.islower() or last.lower() in _TOP_LEVEL
