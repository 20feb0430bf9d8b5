"""What the record lets a message say about the lead: what they asked, objected to or did."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.followups.types import EdgeCase, LeadContext, Strategy, Topic
from app.language.words import content_stems

_ASKED = re.compile(
    r"\b(?:ask(?:ed|s|ing)?|questions?|inquir\w+|enquir\w+|request(?:ed|s|ing)?|want(?:ed|s)? to know|wonder\w*)\b|\?",
    re.IGNORECASE,
)
_CLEAN = re.compile(r"[\w$€£%](?:[\w '’&/+%$€£.-]|,(?=\d))*[\w%+]")
_CLAUSE_START = re.compile(r"(?:whether|how|what|if|which|when|where|why|who)\b", re.IGNORECASE)
_INTERESTED = re.compile(r"\b(?:interest(?:ed|s)?|wants?|wanted|needs?|looking for|would like)\b", re.IGNORECASE)
# "Thank you for raising {subject}": not for clauses, gerunds and long phrases.
_SHORT_NOUN = re.compile(
    r"(?!(?:whether|how|what|if|which|when|where|why|who)\b)(?!\w+ing\b(?! (?:cost|price|effort)))\S+(?: \S+){0,3}",
    re.IGNORECASE,
)
_COUNTABLE = frozenset(
    """
    demo trial quote call meeting proposal walkthrough pilot discount connector integration extension program programme
    certificate report agreement sdk plugin app bot case study reference course workshop
    """.split()  # noqa: SIM905 - a word list reads better as text
) - {"case"}
_DEFINITE = frozenset(
    """
    plan tier portal price cost fee rate interface api checkout sandbox environment roadmap contract budget effort
    timeline process system tool setup workload
    """.split()  # noqa: SIM905
)
# "I can share details about a free trial" would promise one.
_SOUNDS_LIKE_OFFER = re.compile(
    r"\d|\b(?:free|guarantee\w*|discount\w*|one|two|three|four|unlimited|saving\w*|refund\w*)\b", re.IGNORECASE
)
_ALONE = frozenset({"price", "cost", "budget", "effort", "timeline", "sandbox", "roadmap", "api"})
_IN_USE = re.compile(r"(?:current|existing|present|own|in-house|incumbent) ", re.IGNORECASE)
_HEAD_END = re.compile(r" (?:for|in|of|on|with|to|from|at|by|and|or|per) ")
_HAS_DETERMINER = re.compile(r"(?:an?|the|our|your|some|any|all|more|two|three|several|both|no|\d+)\b", re.IGNORECASE)
_MAX_SUBJECT_WORDS = 11
# What leads do towards us on purpose, with the article that their object takes when the record leaves it out.
_ACTS = {
    "downloaded": "the",
    "attended": "the",
    "joined": "the",
    "registered for": "the",
    "signed up for": "the",
    "requested": "a",
    "asked for": "a",
    "booked": "a",
    "started": "a",
    "tested": "the",
    "tried": "the",
}
_ACT = re.compile(
    rf"(?:^|[.;,!\n]\s*|\b(?:and|then|lead|they|she|he) )(?P<verb>{'|'.join(_ACTS)}) "
    r"(?P<object>[\w'’/&-]+(?: [\w'’/&-]+){0,5}?)"
    r"(?= (?:(?:in|and|but|then|last|from|at|yesterday|twice|after|before|via)\b|\d|on (?:\d|[A-Z][a-z]+ ?\d|\w+day))"
    r"|[.;,!\n]|$)",
    re.IGNORECASE,
)
_DETERMINED = re.compile(
    r"(?:an?|the|our|your|some|more|two|three|several|both|free|information|details|pricing|access|support|help|"
    r"documentation|prices|references|material)\b|\d",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"\b(?:they|them|their|his|her|him|she|he|my|me|i|we|us|it|this|that|these|those|to|not)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Opening:
    """The slot of the opening sentence and the values it needs; `slot` is None where the record supports nothing."""

    slot: str | None
    subject: str | None = None
    act: str | None = None

    @property
    def wants_answer(self) -> bool:
        return self.slot in ("asked", "asked_clause", "asked_unnamed", "raised", "raised_unnamed")


def read_opening(lead: LeadContext, strategy: Strategy, labels: Mapping[Topic, Sequence[str]]) -> Opening:
    """The strongest opening about the lead that the record supports in its own words."""
    record = _record(lead)
    subject = known_subject(lead, strategy, labels)
    if strategy.edge_case is EdgeCase.OBJECTION:
        nominal = subject if subject and _SHORT_NOUN.fullmatch(subject) else None
        return Opening("raised" if nominal else "raised_unnamed", nominal)
    act = _act(lead.interaction_history)
    if act is not None and (strategy.edge_case is not EdgeCase.QUESTION or strategy.topic is Topic.DEMO):
        return Opening("acted", subject, act)
    if subject and (strategy.edge_case is EdgeCase.QUESTION or _ASKED.search(record)):
        return Opening("asked_clause" if _CLAUSE_START.match(subject) else "asked", subject)
    if strategy.edge_case is EdgeCase.QUESTION:
        return Opening("asked_unnamed")
    if subject and _INTERESTED.search(record):
        return Opening("interested", subject)
    noted = subject and strategy.subject_of_interest and not _CLAUSE_START.match(subject)
    return Opening("noted" if noted and not _SOUNDS_LIKE_OFFER.search(subject or "") else None, subject)


def known_subject(lead: LeadContext, strategy: Strategy, labels: Mapping[Topic, Sequence[str]]) -> str | None:
    """The lead's subject in clean words of the record itself, with the article it needs, or None."""
    stems = set(content_stems(" ".join((_record(lead), lead.product_name))))
    given = " ".join((strategy.subject_of_interest or "").split()).rstrip(".?!,;:")
    names = (given, *labels.get(strategy.topic or Topic.OTHER, ()))
    found = next((name for name in names if _is_usable(name, stems)), None)
    return with_determiner(_named_right(found, lead.product_name)) if found else None


def _named_right(subject: str, product: str) -> str:
    """The product as it spells itself, however the record does."""
    return re.sub(rf"(?<!\w){re.escape(product)}(?!\w)", lambda _: product, subject, flags=re.IGNORECASE)


def with_determiner(phrase: str) -> str:
    """`student discount` -> `a student discount`; what takes no article, or has one, stays as it is."""
    if _CLAUSE_START.match(phrase) or _HAS_DETERMINER.match(phrase):
        return phrase
    if _IN_USE.match(phrase):
        return f"your {phrase}"
    head = _HEAD_END.split(phrase, maxsplit=1)[0].split()
    noun = head[-1].lower()
    if noun in _COUNTABLE and not head[0].isupper():
        return f"{'an' if head[0][0].lower() in 'aeiou' else 'a'} {phrase}"
    if noun in _DEFINITE | _COUNTABLE and (len(head) > 1 or noun in _ALONE):
        return f"the {phrase}"
    return phrase


def _is_usable(name: str, stems: set[str]) -> bool:
    if _CLEAN.fullmatch(name) is None or len(name.split()) > _MAX_SUBJECT_WORDS:
        return False
    wanted = set(content_stems(_CLAUSE_START.sub("", name, count=1)))
    return bool(wanted) and wanted <= stems


def _record(lead: LeadContext) -> str:
    theirs = (message.text for message in lead.thread if message.author == "lead")
    return "\n".join((lead.interaction_history, lead.notes or "", *lead.objections_raised, *theirs))


def _act(history: str) -> str | None:
    """What the lead did, as words that follow "You": `"downloaded the month-end checklist"`."""
    for match in _ACT.finditer(history):
        verb, thing = match["verb"].lower(), match["object"]
        if not _OTHERS.search(thing) and _CLEAN.fullmatch(thing):
            return f"{verb} {_with_article(verb, thing)}"
    return None


def _with_article(verb: str, thing: str) -> str:
    if _DETERMINED.match(thing):
        return thing
    article = _ACTS[verb]
    if article == "a" and thing.endswith("s") and not thing.endswith("ss"):
        return thing
    if article == "a" and thing[0].lower() in "aeiou":
        article = "an"
    return f"{article} {thing}"
