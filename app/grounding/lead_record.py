"""The lens for claims about the lead: they must stand in the lead's own record."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from app.followups.types import EvidenceItem, LeadContext
from app.grounding.attachment import same_figure
from app.grounding.fit import Part
from app.language.words import words
from app.reading.figures import Figure
from app.reading.lexicon import FUNCTION_WORDS, OFFERING, PLAN_NOUNS, PRICE_KEYS, key_of
from app.reading.reader import Reading, Word, read

_ABOUT_LEAD = re.compile(
    r"\byou(?:'re|’re| are| were| had| asked| mentioned| said| wrote| told| raised| wanted| noted|"
    r" requested| downloaded| tried| looked| signed| attended| joined| visited| shared| brought| expressed| described|"
    r" pointed| wondered| started| stopped| opened| booked| inquired| enquired| explored| reviewed"
    r"| called| showed| work| run| sell| use| manage)\b"
    r"|\byou(?:'ve|’ve| have) (?:been|had|about|around|over|mentioned|asked|told|already|grown|raised|\d)"
    r"|\byour (?:question|note|message|e-?mail|inter\w+|request|team|company|concern|point|objection|reply|inquiry|"
    r"enquiry|comment|call|budget|industry|role|situation|requirements?|needs?|visit|download|trial|evaluation|search)\b"
    r"|\b(?:we|i) (?:last |had )?(?:discussed|spoke|talked|met|exchanged|covered|chatted)\b"
    r"|\bour (?:last |previous |recent |"
    r"earlier )?(?:conversation|call|chat|discussion|exchange|meeting)\b|\b(?:i|we) (?:know|understand"
    r"|remember|recall|see|"
    r"gather|hear|heard)\b|\b(?:pricing|price|cost|budget|timing) (?:is|was) (?:a |your |the )"
    r"|\b(?:as|for) an? [\w -]{2,40}\b(?:company|firm|team|business|manufacturer|organi[sz]ation|provider)\b"
    r"|\bcongrat\w*|\bon your\b|\bto your\b|\babout your\b",
    re.IGNORECASE,
)
_HOW = r"(?:(?:already|currently|still|now|also|today|often|typically|usually)\s)?"
_NOT_OPEN = "".join(
    f"(?<!{word} )" for word in ("if", "when", "whenever", "whether", "what", "once", "do", "did", "which")
)
_LEAD_STATE = re.compile(
    rf"{_NOT_OPEN}\b(?:you|your (?:team|company|business|firm|staff|competitors|peers|colleagues|customers))\s{_HOW}"
    r"(?:uses?|have|has|sends?|needs?|runs?|bills?|issues?|process(?:es)?|employs?|owns?|rel(?:y|ies)|wants?|spends?"
    r"|los(?:e|es)|handles?|operates?|sells?|ships?|makes?|struggles?|faces?|manages?|produces?|invoices?|serves?|works?)"
    r"\b(?! to\b)",
    re.IGNORECASE,
)
_LEAD_FIGURE = re.compile(
    rf"{_NOT_OPEN}\byou\s{_HOW}(?!can\b|could\b|may\b|might\b|will\b|would\b|should\b|must\b|get\b|pay\b|receive\b"
    r"|asked\b|save\b)[a-z]+\s",
    re.IGNORECASE,
)
_LEAD_DEED = re.compile(rf"{_NOT_OPEN}\byou\s{_HOW}(use|need|own|run on|bought)\b(?! to\b)", re.IGNORECASE)
_MENTIONED = re.compile(r"\byou(?:['’]ve| have)? (?:asked|mentioned|said|told|wrote|raised|wanted)\b", re.IGNORECASE)
_ASKED = re.compile(
    r"\b(?:you|your) (?:asked|mentioned|raised|wondered|inquired|enquired|question|note|concern|request"
    r"|wanted to know)\b",
    re.IGNORECASE,
)
_ABOUT_US = re.compile(r"\b(?:our|us|ours)\b", re.IGNORECASE)
# Words of conversation: true of any lead who wrote at all, so they need no support of their own.
TALK = frozenset(
    key_of(word)
    for word in words("""
    before after
    ask asked asking mention mentioned said wrote told raise raised want wanted note noted question questions
    interest interested inquire inquired enquire enquired wonder wondered bring brought express expressed point
    pointed discuss discussed discussing discussion spoke talked talk conversation chat exchange concern
    concerns concerned consideration considering objection topic issue message reply follow following back
    earlier last recent recently previous previously while ago first again know understand remember recall key
    main important request requested information info learn more details look looking looked thinking think
    compare comparing evaluation evaluating interest inquiry enquiry hesitation worry worried yet long time show
    shown curious explore exploring company business team industry like similar requirement requirements needs
    get got touch fair hear heard area work works working
""")
)
# Any lead with a record has been in touch.
_CONTACT = frozenset(
    key_of(word)
    for word in words(
        "follow following back reach know understand fair hear heard touch requirement requirements needs based"
    )
)
_GOT = frozenset({"get", "got", "have", "has", "had"})
_AGO = re.compile(
    r"\b(?:last week|yesterday|last month|(?:a|two|three) (?:days?|weeks?|months?) ago|today|this week)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class LeadFact:
    """One field of the record, read."""

    item: EvidenceItem
    reading: Reading
    keys: frozenset[tuple[str, bool]]


class LeadRecord:
    """What the record says about one lead."""

    def __init__(self, lead: LeadContext, items: Iterable[EvidenceItem]) -> None:
        self._facts = [_fact(item) for item in items]
        names = [lead.lead_name, lead.lead_company, lead.company_name, lead.product_name, lead.product_category]
        names += [lead.sender.name, lead.sender.role, lead.job_title, lead.lead_industry]
        self.names = frozenset(word.raw for name in names if name for word in read(name).words)
        self.own_keys = frozenset(key_of(word) for word in self.names)
        self._days = lead.days_since_contact
        self.has_history = bool(self._facts)

    def speaks_of(self, text: str) -> bool:
        """Whether a clause says something about the lead or about our exchange with them."""
        return _ABOUT_LEAD.search(text) is not None or _LEAD_STATE.search(text) is not None

    def describes_lead(self, text: str, with_figure: bool) -> bool:
        """`You send 1,900 invoices a month`: what the lead does stands in the record or nowhere."""
        if _MENTIONED.search(text):
            return False
        return _LEAD_STATE.search(text) is not None or (with_figure and _LEAD_FIGURE.search(text) is not None)

    def lacks_deed(self, text: str, part: Part) -> str | None:
        """`You use NetSuite` needs a sentence of the record with both: having asked about it is something else."""
        match = None if _MENTIONED.search(text) else _LEAD_DEED.search(text)
        if match is None:
            return None
        needed = {key_of(match[1].lower().split()[0]), *(w.key for w in part.words if w.key not in TALK)}
        sentences = (piece for fact in self._facts for piece in re.split(r"[.;!?\n]", fact.item.text))
        return None if any(needed <= {w.key for w in read(piece).words} for piece in sentences) else match[1]

    def support(self, part: Part) -> tuple[EvidenceItem | None, tuple[str, ...], float]:
        """The field that carries `part` best, the words that no field holds, and the share of words found."""
        needed = [w for w in part.words if w.key not in TALK or (w.key == OFFERING and w.raw not in _GOT)]
        ranked = sorted(self._facts, key=lambda fact: -_hits(fact, part))
        known = {key for fact in self._facts for key in fact.keys}
        missing = [w.raw for w in needed if (w.key, w.negated) not in known and w.key not in self.own_keys]
        missing += [self._shown(part, figure) for figure in part.figures if not self._has_figure(figure)]
        if _AGO.search(part.reading.text[part.start : part.end]) and self._days is None:
            missing.append("the time of the last contact")
        total = len(needed) + len(part.figures)
        share = 1.0 if total == 0 else 1 - len(missing) / total
        is_talk_alone = all(word.key in _CONTACT for word in part.words)
        best = ranked[0].item if ranked and (_hits(ranked[0], part) or is_talk_alone) else None
        return best, tuple(missing), max(0.0, share)

    def needs_knowledge(self, part: Part) -> bool:
        """A figure about us cannot rest on what a lead's record says."""
        kinds = {figure.kind for figure in part.figures} & {"money", "percent", "multiple", "points"}
        about_us = part.raws & PLAN_NOUNS or any(key_of(raw) in PRICE_KEYS for raw in part.raws)
        return bool(kinds) and bool(about_us or _ABOUT_US.search(part.reading.text[part.start : part.end]))

    @staticmethod
    def is_their_question(part: Part) -> bool:
        """`You asked about a discount` tells what they said, and promises nothing."""
        return _ASKED.search(part.reading.text[part.start : part.end]) is not None

    def holds_word(self, raw: str) -> bool:
        key = key_of(raw)
        return raw in self.names or any((key, flag) in fact.keys for fact in self._facts for flag in (False, True))

    def explains(self, word: Word) -> bool:
        """Whether a word may stand in a clause about the lead."""
        return word.key in TALK or self.holds_word(word.raw)

    def has_figure(self, figure: Figure) -> bool:
        return self._has_figure(figure)

    def _has_figure(self, figure: Figure) -> bool:
        return any(same_figure(figure, other) for fact in self._facts for other in fact.reading.figures)

    @staticmethod
    def _shown(part: Part, figure: Figure) -> str:
        return part.reading.text[figure.start : figure.end]


def _fact(item: EvidenceItem) -> LeadFact:
    reading = read.__wrapped__(item.text)
    keys = frozenset((word.key, word.negated) for word in reading.words if word.raw not in FUNCTION_WORDS)
    return LeadFact(item, reading, keys)


def _hits(fact: LeadFact, part: Part) -> int:
    words = sum(1 for word in part.words if (word.key, word.negated) in fact.keys)
    return words + sum(1 for f in part.figures if any(same_figure(f, other) for other in fact.reading.figures))
