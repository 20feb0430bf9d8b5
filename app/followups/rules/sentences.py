"""Whole sentences, each said once, and not again what the thread already says."""

import re

from app.followups.rules.base import Judged
from app.followups.types import Violation
from app.language.folding import fold
from app.language.sentences import split_sentences
from app.language.words import content_stems

_GREETING = re.compile(
    r"\s*(?:hi|hello|dear|hey|greetings|good (?:morning|afternoon|evening|day))\b"
    r"[^,.!?:;\n–—]{0,60}(?:[,.!:;\n]|\s[–—-]\s|$)\s*",
    re.IGNORECASE,
)
_OPENING_WORDS = 6
_MIN_REPEATED_WORDS = 4
_SAME_WORDS = 0.85
_ENDS_WELL = re.compile(r"[.?!][\"'”’)]*\Z")
_DANGLING = re.compile(
    r"\b(?:and|or|but|the|a|an|because|than|your|our|my|whose|via|per|including|although|unless|whereas|nor|every|into|if)[.?!](?=[\s\"'”’)]|$)",
    re.IGNORECASE,
)
_BAD_PUNCTUATION = re.compile(r"\.{2,}|…|,[.,;:]|[;:][.,;:]|(?<=\w)\s+[,.;?!](?=\s|$)|[.?!],|\(\s*\)|\"\s*\"")
_DOUBLED_WORD = re.compile(r"\b(\w+)\s+\1\b", re.IGNORECASE)
_MAY_DOUBLE = frozenset({"that", "had", "very", "bye"})
_PAIRS = (("(", ")"), ("“", "”"), ("[", "]"))


def repeated_sentence(judged: Judged) -> Violation | None:
    """No sentence says what another one already said."""
    seen: list[frozenset[str]] = []
    for sentence in judged.sentences:
        stems = frozenset(content_stems(_without_greeting(sentence)))
        if len(stems) >= _MIN_REPEATED_WORDS and any(_overlap(stems, other) >= _SAME_WORDS for other in seen):
            return Violation("repeated_sentence", f'It says the same twice: "{sentence}"')
        seen.append(stems)
    return None


def repeats_thread(judged: Judged) -> Violation | None:
    """Neither the opening nor a whole sentence of what we already wrote to this lead."""
    earlier = [message.text for message in judged.lead.thread if message.author == "us"]
    if not earlier:
        return None
    if _opening(judged.message) in {_opening(text) for text in earlier}:
        return Violation("repeats_thread", "It opens like an earlier message of the thread; begin differently.")
    written = {_normal(part) for text in earlier for part in _sentences(text)}
    for sentence in judged.sentences:
        if len(sentence.split()) > _MIN_REPEATED_WORDS and _normal(sentence) in written:
            return Violation("repeats_thread", f'The thread already says "{sentence}"; say something new.')
    return None


def ending(judged: Judged) -> Violation | None:
    """The text ends with a full stop, question mark or exclamation mark."""
    if _ENDS_WELL.search(judged.message.rstrip()):
        return None
    return Violation("ending", "The last sentence is not finished; end it with a full stop or question mark.")


def broken_sentence(judged: Judged) -> Violation | None:
    """No sentence starts in lower case, ends on "and", doubles a word or leaves a bracket open."""
    text = judged.message
    if _DANGLING.search(text):
        return Violation("broken_sentence", "A sentence ends in the middle of a thought; finish it.")
    if _BAD_PUNCTUATION.search(text):
        return Violation("broken_sentence", "Punctuation marks are missing or doubled.")
    if any(text.count(left) != text.count(right) for left, right in _PAIRS) or text.count('"') % 2:
        return Violation("broken_sentence", "A bracket or quotation mark is not closed.")
    if any(match[1].lower() not in _MAY_DOUBLE and not match[1].isdigit() for match in _DOUBLED_WORD.finditer(text)):
        return Violation("broken_sentence", "A word stands twice in a row.")
    if any(_starts_small(judged, index) for index in range(len(judged.sentences))):
        return Violation("broken_sentence", "A sentence starts with a small letter.")
    return None


def _starts_small(judged: Judged, index: int) -> bool:
    sentence = judged.sentences[index].lstrip("\"'“‘(")
    first = re.split(r"[\s,;:]", sentence, maxsplit=1)[0]
    if not first[:1].islower():
        return False
    names = (judged.lead.product_name, judged.lead.company_name or "", judged.lead.lead_company or "")
    if any(name[:1].islower() and sentence.startswith(name) for name in names):
        return False
    after_greeting = index > 0 and _GREETING.fullmatch(judged.sentences[index - 1]) is not None
    is_name = any(char.isupper() or char.isdigit() or char in "._" for char in first.rstrip(".?!"))
    return not after_greeting and not is_name


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one and other else 0.0


def _opening(text: str) -> tuple[str, ...]:
    return tuple(_normal(_without_greeting(text)).split()[:_OPENING_WORDS])


def _without_greeting(text: str) -> str:
    match = _GREETING.match(text)
    return text[match.end() :] if match else text


def _sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


def _normal(text: str) -> str:
    return " ".join(re.findall(r"\w+", fold(_without_greeting(text))))
