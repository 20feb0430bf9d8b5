"""Plain text without markup, list, emoji, subject line or signature."""

import re

from app.followups.rules.base import Judged
from app.followups.types import Violation

_MARKUP: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.MULTILINE))
    for name, pattern in (
        ("bold or italic marks", r"\*\*|(?<!\w)\*[^\s*][^*\n]{0,80}\*(?!\w)|(?<!\w)__?[^\s_][^_\n]{0,80}__?(?!\w)|~~"),
        ("a code mark", r"`"),
        ("a heading mark", r"^[ \t]*#{1,6}[ \t]"),
        ("a list", r"^[ \t]*(?:[-*+•‣◦▪–—·]|\(?\d{1,2}[.)]|\(?[a-z]\))[ \t]+\S"),
        ("a bullet", r"[•‣◦▪●■►]"),
        ("a table", r"\|"),
        ("a link in markup", r"\]\(|\]\["),
        ("HTML", r"</?[A-Za-z!][^<>\n]{0,200}>|&(?:[a-z]{2,8}|#x?[0-9a-fA-F]{1,6});"),
        ("a quote mark at the line's start", r"^[ \t]*>"),
        ("a ruler", r"^[ \t]*(?:-{3,}|={3,}|\*{3,})[ \t]*$"),
        ("an escape", r"\\[nrt*_#$\\]"),
    )
)
_EMOJI = re.compile(
    "[\u2190-\u21ff\u2300-\u27bf\u2900-\u297f\u2b00-\u2bff\ufe0f\u20e3\U0001f000-\U0001faff]|(?<!\\w)[:;]-?[)(DPp](?!\\w)"
)
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffd"
    "\U000e0000-\U000e007f]"
)
_SUBJECT_LINE = re.compile(
    r"^[ \t]*(?:subject|subject line|betreff|objet|asunto|oggetto|assunto|onderwerp|re|fwd?|aw|wg|to|from|cc)[ \t]*:",
    re.MULTILINE | re.IGNORECASE,
)
_FORMULA = r"""(?:(?:best|kind(?:est)?|warm(?:est)?)\ (?:regards|wishes) | regards | sincerely | cordially
  | respectfully
  | yours(?:\ (?:sincerely|faithfully|truly))? | mit\ freundlichen\ gr(?:ü|ue)(?:ß|ss)en | cordialement | saludos
  | cordiali\ saluti | atenciosamente | groeten)"""
# These also begin or make a sentence of their own ("Thank you."), so a signature needs a comma or a line after them.
_SOFT_FORMULA = r"(?:cheers|thanks|thank\ you|many\ thanks|best|all\ the\ best|warmly|talk\ soon)"
_NAME = r"[A-Z][\w.’'-]*(?:\ [A-Z][\w.’'-]*){0,3}[.,]?"
_LINES = r"(?:[ \t]*\n[^\n]{0,40}){1,5}"
_SIGN_OFF = re.compile(
    rf"""(?:^|(?<=[.!?])[ \t])[ \t]*(?:
        (?i:{_FORMULA})[ ]?[,.!–—-]?[ \t]*(?:{_LINES}|{_NAME})?
      | (?i:{_SOFT_FORMULA})(?:[ ]?,(?:{_LINES}|[ \t]*(?:{_NAME})?)|[ ]?[–—-][ \t]*{_NAME}|{_LINES})
    )[ \t\n]*\Z""",
    re.VERBOSE | re.MULTILINE,
)
_POSTSCRIPT = re.compile(r"(?:^|[.!?]\s+)P\.?S\.?[:\s]", re.MULTILINE)


def plain_text(judged: Judged) -> Violation | None:
    """No markup, list, table or HTML."""
    for name, pattern in _MARKUP:
        if pattern.search(judged.message):
            return Violation("plain_text", f"It contains {name}; write plain sentences.")
    return None


def emoji(judged: Judged) -> Violation | None:
    """No emoji, arrows, smileys or invisible characters."""
    if _EMOJI.search(judged.message) or _INVISIBLE.search(judged.message):
        return Violation("emoji", "It contains an emoji, a symbol or an invisible character; use letters only.")
    return None


def subject_line(judged: Judged) -> Violation | None:
    """No subject line or "Re:" inside the text."""
    if _SUBJECT_LINE.search(judged.message):
        return Violation("subject_line", "It contains a subject line; write the message text only.")
    return None


def signature(judged: Judged) -> Violation | None:
    """No closing formula, signature or postscript: the CRM adds the signature."""
    sender = judged.lead.sender.name
    signed = sender is not None and re.search(rf"(?:\n|[.!?]\s+)\W*{re.escape(sender)}\W*\Z", judged.message)
    if signed or _SIGN_OFF.search(judged.message) or _POSTSCRIPT.search(judged.message):
        return Violation("signature", "It ends with a closing formula or signature; end with the last sentence.")
    return None
