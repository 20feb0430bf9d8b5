"""Mails to blocks: the newest message without the history it quotes, its signature and its attachments."""

import re
from collections.abc import Sequence
from email import message_from_bytes, policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parsedate_to_datetime

from selectolax.lexbor import LexborHTMLParser

from app.errors import DocumentRefused
from app.knowledge.loaders.html_page import load_html
from app.knowledge.loaders.plain import blocks_of
from app.knowledge.loaders.text import clean, decode
from app.knowledge.types import Block, LoadedDocument
from app.language.quoted import without_quoted_mail

# The key of `metadata` that says how many attached files were left out.
ATTACHMENTS = "attachments"
_HEADERS = ("from", "subject", "date", "received", "message-id", "mime-version")
_PREFIXES = re.compile(r"^(?:(?:re|aw|wg|fw|fwd|sv|vs|tr|rv|antw)(?:\[\d{1,3}\])?\s?:\s?)+", re.IGNORECASE)
_SIGNATURE = re.compile(r"^(?:--[ \t]?|Sent from my [^\n]{1,40}|Von meinem [^\n]{1,40} gesendet)$", re.MULTILINE)
_QUOTING = (
    "blockquote, .gmail_quote, .gmail_signature, .moz-cite-prefix, .moz-signature, #divRplyFwdMsg, #divRplyFwdMsg ~ *, "
    "#appendonsend ~ *"
)
_LONGEST_SUBJECT = 1000
_MOST_PARTS = 500

# What a damaged mail makes the standard library raise.
_DAMAGE = (MessageError, ValueError, LookupError, TypeError, AttributeError, AssertionError)


def load_eml(data: bytes) -> LoadedDocument:
    """Raises `DocumentRefused` with reason `malformed` for what is no mail."""
    try:
        # The older policy: it leaves headers alone until they are asked for, however long they are.
        mail = message_from_bytes(data, policy=policy.compat32)
        if not any(name in mail for name in _HEADERS):
            raise DocumentRefused("malformed", "The file is named .eml but holds no mail; check its name.")
        subject, date = _subject(mail), _date(mail)
        parts = [part for _, part in zip(range(_MOST_PARTS), mail.walk(), strict=False)]
        blocks, attached = _body(parts), _attachments(parts)
    except _DAMAGE as error:
        raise DocumentRefused("malformed", "The mail is damaged and cannot be read; export it again.") from error
    metadata = (("subject", subject), ("date", date), (ATTACHMENTS, attached))
    return LoadedDocument(tuple(blocks), subject or None, tuple((key, value) for key, value in metadata if value))


def _subject(mail: Message) -> str:
    raw = str(mail.get("subject") or "")[:_LONGEST_SUBJECT]
    try:
        text = str(make_header(decode_header(raw)))
    except (LookupError, UnicodeError, MessageError):
        text = raw
    return _PREFIXES.sub("", clean(text))


def _date(mail: Message) -> str:
    try:
        return parsedate_to_datetime(str(mail.get("date") or "")[:100]).date().isoformat()
    except (ValueError, TypeError):
        return ""


def _attachments(parts: Sequence[Message]) -> str:
    """How many files are attached, "" for none; pictures within the text, such as logos, do not count."""
    count = sum(
        part.get_content_disposition() == "attachment"
        or (part.get_filename() is not None and part.get_content_maintype() != "image")
        for part in parts
    )
    return str(count or "")


def _body(all_parts: Sequence[Message]) -> list[Block]:
    """The plain text of the mail, else its page."""
    parts = [part for part in all_parts if not _is_attached(part)]
    for part in parts:
        if part.get_content_type() == "text/plain" and (text := _without_ending(_text(part))).strip():
            return blocks_of(text)
    for part in parts:
        if part.get_content_type() == "text/html":
            return _page(_text(part))
    return []


def _is_attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or part.get_filename() is not None


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    try:
        return data.decode(str(part.get_content_charset() or "utf-8")).replace("\r\n", "\n")
    except (LookupError, UnicodeDecodeError, ValueError):
        return decode(data)


def _without_ending(text: str) -> str:
    own = without_quoted_mail(text)
    match = _SIGNATURE.search(own)
    return own[: match.start()] if match and own[: match.start()].strip() else own


def _page(text: str) -> list[Block]:
    tree = LexborHTMLParser(text)
    for node in tree.css(_QUOTING):
        node.decompose()
    own = list(load_html((tree.html or "").encode()).blocks)
    return own or list(load_html(text.encode()).blocks)
