"""Everything one check compares a message with, prepared once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from app.config_files import ValidationConfig
from app.followups.types import BlockKind, Evidence, EvidenceItem, LeadContext
from app.grounding.fit import Part
from app.grounding.lead_record import LeadRecord
from app.grounding.match import subjects_by_segment
from app.grounding.types import Quote
from app.reading.links import find_links
from app.reading.passages import Passage, Statement, analyse, plain, vocabulary_of
from app.reading.subjects import Phrase, Subjects, phrase_of, subjects_of


@dataclass(frozen=True, slots=True)
class Source:
    """A statement of a company document, and the passage it stands in.

    `stale` supports nothing: it is out of date today, replaced, or in dispute (`conflicting`); `reason` says more.
    """

    item: EvidenceItem
    statement: Statement
    stale: bool
    conflicting: bool = False
    reason: str = ""


class Bench:
    """The evidence and the record of one check."""

    def __init__(self, lead: LeadContext, evidence: Evidence, today: date, config: ValidationConfig) -> None:
        self.config = config
        self.today = today
        self.lead = lead
        self.record = LeadRecord(lead, evidence.lead)
        self.ours = frozenset(_our_names(lead))
        passages = [(item, analyse(item)) for item in evidence.knowledge]
        self.sources = [
            Source(item, statement, _is_stale(item, today))
            for item, passage in passages
            for statement in passage.statements
            if statement.kind is not BlockKind.HEADING
        ]
        self.sources += [
            Source(out.item, statement, True, out.conflicting, out.reason)
            for out in evidence.withdrawn
            for statement in analyse(out.item).statements
        ]
        self.subjects: Subjects = subjects_of((found for _, p in passages for found in p.found), self.ours)
        self.passages: list[tuple[EvidenceItem, Passage]] = passages
        self._verbatim = {source.statement.plain: source for source in reversed(self.sources)}
        self._verbatim |= {s.statement.plain: s for s in reversed(self.sources) if not s.stale}
        held = [passage.vocabulary for _, passage in passages]
        held += [vocabulary_of(analyse(out.item).statements) for out in evidence.withdrawn]
        self.words = frozenset[str]().union(*(vocabulary.words for vocabulary in held))
        self.keys = frozenset[str]().union(*(vocabulary.keys for vocabulary in held))
        self.figures = tuple(figure for vocabulary in held for figure in vocabulary.figures)
        self._known = frozenset[str]().union(*(vocabulary.known for vocabulary in held))
        self._about: dict[int, list[set[Phrase]]] = {}

    def about(self, source: Source) -> list[set[Phrase]]:
        """Who each segment of the statement is about; worked out once."""
        place = id(source)
        if place not in self._about:
            self._about[place] = subjects_by_segment(source.statement, self.subjects)
        return self._about[place]

    def knows_all(self, part: Part) -> bool:
        """Whether every word of `part` occurs somewhere; if not, no cut of the sentence can be supported."""
        return all(w.key in self._known or self.record.explains(w) for w in part.words)

    def verbatim(self, text: str) -> Source | None:
        """The statement that says exactly `text`, if any; a valid one before one that is out of date."""
        return self._verbatim.get(plain(text))

    def knows_name(self, raw: str) -> bool:
        return raw in self.words or raw.rstrip("s") in self.words or self.record.holds_word(raw)

    def has_link(self, value: str, host: str) -> bool:
        """Whether the address is the company's own, or stands in a company document exactly so."""
        if host and any(host.removeprefix("www.") == own.lower().removeprefix("www.") for own in self.config.own_hosts):
            return True
        return any(link.value == value for item, _ in self.passages for link in find_links(item.text))

    def quote(self, source: Source) -> Quote:
        """The statement's words as a quote of its document version."""
        item, statement = source.item, source.statement
        known = item.effective_date or (item.ingested_at.date() if item.ingested_at else None)
        return Quote(
            evidence_id=item.id,
            scope=item.scope.value,
            source=item.source,
            text=item.text[statement.start : statement.end],
            start=item.start + statement.start,
            end=item.start + statement.end,
            page=item.page,
            document_id=item.document_id,
            age_days=max(0, (self.today - known).days) if known else None,
        )


def lead_quote(item: EvidenceItem) -> Quote:
    """A field of the lead's record as a quote."""
    return Quote(item.id, item.scope.value, item.source, item.text, 0, len(item.text))


def _is_stale(item: EvidenceItem, today: date) -> bool:
    expired = item.expiry_date is not None and item.expiry_date < today
    return expired or (item.effective_date is not None and item.effective_date > today)


def _our_names(lead: LeadContext) -> Iterator[Phrase]:
    for name in (lead.company_name, lead.product_name, lead.sender.name):
        if name and (phrase := phrase_of(name)):
            yield phrase
