"""What a lead's record says about the situation: a deterministic reading, without a model.

The newest message of the lead counts most, then the interaction history, then the notes. What is read:

- rejection, unless only a part is refused ("not interested in Starter but wants Pro") or they came back later;
- out of office, unless the return date has passed;
- existing customer, by the stage or a plain statement;
- question: they asked and no answer is on record, so "Asked about pricing, stopped responding" is a question;
- objection: an entry of `objections_raised`, or a plain statement in the text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from app.followups.absence import away_until
from app.followups.opt_out import opt_out_reason
from app.followups.question_clauses import as_clause
from app.followups.record_phrases import phrases
from app.followups.subjects import asked_in, fragment_in, phrase_from, subject_in
from app.followups.topics import first_topic, topic_of
from app.followups.types import EdgeCase, LeadContext, Topic
from app.language.folding import fold
from app.language.words import words

COLD_AFTER_DAYS = 90

_CLAUSE_END = re.compile(
    r"(?<=[.!?;])\s+|[;|•→\n]|\s[-–—>]+\s|,\s+|\s+(?=(?:but|then|however|though|although|yet)\s)", re.IGNORECASE
)
_QUESTION_WORDS = re.compile(
    r"(?:how|what|which|when|where|why|who|do|does|did|can|could|is|are|will|would|should|may|have|has)\s",
    re.IGNORECASE,
)
_NOTHING = re.compile(
    r"n/?a|none|new(?: inbound| web| cold)? (?:lead|contact|prospect)|(?:first|cold) (?:contact|outreach|lead)"
    r"|never contacted|no(?:ne)?(?: \w+){0,2} (?:interactions?|history|contacts?|activity|notes?|records?|data"
    r"|information)(?: yet| so far)?"
)
_LONGEST_QUESTION = 300
# "GitLab support", "support for Python", "does it support Xero".
_SUPPORT_OF = re.compile(
    r"(?:\w [A-Z][\w.+#-]*|^[A-Z][\w.+#-]*) support\b|\bsupport for \w|\b(?:it|we|you|they) support\b"
    r"|\bsupports \w"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """The situation. `question` is the clause that asks or objects, in the lead's or the CRM's words.

    `earlier` is what the lead asked or said in the message before the one that asks, "" without one.
    """

    edge_case: EdgeCase
    topic: Topic | None = None
    subject: str | None = None
    question: str | None = None
    away_until: date | None = None
    earlier: str = ""


@dataclass(frozen=True, slots=True)
class _Source:
    """One text of the record. `direct`: written by the lead; `open`: nobody answered it yet."""

    text: str
    direct: bool
    open: bool
    written: date | None

    @property
    def clauses(self) -> list[str]:
        return [clause.strip() for clause in _CLAUSE_END.split(self.text) if clause and clause.strip()]

    @property
    def sentences(self) -> list[str]:
        return [part.strip() for part in re.split(r"(?<=[.!?;])\s+", self.text) if part.strip()]


def read_record(lead: LeadContext, today: date) -> Reading:
    """Read the situation of `lead` as of `today`."""
    if opt_out_reason(lead) is not None:
        return Reading(EdgeCase.OPTED_OUT)
    sources = list(_sources(lead, today))
    wanted = _wanted(lead, sources)
    edge, until = _edge_case(lead, sources, wanted, today)
    if edge is EdgeCase.REJECTION:
        return Reading(edge)
    earlier = _said_before(lead) if wanted.direct else ""
    return Reading(edge, wanted.topic, wanted.subject, wanted.clause, until, earlier)


def days_of_silence(lead: LeadContext, today: date) -> int | None:
    """Days since the last contact: as given, else since the newest dated message of the thread."""
    if lead.days_since_contact is not None:
        return lead.days_since_contact
    dated = [message.sent_at.date() for message in lead.thread if message.sent_at is not None]
    return max(0, (today - max(dated)).days) if dated else None


# --------------------------------------------------------------------------- what they want


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the lead asked (`asked`), objected to (`objected`) or showed interest in (neither)."""

    clause: str | None = None
    topic: Topic | None = None
    subject: str | None = None
    asked: bool = False
    objected: bool = False
    direct: bool = False


def _wanted(lead: LeadContext, sources: list[_Source]) -> _Wanted:
    names = frozenset(words(lead.lead_name))
    question = next((found for source in sources if (found := _question(source, names)) is not None), None)
    objection = _objection(lead, sources, names)
    if question is None:
        return objection or _interest(sources, names)
    if objection is None or question.direct or question.topic != objection.topic:
        # A listed objection on another subject does not take the place of what they asked.
        return question
    return (
        objection if objection.subject else _Wanted(objection.clause, objection.topic, question.subject, objected=True)
    )


def _question(source: _Source, names: frozenset[str]) -> _Wanted | None:
    if not source.open:
        return None
    asking = [part for part in (source.sentences if source.direct else source.clauses) if _asks(part, source.direct)]
    for part in reversed(asking) if source.direct else asking:
        subject = asked_in(part, names, reported=not source.direct)
        if subject is None:
            # "We need an audit log. Do you have one?"
            others = (subject_in(other, names) for other in source.sentences if other != part)
            subject = next((found for found in others if found is not None), None)
        topic = _asked_topic(subject, part)
        return _Wanted(part[:_LONGEST_QUESTION], topic, subject, asked=True, direct=source.direct)
    return None


def _asked_topic(subject: str | None, part: str) -> Topic:
    """Support for a named thing is a question of integration or function, not of the help desk."""
    topic = topic_of(subject or part) or topic_of(part) or Topic.OTHER
    helps = topic is Topic.SUPPORT and _SUPPORT_OF.search(subject or part)
    return Topic.OTHER if helps else topic


def _asks(part: str, direct: bool) -> bool:
    if "?" in part or phrases("asked").search(fold(part)):
        return True
    if _QUESTION_WORDS.match(part) is None or len(part.split()) <= 3:
        return False
    return direct or as_clause(part) is not None


def _objection(lead: LeadContext, sources: list[_Source], names: frozenset[str]) -> _Wanted | None:
    for entry in lead.objections_raised:
        subject = phrase_from(
            re.sub(r"^(?:no|lack of|limited|tight)\s+", "", entry, flags=re.IGNORECASE), names, begins=True
        )
        return _Wanted(
            entry, _objection_topic(entry), subject if subject and len(subject.split()) <= 4 else None, objected=True
        )
    for source in sources:
        for clause in source.clauses:
            if phrases("objection").search(fold(clause)):
                return _Wanted(
                    clause[:_LONGEST_QUESTION], _objection_topic(clause), subject_in(clause, names), objected=True
                )
    return None


def _objection_topic(text: str) -> Topic:
    folded = fold(text)
    if phrases("timing").search(folded):
        return Topic.TIMING
    if phrases("uses_other").search(folded):
        return Topic.COMPETITOR
    return topic_of(text) or Topic.OTHER


def _interest(sources: list[_Source], names: frozenset[str]) -> _Wanted:
    clauses = [c for source in sources for c in source.clauses if not phrases("rejection").search(fold(c))]
    subject = next((found for clause in clauses if (found := subject_in(clause, names)) is not None), None)
    if subject is None:
        notes = (fragment_in(clause, names) for clause in clauses if topic_of(clause) is not None)
        subject = next((found for found in notes if found is not None), None)
    return _Wanted(None, first_topic(([subject] if subject else []) + clauses), subject)


def _said_before(lead: LeadContext) -> str:
    """The question of the lead's last message but one, else the end of that message."""
    theirs = [message.text for message in lead.thread if message.author == "lead"][:-1]
    parts = _Source(theirs[-1], direct=True, open=False, written=None).sentences if theirs else []
    asking = [part for part in parts if _asks(part, True)]
    return (asking or parts or [""])[-1][:_LONGEST_QUESTION]


# --------------------------------------------------------------------------- which situation


def _edge_case(lead: LeadContext, sources: list[_Source], wanted: _Wanted, today: date) -> tuple[EdgeCase, date | None]:
    away = _away(lead, sources, today)
    if _rejected(lead, sources):
        return EdgeCase.REJECTION, None
    if away is not None:
        return EdgeCase.OUT_OF_OFFICE, away if away != date.max else None
    if _is_customer(lead, sources):
        return EdgeCase.EXISTING_CUSTOMER, None
    if (days_of_silence(lead, today) or 0) > COLD_AFTER_DAYS:
        return EdgeCase.GONE_COLD, None
    if wanted.asked:
        return EdgeCase.QUESTION, None
    if wanted.objected:
        return EdgeCase.OBJECTION, None
    return (EdgeCase.NOTHING_KNOWN if _nothing_known(lead, sources) else EdgeCase.NONE), None


def _rejected(lead: LeadContext, sources: list[_Source]) -> bool:
    for source in sources:
        verdict = _refuses(source)
        if verdict is not None:
            return verdict
    return phrases("rejection_stage").fullmatch(fold(lead.lead_stage or "")) is not None


def _refuses(source: _Source) -> bool | None:
    """True for a rejection, False for a newer message that asks something, None if the text settles nothing."""
    folded = fold(source.text)
    last = max((match.end() for match in phrases("rejection").finditer(folded)), default=None)
    if last is None:
        return False if source.direct and any(_asks(part, True) for part in source.sentences) else None
    if phrases("reopened").search(folded, last):
        return None
    refusing = [s for s in map(fold, source.sentences) if phrases("rejection").search(s)]
    return not all(phrases("still_wants").search(sentence) for sentence in refusing)


def _away(lead: LeadContext, sources: list[_Source], today: date) -> date | None:
    """The last day away, `date.max` if none is stated, None if nobody is away (any more)."""
    month_first = fold(lead.geographic_region or "") in {"us", "usa", "united states", "north america"}
    for source in sources[:2]:
        folded = fold(source.text)
        if phrases("away").search(folded) is None or phrases("not_away").search(folded):
            continue
        until = away_until(folded, source.written, today, month_first)
        return None if until is not None and until < today else until or date.max
    return None


def _is_customer(lead: LeadContext, sources: list[_Source]) -> bool:
    stage = fold(lead.lead_stage or "")
    if phrases("customer_stage").fullmatch(stage) and not phrases("not_customer").search(stage):
        return True
    clauses = [fold(clause) for source in sources if not source.direct for clause in source.clauses]
    # What they ask about ("can we import existing customers") is no statement about them.
    stated = [clause for clause in clauses if not phrases("asked").search(clause)]
    return any(phrases("customer").search(c) and not phrases("not_customer").search(c) for c in stated)


def _nothing_known(lead: LeadContext, sources: list[_Source]) -> bool:
    told = [source for source in sources if source.direct or not _NOTHING.fullmatch(fold(source.text).rstrip("."))]
    scores = (lead.lead_score, lead.engagement_score, lead.engagement_pattern)
    return not told and not lead.tasks and all(value is None for value in scores)


# --------------------------------------------------------------------------- where it is written


def _sources(lead: LeadContext, today: date) -> Iterator[_Source]:
    """The texts that count, weightiest first: the lead's newest message, the history, the notes."""
    newest = next((i for i in range(len(lead.thread) - 1, -1, -1) if lead.thread[i].author == "lead"), None)
    silence = days_of_silence(lead, today)
    written = today - timedelta(days=silence) if silence is not None else None
    if newest is not None:
        message = lead.thread[newest]
        sent = message.sent_at.date() if message.sent_at else written
        yield _Source(message.text, direct=True, open=newest == len(lead.thread) - 1, written=sent)
    for text in (lead.interaction_history, lead.notes or ""):
        if text:
            answered = phrases("answered").search(fold(text)) is not None
            yield _Source(text, direct=False, open=not answered, written=written)
