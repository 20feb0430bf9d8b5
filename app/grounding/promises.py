"""The lens for promises and offers: the sender is bound only to what the record or the configuration allows."""

import re

from app.followups.types import EvidenceItem, Scope, Task
from app.grounding.attachment import same_figure
from app.grounding.bench import Bench, lead_quote
from app.grounding.judgement import Judgement
from app.grounding.lead_record import TALK
from app.grounding.types import Verdict
from app.language.words import words
from app.reading.figures import Figure
from app.reading.lexicon import FUNCTION_WORDS, NEUTRAL_KEYS, PROMISING, key_of
from app.reading.reader import Reading, read

_ASKING = re.compile(
    r"\b(?:(?:shall|should|can|could|may) (?:i|we)|want me to|like me to|me to|us to|if (?:i|we) (?:send"
    r"|share|put|set|sent|"
    r"shared|showed|show|arranged|booked))\b",
    re.IGNORECASE,
)
_OPEN_QUESTION = re.compile(r"(?:how|what|which|when|who|where|why)\b", re.IGNORECASE)
_CONVERSATION = frozenset(
    key_of(word)
    for word in words("call chat talk conversation discuss meet meeting demo walkthrough walk speak intro introduction")
)
# Small talk around an offer.
_AROUND = frozenset(
    key_of(word)
    for word in words("""
    happy glad gladly happily rather love like send share put together set show walk through breakdown
    comparison summary overview details guess quick short brief minute minutes moment best works work time times
    useful helpful convenient reply back reach touch figure figures answer ask size once ready soon pleased next
    step
""")
)
_MEETING_KINDS = frozenset({
    "call",
    "chat",
    "conversation",
    "meeting",
    "demo",
    "walkthrough",
    "session",
    "intro",
    "slot",
})


def judge_promise(text: str, bench: Bench) -> Judgement | None:
    """What a promise or offer rests on: a task or note of the record, or an entry of `allowed_offers`; else None."""
    reading = read(text)
    owed = _owed(reading, bench)
    if owed is not None:
        return Judgement(Verdict.SUPPORTED, f"the record says that we owe this ({owed.source})", 1.0, lead_quote(owed))
    if is_allowed(reading, bench) and not _leftover(reading, bench):
        return Judgement(Verdict.EXEMPT, "an offer that the configuration allows", 1.0)
    return None


def asks_to_act(text: str) -> bool:
    """Whether a question offers an action of ours: `Shall I send ...?`."""
    return _ASKING.search(text) is not None and _OPEN_QUESTION.match(text) is None


def is_allowed(reading: Reading, bench: Bench) -> bool:
    """Whether an allowed offer (or only a conversation) covers the text, and nothing of value is named beside it."""
    raws = {word.raw for word in reading.words}
    keys = {word.key for word in reading.words}
    if raws & PROMISING or reading.links or any(not is_call_length(f, reading, bench) for f in reading.figures):
        return False
    if keys & _CONVERSATION:
        return True
    return any({key_of(word.lower()) for word in entry} <= keys for entry in bench.config.allowed_offers)


def is_call_length(figure: Figure, reading: Reading, bench: Bench) -> bool:
    """Whether a figure is the length of a call that may be proposed freely."""
    if figure.kind != "duration" or figure.unit != "second" or figure.high is not None or figure.bound != "exact":
        return False
    following = [word.raw for word in reading.words if word.start >= figure.end][:4]
    preceding = [word.raw for word in reading.words if word.end <= figure.start][-4:]
    minutes = {60 * minutes for minutes in bench.config.allowed_call_minutes}
    return figure.value in minutes and bool(_MEETING_KINDS & {*following, *preceding} or not following)


def _leftover(reading: Reading, bench: Bench) -> list[str]:
    """Words of a promise that neither the offer nor anything known explains."""
    offered = {key_of(word.lower()) for entry in bench.config.allowed_offers for word in entry}
    known = offered | _AROUND | _CONVERSATION | TALK | NEUTRAL_KEYS | bench.keys | bench.record.own_keys
    return [w.raw for w in reading.words if w.carries and w.key not in known and not bench.record.holds_word(w.raw)]


def _owed(reading: Reading, bench: Bench) -> EvidenceItem | None:
    for task in bench.lead.tasks:
        if _covers(reading, read(task.text), _due_fields(task)):
            return EvidenceItem("lead:tasks", Scope.LEAD, task.text, "tasks")
    raws = {word.raw for word in reading.words}
    if raws & PROMISING or any(figure.kind in {"money", "percent"} for figure in reading.figures):
        return None
    for note in filter(None, (bench.lead.notes,)):
        for sentence in re.split(r"(?<=[.;!?])\s+|\n", note):
            if sentence.strip() and _covers(reading, read(sentence), frozenset()):
                return EvidenceItem("lead:notes", Scope.LEAD, note, "notes")
    return None


def _due_fields(task: Task) -> frozenset[tuple[str, str]]:
    if task.due is None:
        return frozenset()
    due = task.due
    fields = {"year": due.year, "month": due.month, "day": due.day, "weekday": due.isoweekday()}
    return frozenset((name, str(value)) for name, value in fields.items())


def _covers(promise: Reading, owed: Reading, due: frozenset[tuple[str, str]]) -> bool:
    """Every word and figure of the promise stands in what we owe, or says when it is due."""
    known = {(word.key, word.negated) for word in owed.words}
    needed = [w for w in promise.words if w.raw not in FUNCTION_WORDS and w.key not in _AROUND_PROMISE]
    if not needed or any((word.key, word.negated) not in known for word in needed):
        return False
    return all(
        any(same_figure(figure, other) for other in owed.figures) or (figure.kind == "date" and figure.fields <= due)
        for figure in promise.figures
    )


_AROUND_PROMISE = frozenset(key_of(word) for word in words("happy glad gladly over promised back also then"))
