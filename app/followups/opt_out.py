"""Does the record ask us to stop writing? Errs towards yes where a request can be meant, not on ordinary words."""

import re
from collections.abc import Iterator

from app.followups.record_phrases import phrases, unbounded_phrases
from app.followups.types import LeadContext
from app.language.folding import fold

_FLAG_NAME = re.compile(
    r"opt(?:ed)?[ _-]?out|unsubscrib|do[ _-]?not[ _-]?(?:e-?mail|contact)|dnc|suppress", re.IGNORECASE
)
_TRUE_VALUES = frozenset({"true", "yes", "y", "1", "x", "on", "ja", "oui", "si", "sì", "sí", "sim"})
_NEIGHBOURHOOD = 60


def opt_out_reason(lead: LeadContext) -> str | None:
    """Why nothing may be written: `opt_out`, `legal_threat` or `do_not_contact_flag`; None if nothing forbids it."""
    if any(_FLAG_NAME.search(key) and value.casefold() in _TRUE_VALUES for key, value in lead.custom):
        return "do_not_contact_flag"
    for text in map(fold, _texts(lead)):
        if phrases("legal_threat").search(text):
            return "legal_threat"
        if asks_to_stop(text):
            return "opt_out"
    said = [message.text for message in lead.thread if message.author == "lead"]
    if any(_is_bare_stop(text) for text in (*said, lead.interaction_history, lead.notes or "")):
        return "opt_out"
    return None


def asks_to_stop(folded: str) -> bool:
    """Whether a folded text holds a request not to be written to."""
    if phrases("opt_out").search(folded) or unbounded_phrases("opt_out_unspaced").search(folded):
        return True
    return any(_is_request(folded, match) for match in phrases("leaving").finditer(folded))


def _is_request(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - _NEIGHBOURHOOD) : match.start()]
    after = text[match.end() : match.end() + _NEIGHBOURHOOD]
    denied = unbounded_phrases("leaving_denied").search(before)
    return denied is None and unbounded_phrases("leaving_not_ours").match(after) is None


def _is_bare_stop(text: str) -> bool:
    return phrases("opt_out_whole").fullmatch(fold(text).strip(" .!,;:-\"'")) is not None


def _texts(lead: LeadContext) -> Iterator[str]:
    yield from (message.text for message in lead.thread if message.author == "lead")
    yield lead.interaction_history
    yield lead.notes or ""
    yield lead.lead_stage or ""
    yield from lead.objections_raised
    yield from (value for _, value in lead.custom)
