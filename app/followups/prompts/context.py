"""What a prompt shows of the lead record and of the evidence: cleaned, masked and bounded."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.followups.types import BlockKind, EvidenceItem, LeadContext, Strategy
from app.language.cleaning import clean_text, cut_at_word

RECORD_CHARS = 16_000
PASSAGES_CHARS = 9_000
_LINE_CHARS = 1_200
_SHORTEST_CUT = 40


@dataclass(frozen=True, slots=True)
class Fact:
    """One field of the lead record. `name` is one of a closed set that the template knows; `value` is one line."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Passage:
    """One passage of a document. `roles` are `answer`, `proof`, `value`; each of `lines` is one clean line."""

    roles: tuple[str, ...]
    source: str
    section: str
    page: int | None
    dated: str | None
    lines: tuple[str, ...]


def record_facts(lead: LeadContext, strategy: Strategy, hide: Callable[[str], str]) -> tuple[Fact, ...]:
    """The record in a fixed order, at most `RECORD_CHARS` long, without tenant, scores and the lead's name.

    The template names the lead by a placeholder, and scores are nothing to write about. What does not fit is cut or
    left out from the end, where the oldest messages stand; then the thread is put back into its own order.
    """
    left = RECORD_CHARS
    kept: list[Fact] = []
    for fact in _facts(lead, strategy):
        value = hide(_one_line(fact.value, left))
        if value and (len(value) <= left or left >= _SHORTEST_CUT):
            kept.append(Fact(fact.name, cut_at_word(value, left)))
            left -= len(kept[-1].value)
    thread = [fact for fact in kept if fact.name.startswith("thread_")]
    return tuple([fact for fact in kept if fact not in thread] + thread[::-1])


def knowledge_passages(items: tuple[EvidenceItem, ...]) -> tuple[Passage, ...]:
    """The passages, best first, until `PASSAGES_CHARS` are used up; the best one is cut rather than left out."""
    left = PASSAGES_CHARS
    passages: list[Passage] = []
    for item in items:
        lines = _lines(item)
        size = sum(map(len, lines))
        if passages and size > left:
            break
        if lines:
            passages.append(_passage(item, _cut(lines, left)))
            left -= size
    return tuple(passages)


def _facts(lead: LeadContext, strategy: Strategy) -> Iterator[Fact]:
    """Most telling fields first, newest messages first."""
    for name in (
        "product_name", "company_name", "product_category", "lead_company", "lead_industry", "company_size",
        "geographic_region", "job_title", "lead_stage", "interaction_history",
    ):  # fmt: skip
        yield Fact(name, getattr(lead, name) or "")
    yield Fact("subject", strategy.subject_of_interest or "")
    yield Fact("away_until", strategy.away_until.isoformat() if strategy.away_until else "")
    yield Fact("objections_raised", "; ".join(lead.objections_raised))
    yield Fact("days_since_contact", "" if lead.days_since_contact is None else str(lead.days_since_contact))
    yield Fact("notes", lead.notes or "")
    for task in lead.tasks:
        yield Fact("task", f"{task.text} (due {task.due.isoformat()})" if task.due else task.text)
    yield Fact("sender", ", ".join(part for part in (lead.sender.name, lead.sender.role) if part))
    for key, value in lead.custom:
        yield Fact("custom", f"{key}: {value}")
    for message in reversed(lead.thread):
        yield Fact("thread_us" if message.author == "us" else "thread_lead", message.text)


def _passage(item: EvidenceItem, lines: tuple[str, ...]) -> Passage:
    return Passage(
        roles=tuple(role.value for role in item.roles),
        source=_one_line(item.source),
        section=_one_line(" > ".join(item.heading_path)),
        page=item.page,
        dated=item.effective_date.isoformat() if item.effective_date else None,
        lines=lines,
    )


def _lines(item: EvidenceItem) -> tuple[str, ...]:
    """The passage's blocks as clean lines; code is of no use in a message."""
    if not item.blocks:
        return tuple(filter(None, map(_one_line, item.text.splitlines())))
    prefixes = {BlockKind.HEADING: "Heading: ", BlockKind.LIST_ITEM: "- ", BlockKind.TABLE_ROW: "Table row: "}
    lines: list[str] = []
    for block in item.blocks:
        text = "" if block.kind is BlockKind.CODE else _one_line(item.text[block.start : block.end])
        if text:
            lines.append(prefixes.get(block.kind, "") + text)
    return tuple(lines)


def _cut(lines: tuple[str, ...], limit: int) -> tuple[str, ...]:
    kept: list[str] = []
    for line in lines:
        limit -= len(line)
        if limit < 0:
            break
        kept.append(line)
    return tuple(kept) or (cut_at_word(lines[0], limit + len(lines[0])),)


def _one_line(text: str, limit: int = _LINE_CHARS) -> str:
    return clean_text(text, max(limit, 1))[0]
