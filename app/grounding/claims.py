"""From a message to its sentences, what each one does, and the parts that must be supported one by one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.grounding.types import ClaimKind
from app.language.sentences import split_sentences

_GREETING = re.compile(
    r"(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)"
    r"|greetings)\b(?P<name>[^,!:;?\n]{0,60})(?P<stop>[,!:.]|$|\n)\s*",
    re.IGNORECASE,
)
_SIGN_OFF = re.compile(
    r"(?:(?:best|kind|warm|many|with (?:best|kind|warm))?\s*(?:regards|wishes|thanks|thank you)|best|cheers|sincerely|"
    r"yours (?:sincerely|truly|faithfully)|all the best|talk soon|speak soon|take care)[,.!]?$",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"(?:many thanks|thanks|thank you|i appreciate|we appreciate|appreciate|much appreciated)\b", re.IGNORECASE
)
_COURTESY = re.compile(
    r"(?:(?:i|we) hope\b"
    r"|fair (?:point|enough)|no (?:problem|pressure|rush|worries|hard feelings)|good luck|that(?: is|'s) (?:fair|fine|"
    r"understandable|completely fine|a fair)|makes sense|understood|of course|sorry|apologies|welcome back)",
    re.IGNORECASE,
)
_CALL = re.compile(
    r"(?:and |or |so |then |otherwise,? |if (?:so|not|that (?:helps|works|is useful)|you[^,]{1,60}),? )?"
    r"(?:please |just |simply |feel free|let me know|let us know|let's|reply|respond|drop (?:me|us)|tell me|tell us|"
    r"send (?:me|us)|give (?:me|us)|reach out|get in touch|book|pick|choose|click|schedule|hit reply|write back|"
    r"take a look|have a look|say the word|point me|call (?:me|us)|shout|happy to\b|glad to\b|a (?:one[- ]line|short|"
    r"quick|simple) (?:reply|answer|yes|note))\b",
    re.IGNORECASE,
)
_EMBEDDED = re.compile(
    r"^(?:(?:and |but )?(?P<lead>since|as|because|given(?: that)?|now that|considering(?: that)?"
    r"|seeing that)\b\s+(?P<fact>[^,]{4,}),"
    r"|(?:did you know|is it true|are you aware|do you know) (?:that )?(?P<known>.+)\?$"
    r"|(?P<tagged>.+),\s*(?:right|correct|isn't it|doesn't it"
    r"|don't you|no)\?$)",
    re.IGNORECASE,
)
_COMMITMENT = re.compile(
    r"\b(?:i|we)(?:'ll|’ll| will| shall)\b|\b(?:i|we)(?:'m|’m| am|'re|’re| are) (?:going to|sending"
    r"|booking|arranging|preparing)\b"
    r"|\b(?:i|we) (?:can|could|would) (?:also |then |gladly |happily )?(?:have|get|send|share|put|set"
    r"|arrange|book|prepare|"
    r"walk|show|bring|ask|call|answer|give|run|draft|make|introduce|connect|extend|waive|reserve|hold|include|throw|do|help|"
    r"rather)\b|\b(?:i|we)(?:'d|’d) (?:be|rather|like|love|gladly|happily)\b"
    r"|\b(?:i|we) (?:promise|guarantee|commit|assure)\b|\b(?:our|my|the|a)\s(?:\w+\s){1,3}?(?:will|'ll"
    r"|’ll)\s(?:call|send|reach|"
    r"contact|write|visit|follow|get|join|help|set|take|prepare|be in touch|be there|answer|come)\b"
    r"|\byou(?:'ll|’ll| will) (?:get|receive|have|find|hear|see)\b|\byou can (?:expect|count on)\b",
    re.IGNORECASE,
)
_OFFER = re.compile(
    r"\b(?:we|i) (?:can |could |are able to |would |will )?(?:also )?(?:offer(?:ing)?|waive|discount"
    r"|give you|extend you)\b"
    r"|\b(?:special|exclusive|introductory) (?:offer|price|rate|deal)\b|\b\d+\s?% off\b|\bfree of charge\b"
    r"|\b(?:get|have|try) (?:it |them |everything )?(?:for )?free\b",
    re.IGNORECASE,
)
_SHORT = 6
_TRAILING = re.compile(
    r"(?:[,;:—–]\s*(?:and |but |as |since |because |so )?(?=(?:our|we|it|they|all|every|this"
    r"|the (?:[\w-]+ )?(?:plan|tier|price)"
    r"|[A-Z][\w-]+ (?:is|has|costs?|includes?|offers?|supports?))\b)|,\s*which\s|\s(?:because"
    r"|since)\s)(?P<fact>[^,]{6,}?)[.?!]*$"
)
_QUESTION_WORDS = re.compile(
    r"(?:would|could|can|shall|should|may|might|do|does|did|is|are|was|were|will|have|has|what|which|who|whose|when|"
    r"where|why|how|any|interested|open to|worth)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """`message[start:end]`, and what it does."""

    text: str
    start: int
    end: int
    kind: ClaimKind


def split_claims(message: str) -> list[Sentence]:
    """The sentences of `message` in order; a greeting is a sentence of its own."""
    sentences: list[Sentence] = []
    for start, end in split_sentences(message):
        text = message[start:end]
        greeting = _GREETING.match(text)
        if greeting is not None and not sentences and _looks_like_greeting(greeting):
            stop = start + len(greeting[0].rstrip())
            sentences.append(Sentence(message[start:stop], start, stop, ClaimKind.GREETING))
            start += greeting.end()
            text = message[start:end]
        if text:
            sentences.append(Sentence(text, start, end, kind_of(text)))
    return sentences


def _looks_like_greeting(match: re.Match[str]) -> bool:
    return len(match["name"].split()) <= 5


def kind_of(text: str) -> ClaimKind:
    """What a sentence does, decided by its form alone."""
    bare = text.strip(" \"'“”‘’*-–•\t")
    if _SIGN_OFF.fullmatch(bare):
        return ClaimKind.GREETING
    if bare.endswith("?"):
        return ClaimKind.QUESTION
    if _THANKS.match(bare):
        return ClaimKind.THANKS
    if _CALL.match(bare):
        return ClaimKind.CALL_TO_ACTION
    if _OFFER.search(bare):
        return ClaimKind.OFFER
    if _COMMITMENT.search(bare):
        return ClaimKind.COMMITMENT
    if _COURTESY.match(bare):
        return ClaimKind.THANKS
    return ClaimKind.ASSERTION


def embedded_facts(text: str) -> Iterator[tuple[int, int]]:
    """Statements inside a question or call: `Since your team doubled, ...?`, `..., which includes support?`."""
    match = _EMBEDDED.match(text)
    if match is not None:
        yield match.span(next(name for name in ("fact", "known", "tagged") if match[name]))
    trailing = _TRAILING.search(text)
    if trailing is not None:
        yield trailing.span("fact")
    if match is None and trailing is None and text.rstrip().endswith("?") and not _asks(text):
        yield 0, len(text)


def _asks(text: str) -> bool:
    """Whether a text with a question mark is a question by its words, or too short to state anything."""
    starts = (part.strip(" \"'“‘") for part in re.split(r"[,;:—–]|\b(?:or|and|but)\b", text))
    return len(text.split()) < _SHORT or any(_QUESTION_WORDS.match(start) for start in starts)
