"""Takes the message out of what a chat model wrapped around it. Pure functions, linear in the length of the text."""

import json
import re
import unicodedata

from app.language.sentences import split_sentences

_MAX_CHARS = 8_000
_DROPPED_CATEGORIES = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
_THOUGHTS = re.compile(r"<(think|thinking|reasoning|analysis|reflection)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_END_OF_THOUGHTS = re.compile(r"</(?:think|thinking|reasoning|analysis|reflection)>", re.IGNORECASE)
_FENCE = re.compile(r"```[a-zA-Z]{0,12}[ \t]*\n?(?P<inside>[^`]*)(?:```|\Z)")
_JSON_KEYS = ("message", "text", "body", "content", "follow_up", "followup")
_BLOCK_QUOTE = re.compile(r"^[ \t]*>[ \t]?", re.MULTILINE)
_RULE_LINE = re.compile(r"\s*(?:-{3,}|\*{3,}|_{3,}|={3,})\s*$")
_LIST_ITEM = re.compile(r"\s*(?:[-*•–]\s|\d{1,2}[.)]\s)")

_TEXT_NOUN = r"(?:message|draft|e-?mail|mail|follow-?up|version|text|reply|response)"
_ADJECTIVES = r"(?:(?:revised|rewritten|final|corrected|updated|improved|follow-?up|short|draft|the|your|my)\s+){0,3}"
# A line above the message that speaks about a message is never part of one.
_ANNOUNCEMENT = re.compile(
    r"(?:sure|certainly|of course|absolutely|okay|ok|understood|got it)(?: thing)?\s*[!.,:]?\s*$"
    r"|(?:sure|certainly|of course|absolutely|okay|ok|understood|here|below|this)\b"
    rf"[^\n]{{0,120}}\b{_TEXT_NOUN}\b[^\n]{{0,80}}[:.!]\s*$"
    rf"|{_ADJECTIVES}(?:{_TEXT_NOUN}|output|answer|body)\s*:\s*$",
    re.IGNORECASE,
)
_INLINE_ANNOUNCEMENT = re.compile(
    rf"\A(?:(?:sure|certainly|of course|absolutely)[^\n:.?]{{0,40}})?\bhere(?:'s|’s| is)\b[^\n:.?]{{0,100}}"
    rf"\b{_TEXT_NOUN}\b[^\n:.?]{{0,60}}:\s*|\A{_ADJECTIVES}(?:message|output|answer|response|assistant|draft|body)\s*:\s+",
    re.IGNORECASE,
)
_SUBJECT = re.compile(r"(?:subject|betreff|objet|asunto|oggetto|re)(?:\s+line)?\s*:", re.IGNORECASE)

_REGARDS = (
    r"(?:(?:best|kind|warm|kindest|warmest|with best|with kind)\s+(?:regards|wishes)|regards|sincerely|cheers|warmly"
    r"|yours\s+(?:sincerely|truly|faithfully)|(?:mit freundlichen|viele|beste|liebe)\s+grü(?:ß|ss)en?|cordialement"
    r"|bien à vous|saludos(?: cordiales)?|cordiali saluti|met vriendelijke groet(?:en)?)"
)
_SIGN_OFF_LINE = re.compile(
    rf"(?:{_REGARDS}|best|(?:many\s+)?thanks|thank\s+you|all\s+the\s+best)\s*[,.!–—-]*\s*$", re.IGNORECASE
)
_SIGN_OFF_INLINE = re.compile(
    rf"(?<=[.!?])\s+(?i:{_REGARDS})\b\s*,?[^.!?\n]{{0,60}}$|(?<=[.!?])\s+(?:Best|Thanks),\s+[^\W\d_][^.!?,\n]{{0,40}}$"
)
_AFTERWORD = re.compile(
    r"""\W{0,3}(?: (?:note|word\ count|explanation|p\.?s\.?)\s*: | \d{1,3}\ words\b | word\ count\b
      | this\ (?:message|draft|e-?mail|follow-?up)\b
      | i(?:'ve|’ve|\ have)?\ (?:kept|used|made|removed|changed|avoided|ensured)\b[^\n]{0,80}
        \b(?:tone|words?|rules|message|draft|e-?mail|version|text)\b
      | let\ me\ know\ if\ you[^\n]{0,30}
        (?:me\ to\ (?:change|adjust|revise)|changes|adjustments|revisions|tweak|another\ version)
      | (?:please\ )?feel\ free\ to\ (?:adjust|edit|change|modify)\b )""",
    re.IGNORECASE | re.VERBOSE,
)
_CITATION = re.compile(
    r"[ \t]?(?:\[\d{1,2}(?:\s?,\s?\d{1,2}){0,4}\]|【[^】\n]{0,40}】"
    r"|\(passages?\s+\d{1,2}(?:\s?(?:,|and)\s?\d{1,2}){0,3}\))(?!\w)",
    re.IGNORECASE,
)
_EMPHASIS = re.compile(r"(?<![\w*])(\*{1,3}|_{2,3})(?=\S)([^*_\n]{1,400}?)(?<=\S)\1(?![\w*])")
_QUOTES = {'"': '"', "“": "”", "'": "'", "‘": "’", "«": "»", "„": "“", "`": "`"}
_REFUSAL = re.compile(
    r"(?:(?:i(?:'|’)?m|i am) sorry|sorry|i apologi[sz]e|unfortunately)?[,.]?\s*(?:but\s+)?"
    r"(?:i (?:can(?:'|’)?t|cannot|can not|am unable to|won(?:'|’)?t)"
    r" (?:help with|assist|comply|write|create|generate|fulfil|do that)|as an ai\b)",
    re.IGNORECASE,
)


def clean_message(answer: str, *, truncated: bool = False) -> str:
    """The message inside a model's `answer`, or "" if it holds none (a refusal, thoughts only).

    Removes thoughts, code fences, JSON, announcements, subject line, enclosing quotes, signature, afterwords, citation
    marks and emphasis; joins wrapped lines; keeps paragraphs and lists. With `truncated`, drops an unfinished last
    sentence. A plain message comes back unchanged.
    """
    text = _unwrapped(_unwrapped(_without_thoughts(_printable(answer[: 4 * _MAX_CHARS]))))
    lines = _without_afterwords(_without_head(_BLOCK_QUOTE.sub("", text).split("\n")))
    text = _INLINE_ANNOUNCEMENT.sub("", "\n".join(lines).strip(), count=1) if lines else ""
    text = _unquoted(_without_signature(_unquoted(text)))
    text = _EMPHASIS.sub(r"\2", _CITATION.sub("", text))
    text = _paragraphs(text)[:_MAX_CHARS]
    if _REFUSAL.match(text):
        return ""
    return _whole_sentences(text) if truncated else text


def _printable(text: str) -> str:
    """`text` without invisible characters; every kind of line break becomes `\\n`."""
    lines = (line.replace("\t", " ") for line in text.splitlines())
    return "\n".join("".join(c for c in line if unicodedata.category(c) not in _DROPPED_CATEGORIES) for line in lines)


def _without_thoughts(text: str) -> str:
    """An opening tag without its end drops the rest; an end without its opening drops what precedes."""
    text = _THOUGHTS.sub("", text)
    return _END_OF_THOUGHTS.split(text)[-1].strip()


def _unwrapped(text: str) -> str:
    """What stands inside a code fence or a JSON object, if that is where the message is."""
    fence = _FENCE.search(text)
    if fence and len(fence["inside"].strip()) >= len(text) - len(fence[0]):
        text = fence["inside"].strip()
    if not text.startswith("{"):
        return text
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return text
    found = [data[key] for key in _JSON_KEYS if isinstance(data.get(key), str)]
    return found[0].strip() if found else text


def _without_head(lines: list[str]) -> list[str]:
    """Lines below "Sure! Here is the message:", a rule, or a subject line."""
    index = 0
    while index < len(lines):
        line = lines[index].strip().strip("*#_ ").strip()
        last = index == len(lines) - 1
        noise = not line or _SUBJECT.match(line) or _RULE_LINE.match(line)
        if not noise and (last or not _ANNOUNCEMENT.match(line)):
            break
        index += 1
    return lines[index:]


def _without_afterwords(lines: list[str]) -> list[str]:
    """Lines above a rule, or above a remark about the message; the first line is never one."""
    for index in range(1, len(lines)):
        if _RULE_LINE.match(lines[index]) or _AFTERWORD.match(lines[index]):
            return lines[:index]
    return lines


def _without_signature(text: str) -> str:
    """The text before "Best regards," and up to four short lines, or before "... Best regards, Anna" at its end."""
    lines = text.strip().split("\n")
    for index in range(max(1, len(lines) - 6), len(lines)):
        rest = [line.strip() for line in lines[index + 1 :] if line.strip()]
        is_signature = len(rest) <= 4 and all(len(line) <= 60 and "?" not in line for line in rest)
        if is_signature and _SIGN_OFF_LINE.match(lines[index].strip()):
            return "\n".join(lines[:index]).strip()
    return _SIGN_OFF_INLINE.sub("", "\n".join(lines)).strip()


def _unquoted(text: str) -> str:
    """`text` without quotation marks around the whole of it."""
    closing = _QUOTES.get(text[:1])
    inner = text[1:-1]
    if closing is None or len(text) < 3 or not text.endswith(closing):
        return text
    # An apostrophe inside a word is no quotation mark; a mark that does not follow a space closes the first one.
    within = re.search(rf"(?<!\w)[{re.escape(text[0] + closing)}]|[{re.escape(text[0] + closing)}](?!\w)", inner)
    opens = within is None or (within.start() > 0 and inner[within.start() - 1] in " (\n")
    return inner.strip() if opens else text


def _paragraphs(text: str) -> str:
    """Wrapped lines joined, list items and paragraphs kept apart, single spaces."""
    paragraphs: list[str] = []
    for part in re.split(r"\n[ \t]*\n", text):
        joined = ""
        for line in filter(None, (" ".join(line.split()) for line in part.split("\n"))):
            joined += ("\n" if _LIST_ITEM.match(line) else " ") * bool(joined) + line
        paragraphs.append(joined)
    return "\n\n".join(filter(None, paragraphs))


def _whole_sentences(text: str) -> str:
    """`text` up to the end of its last finished sentence."""
    spans = split_sentences(text)
    while spans and text[spans[-1][1] - 1] not in ".!?…\"'”’)":
        spans.pop()
    return text[: spans[-1][1]] if spans else ""
