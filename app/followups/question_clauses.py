"""A lead's question as the words that follow "You asked": `Do you file taxes?` -> `whether we file taxes`."""

import re
from collections.abc import Callable

from app.followups.clause_subjects import before_state, before_verb

_MAX_WORDS, _MAX_CHARS = 10, 200
_SWAPPED = {
    "i": "you",
    "we": "you",
    "me": "you",
    "us": "you",
    "my": "your",
    "our": "your",
    "mine": "yours",
    "your": "our",
    "yours": "ours",
    "i'm": "you are",
    "we're": "you are",
}
_OUT_OF_PLACE = re.compile(
    r"\b(?:you|u|ur|this|these|those|that|they|them|he|she|his|her|here|there(?! (?:is|are)))\b|\bones?$", re.IGNORECASE
)
_WHO = {"you": "we", "u": "we", "you guys": "we", "we": "you", "i": "you", "it": "it"}
_PERSON = r"(?P<who>you guys|you|u|we|i|it)"
_ADVERBS = r"(?:(?:also|already|currently|really|even|actually|please) )*"
# "Could you send me ..." asks for something, not about it.
_REQUEST = re.compile(
    r"(?:can|could|would|will|do) (?:you|u)(?: guys)? (?:please |pls |maybe |kindly |just )?"
    r"(?:tell|send|share|give|explain|let|show|provide|clarify|confirm|walk|advise|call|help|point|forward|e-?mail|mind)\b",
    re.IGNORECASE,
)
_UNINVERTED = (
    r"(?:which|what)(?: [\w-]+){1,3} (?:is|are) .+|(?:what|who) (?!is |does |was |has )[a-z]+s .+"
    r"|which [\w-]+ (?!do |does )[a-z]+s .+|how many [\w-]+ (?:are|can) .+"
)


def as_clause(question: str) -> str | None:
    """The question as a clause of at most ten words that starts with "whether" or its question word, or None.

    Only plain patterns are turned; "we" and "I" become the reader, "you" becomes the sender.
    """
    text = " ".join(question.split()).strip(" .?!").replace("’", "'")
    if not text or len(text) > _MAX_CHARS or _REQUEST.match(text):
        return None
    lowered = text[0].lower() + text[1:] if text[1:2].islower() else text
    for pattern, build in _PATTERNS:
        match = pattern.fullmatch(lowered)
        clause = build(match) if match else None
        if clause is not None:
            return clause if len(clause.split()) <= _MAX_WORDS else None
    return None


def _turned(text: str) -> str | None:
    """The rest of the question as the sender says it; None where a pronoun would point nowhere."""
    if _OUT_OF_PLACE.search(text):
        return None
    return " ".join(_SWAPPED.get(word.lower(), word) for word in text.split())


def _whether(match: re.Match[str]) -> str | None:
    """`Do you | does it ...`."""
    return _stated(_WHO[match["who"].lower()], match["aux"].lower(), _turned(match["rest"]))


def _whether_thing(match: re.Match[str]) -> str | None:
    """`Can invoices | does the Team plan | is the trial ...`."""
    found = _split(match, needs_state=True)
    return _stated(found[0], match["aux"].lower(), found[1]) if found else None


def _stated(who: str, aux: str, rest: str | None) -> str | None:
    if not rest:
        return None
    if aux in ("do", "did"):
        return f"whether {who} {rest}"
    if aux == "does":
        return f"whether {who} {_third_person(rest)}"
    if aux in ("is", "are"):
        aux = {"we": "are", "you": "are", "it": "is"}.get(who, aux)
    return f"whether {who} {aux} {rest}"


def _wh_inverted(match: re.Match[str]) -> str | None:
    """`How do I | how long does it | which tools do you ...`."""
    rest = _turned(match["rest"]) if match["rest"] else ""
    return _asked(_small(match["wh"]), _subject(match), match["aux"].lower(), rest)


def _wh_thing(match: re.Match[str]) -> str | None:
    """`How long is the trial | where is data kept | how does the Team plan work`."""
    word = _small(match["wh"])
    found = _split(match, needs_state=word in ("why", "how"))
    return _asked(word, found[0], match["aux"].lower(), found[1]) if found else None


def _asked(word: str, who: str | None, aux: str, rest: str | None) -> str | None:
    if rest is None or who is None or (aux not in ("is", "are") and not rest):
        return None
    if word == "how" and who == "you" and aux in ("do", "can", "could", "should"):
        return f"how to {rest}"
    if aux in ("do", "did"):
        return f"{word} {who} {rest}"
    if aux == "does":
        return f"{word} {who} {_third_person(rest)}"
    return f"{word} {who} {aux} {rest}".rstrip()


def _split(match: re.Match[str], needs_state: bool) -> tuple[str, str] | None:
    """Subject and rest of what follows the auxiliary verb, as the sender says them."""
    words = match["rest"].split()
    found = before_state(words, needs_state) if match["aux"].lower() in ("is", "are") else before_verb(words)
    who, rest = (_turned(found[0]), _turned(found[1])) if found else (None, None)
    return None if who is None or rest is None else (who, rest)


def _there(match: re.Match[str]) -> str | None:
    rest = _turned(match["rest"])
    return f"whether there {match['aux'].lower()} {rest}" if rest else None


def _plain(match: re.Match[str]) -> str | None:
    rest = _turned(match[0])
    return rest if rest and len(rest.split()) >= 3 else None


def _small(words: str) -> str:
    return words[0].lower() + words[1:] if words else words


def _subject(match: re.Match[str]) -> str | None:
    groups = match.groupdict()
    if groups.get("who"):
        return _WHO[groups["who"].lower()]
    return _turned(groups["thing"])


def _third_person(rest: str) -> str:
    verb, _, tail = rest.partition(" ")
    if verb == "have":
        verb = "has"
    elif re.search(r"(?:s|sh|ch|x|o)$", verb):
        verb += "es"
    elif re.search(r"[^aeiou]y$", verb):
        verb = verb[:-1] + "ies"
    else:
        verb += "s"
    return f"{verb} {tail}".strip()


_Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]]


def _rule(pattern: str, build: Callable[[re.Match[str]], str | None]) -> _Rule:
    return re.compile(pattern, re.IGNORECASE), build


_PATTERNS: tuple[_Rule, ...] = (
    _rule(rf"(?P<aux>is|are) there {_ADVERBS}(?P<rest>.+)", _there),
    _rule(rf"(?P<aux>do|does|did|can|could|will|would|is|are) {_PERSON} {_ADVERBS}(?P<rest>.+)", _whether),
    _rule(r"(?P<aux>can|could|will|is|are|does) (?P<rest>.+)", _whether_thing),
    _rule(
        rf"(?P<wh>how(?: (?:long|much|often|soon|fast|quickly|many [\w-]+))?|where|when|why) "
        rf"(?P<aux>do|does|can|could|is|are|should) {_PERSON} (?P<rest>.+)",
        _wh_inverted,
    ),
    _rule(
        r"(?P<wh>how much|what) (?P<aux>does) (?P<thing>.+) (?P<rest>cost|include|cover|contain|offer)", _wh_inverted
    ),
    _rule(
        r"(?P<wh>how(?: (?:long|much|often|soon|fast|quickly))?|where|when|why) "
        r"(?P<aux>do|does|can|is|are) (?P<rest>.+)",
        _wh_thing,
    ),
    _rule(rf"(?P<wh>(?:which|what)(?: [\w-]+){{1,3}}?) (?P<aux>do|can) {_PERSON} (?P<rest>[a-z][\w -]*)", _wh_inverted),
    _rule(
        r"(?P<wh>what|who) (?P<aux>is|are) (?P<thing>(?:the|your|our|an?) [\w-]+(?: [\w-]+)?)(?P<rest>)", _wh_inverted
    ),
    _rule(_UNINVERTED, _plain),
)
