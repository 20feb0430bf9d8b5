"""What a courtesy or an invitation states by the way: the object of thanks, and the clauses that follow."""

import re
from collections.abc import Iterator
from itertools import pairwise

from app.grounding.bench import Bench
from app.grounding.lead_record import TALK
from app.language.words import words
from app.reading.lexicon import PROMISING, VERBS, key_of
from app.reading.reader import read

_OPENER = re.compile(
    r"(?:fair (?:point|enough)|no (?:problem|pressure|rush|worries|hard feelings)(?: at all)?|good luck|makes sense|"
    r"that(?: is|'s|’s) (?:fair(?: enough)?|fine|understandable|completely fine|a fair (?:point|question|concern))|"
    r"of course|understood)\b[\s,;:.!—–-]*(?:that|because|since|as|and|but)?\s*",
    re.IGNORECASE,
)
_OBJECT = re.compile(
    r"(?:many thanks|thanks|thank you|(?:i |we )?(?:really )?appreciate|(?:much )?appreciated|sorry|apologies|"
    r"welcome back|understood|(?:i|we) hope)\b",
    re.IGNORECASE,
)
_WILLING = re.compile(r"(?:and |or |so |then )?(?:happy|glad) to\b", re.IGNORECASE)
_CUT = re.compile(r"[;:—–]|\s-\s|,|\b(?:and|but|so|because|since|then|which|before|until|while)\b", re.IGNORECASE)
_JOINT = re.compile(
    r"(?:[,;:—–-]|\s|(?:and|but|so|because|since|then|which|before|until|while|that)\b)+", re.IGNORECASE
)
_OPEN_CLAUSE = re.compile(r"(?:if|when|whenever|whether|how|what|which|who|where|why|once)\b", re.IGNORECASE)
_DECIDING = re.compile(
    r"(?:you|we|i) (?:can )?(?:decide|talk|speak|meet|start|call|commit|choose|go|have|are)\b", re.IGNORECASE
)
_DONE = re.compile(
    r"(?<!did )(?<!have )(?<!if )(?<!whether )\b(?:you|we)(?:'ve|’ve| have)? (?:already |just )?(?P<done>bought|ordered"
    r"|chose|purchased|signed|picked|selected|subscribed|approved|agreed|accepted|promised|sent|booked|cancell?ed|paid)\b"
    r"|\bstill (?P<still>happy|satisfied|using|running|pleased)\b|\b(?P<here>attached|enclosed)\b"
    r"|\byour (?P<due>invoice|order|contract|subscription|refund|discount|free)\b",
    re.IGNORECASE,
)
_SELLING = re.compile(
    r"\bprices? (?:goes|go|will go|rises?|increases?) up\b|\block in\b|\b(?:keep|continue|stop) losing\b"
    r"|\boffer (?:ends|expires)\b|\b(?:your|current|existing) \w+ (?:violates|breaks|fails)\b",
    re.IGNORECASE,
)
_OUR_THING = re.compile(
    r"\b(?:(?P<our>our)|(?:which|one|some|all|any) of (?P<of>the))\s"
    r"|\bthe (?P<thing>[\w-]+(?: [\w-]+){0,3}? (?:connector|integration|certificate|certification|report)s?\b)",
    re.IGNORECASE,
)
_PLAN_PLACE = re.compile(r"\s(?:of|on|in|with|for) (?:the|our) [\w-]+ (?:plan|tier|edition|package)\b", re.IGNORECASE)
_THING = re.compile(r"[\w’'-]+(?: [\w’'-]+){0,4}")
_COURTEOUS = TALK | frozenset(
    key_of(word)
    for word in words("""
    time patience reading interest question honest answer open plain plainly clear telling letting saying sharing
    sense good luck wish success choice decision plan plans planned best hear bother disturb interrupt intrude delay
    customer customers relying working trust honesty candid candour feedback openly hesitate hold holds back break
    away desk great well find helps help useful helpful week day morning start reply respond write happy glad right
    timing moment suit feel free welcome reach touch talk chat call fine fair speak details yes no word line one
    short quick note choose pick easy easier stay door here there decide change side come comes anytime time worry
    matters matter guess product products question questions concern topic pricing prices
    rather instead every numbers own case situation
    """)
)
_CLAIMING = frozenset({"feedback", "great"})


def object_unknown(text: str, bench: Bench) -> str | None:
    """The first word of what a courtesy thanks or apologises for that the lead's record does not hold."""
    match = _OBJECT.match(text.strip())
    if match is None:
        return None
    rest = text.strip()[match.end() :]
    first = re.split(r"[;:—–]|,\s(?!and\b)|\s-\s", rest, maxsplit=1)[0]
    reading = read(first)
    raws = {word.raw for word in reading.words}
    if raws >= _CLAIMING:
        return "great feedback"
    if {"you", "use"} <= raws or {"you", "your"} & raws and {"not", "cannot"} & raws:
        return first.strip()
    for word in reading.words:
        if word.carries and word.key not in _COURTEOUS and not _explained(word.raw, bench):
            return word.raw
    return None


def _explained(raw: str, bench: Bench) -> bool:
    return raw in bench.record.names or bench.record.holds_word(raw)


def willing(text: str) -> bool:
    """`Happy to ...` commits the sender like `I can ...` does."""
    return _WILLING.match(text.strip()) is not None and not is_courteous(text)


def is_courteous(text: str) -> bool:
    """Nothing but the words of politeness."""
    reading = read(text)
    return not reading.figures and all(
        w.key in _COURTEOUS and w.raw not in PROMISING - {"free"} for w in reading.words if w.carries
    )


def after_opener(text: str) -> str:
    """What follows `No problem,` and the like: a sentence of its own. "" if there is no such opener."""
    match = _OPENER.match(text.strip())
    return "" if match is None else text.strip()[match.end() :]


def side_clauses(text: str) -> Iterator[str]:
    """Clauses after the first that have a subject and a finite verb: `..., and your plan is activated`."""
    cuts = [match.start() for match in _CUT.finditer(text)]
    for start, end in pairwise([*cuts, len(text)]):
        joint = _JOINT.match(text, start)
        clause = text[joint.end() if joint else start : end].strip(" .!?")
        if len(clause.split()) < 2 or _OPEN_CLAUSE.match(clause) or _DECIDING.match(clause):
            continue
        timed = text[start : start + 6].lower().startswith(("before", "until", "while"))
        if timed and "'s" not in clause and _has_subject_and_verb(clause) or _is_statement(clause):
            yield clause


_SUBJECT = re.compile(
    r"(?:you|your|our|we|it|they|the|all|every|each|this|there|everything|nobody|everyone|prices?|[A-Z][\w-]+)\b"
)


def _is_statement(clause: str) -> bool:
    return _SUBJECT.match(clause) is not None and _has_subject_and_verb(clause)


def _has_subject_and_verb(clause: str) -> bool:
    raws = clause.lower().split()[1:]
    return any(raw in VERBS or raw.endswith(("es", "ed")) for raw in raws) or any(
        raw.endswith("s") and not raw.endswith("ss") for raw in raws[:2]
    )


def presupposed(text: str, bench: Bench) -> str | None:
    """A deed, a debt or a pressure that a question takes for granted and the record does not hold."""
    low = text.casefold()
    selling = _SELLING.search(text)
    if selling is not None:
        return selling[0]
    for phrase in bench.config.pressure_phrases:
        if re.search(rf"\b{re.escape(phrase.casefold())}\b", low):
            return phrase
    for match in _DONE.finditer(text):
        word = next(group for group in match.groups() if group)
        trial = word.lower() == "free" and re.match(r"\s+(?:trial|of)\b", text[match.end() :])
        if not trial and (
            word.lower() in {"attached", "enclosed", "free"} or not bench.record.holds_word(word.lower())
        ):
            return match[0]
    return None


def things(text: str) -> Iterator[str]:
    """`our Sage connector`, `the SAP connector of the Professional plan`: things of ours taken for granted."""
    for match in _OUR_THING.finditer(text):
        if match["thing"]:
            start, end = match.start("thing"), match.end("thing")
        else:
            start = match.end()
            found = _THING.match(text, start)
            end = start + len(text[start : _stop(text, start, found.end())].rstrip()) if found else start
        place = _PLAN_PLACE.match(text, end) or _PLAN_PLACE.search(text, start, end)
        end = max(end, place.end()) if place else end
        piece = text[start:end]
        if any(word.carries for word in read(piece).words) and not is_courteous(piece):
            yield piece


def _stop(text: str, start: int, end: int) -> int:
    """A thing ends before the first verb or small word: `native Odoo connector | works`."""
    reading = read(text)
    for word in reading.words:
        if start < word.start < end and (
            word.raw in VERBS - {"support"} or not word.carries and word.raw not in _INNER
        ):
            return word.start
    return end


_INNER = frozenset({"plan", "tier", "customers", "team", "teams", "software", "platform"})
