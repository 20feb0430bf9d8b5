"""Make text from outside harmless: one line of plain characters, without the tokens that steer a model."""

import re
import unicodedata

# CR, LF, VT, FF, the four information separators, NEL, LS, PS and TAB: all that some reader takes for a line end.
_BREAKS = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029")
# Invisible without being format characters: fillers, joiners, variation selectors.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {
    chr(code) for low, high in ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF)) for code in range(low, high + 1)
}
_DROPPED_CATEGORIES = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
_MAX_COMBINING_RUN = 3

_ROLE_LABEL = re.compile(r"(?im)^[ \t]*(?:system|assistant|human|user|developer)[ \t]*:")
# Each alternative stops at a character that cannot occur inside it, so a scan is linear.
_TOKENS = re.compile(
    r"""
      <\|[^<>|]{0,64}\|?>                                                  # <|im_start|>
    | (?<!<)<{2,8}/?[^<>]{0,64}>{2,8}                                           # <<SYS>>
    | <[A-Za-z/!?][^<>]*>                                                  # HTML, XML, <s>
    | \[/?(?:INST|SYS|SYSTEM|ASSISTANT|USER|TOOL[A-Z_]*|AVAILABLE_TOOLS)\] # [INST]
    | \[[A-Z]{2,20}(?:_[A-Z0-9]{1,20}){1,4}\]                              # [LEAD_NAME]
    | \b(?:BEGIN|END)[ _-]+(?:OF[ _-]+)?UNTRUSTED\b(?:[ _-]+(?:TEXT|DATA|BLOCK|CONTENT|INPUT|LEAD|EVIDENCE)\b)*
    | `{3,} | ~{3,} | \#{2,} | "{3,} | '{3,} | -{3,} | ={3,} | \*{2,} | _{3,}
    | \{\{+ | \}\}+ | \{% | %\} | \{\# | \#\}
    """,
    re.VERBOSE | re.IGNORECASE,
)
_LEFTOVER = re.compile(r"<{2,}|>{2,}|<(?=[A-Za-z/!?|])|\|(?=>)")
_SPACES = re.compile(r"\s+")
# Nothing people write is longer, and what is compares slowly with everything.
_LONGEST_TOKEN = 120
_LONG_TOKEN = re.compile(r"\S{121,}")


def clean_text(text: str, limit: int, *, notes: bool = False) -> tuple[str, bool]:
    """`text` as one single-spaced NFKC line of at most `limit` characters, and whether something was cut.

    Control, zero-width, bidi, tag and private characters, chat-template tokens, markup tags, fences and block
    markers are removed; a cut falls between words. In `notes` a line that ends without a stop gets one, because each
    line is a note of its own. Linear in `limit`, whatever the length of `text`.
    """
    if len(text) <= limit and text.isascii() and text.isalnum():
        return text, False
    head = text[: 4 * limit + 256]
    plain = _without_tokens(_plain(head, 4 * limit + 256))
    single = _SPACES.sub(" ", _as_sentences(plain) if notes else plain).strip()
    line = _LONG_TOKEN.sub(lambda token: token[0][:_LONGEST_TOKEN], single)
    short = cut_at_word(line, limit)
    return short, len(head) < len(text) or len(short) < len(line)


def _as_sentences(text: str) -> str:
    lines = [line.strip() for line in text.split("\n")]
    kept = [line for line in lines if line]
    return " ".join(f"{line}." if line[-1].isalnum() or line[-1] in ")]%" else line for line in kept[:-1]) + (
        f" {kept[-1]}" if kept else ""
    )


def cut_at_word(text: str, limit: int) -> str:
    """The longest run of whole words of `text` with at most `limit` characters (a longer single word is cut)."""
    if len(text) <= limit:
        return text
    end = text.rfind(" ", 0, limit + 1)
    return text[: end if end > 0 else limit].rstrip()


def _plain(text: str, limit: int) -> str:
    """`text` in NFKC without invisible characters; line ends of every kind become `\\n`."""
    if text.isascii() and text.isprintable():
        return text
    # Filtered before normalising, because sorting a long run of combining marks takes quadratic time; cut after it,
    # because one character may become eighteen.
    return _visible(unicodedata.normalize("NFKC", _visible(text))[:limit])


def _visible(text: str) -> str:
    kept: list[str] = []
    run = 0
    for char in text:
        if char in _BREAKS:
            kept.append("\n")
        elif char in _INVISIBLE or unicodedata.category(char) in _DROPPED_CATEGORIES:
            continue
        else:
            run = run + 1 if unicodedata.combining(char) else 0
            if run <= _MAX_COMBINING_RUN:
                kept.append(char)
    return "".join(kept)


def _without_tokens(text: str) -> str:
    """Tokens become a space, so that what stood around one cannot join to a new one; leftovers lose their bracket."""
    text = _ROLE_LABEL.sub(" ", text)
    for _ in range(3):
        text, found = _TOKENS.subn(" ", text)
        if not found:
            break
    return _LEFTOVER.sub(" ", text)
