"""Stage 1: request fields -> LeadContext. Text from a lead is data: it is normalised, bounded and defused here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from app.errors import InvalidInput
from app.followups.types import BlockKind, EvidenceItem, LeadContext, Scope, Sender, Span, Task, ThreadMessage
from app.language.cleaning import clean_text, cut_at_word
from app.language.names import first_name, usable_name
from app.language.quoted import without_quoted_mail

__all__ = ["build_lead_context", "first_name", "lead_facts"]

_Entry = TypeVar("_Entry")

_NAME_LIMIT = 80
_SHORT_LIMIT = 200
_TEXT_LIMITS = {"interaction_history": 8000, "notes": 4000}
_MESSAGE_LIMIT = 4000
_MAX_MESSAGES = 10
_MAX_ENTRIES = 20

_SHORT_FIELDS = (
    "lead_stage",
    "engagement_pattern",
    "tone_required",
    "company_name",
    "lead_company",
    "product_category",
    "lead_industry",
    "company_size",
    "geographic_region",
    "job_title",
)
_FACT_FIELDS = ("lead_name", "product_name", "interaction_history", "notes", *_SHORT_FIELDS)
_NUMBER_FIELDS = ("lead_score", "engagement_score", "days_since_contact")
# What CRM exports write into a field that nobody filled in.
_EMPTY_VALUES = frozenset({
    "",
    "-",
    "--",
    "n/a",
    "na",
    "none",
    "null",
    "nil",
    "undefined",
    "select",
    "unknown",
    "not set",
})

_NO_DATE = datetime.min.replace(tzinfo=UTC)


@dataclass
class _Cleaner:
    """Cleans values and remembers which were cut."""

    warnings: list[str] = field(default_factory=list)

    def text(self, value: object, name: str, limit: int) -> str:
        cleaned, cut = clean_text(str(value), limit, notes=name in _TEXT_LIMITS)
        if cut:
            self.warn(f"{name}_cut")
        return cleaned

    def optional(self, value: object, name: str, limit: int) -> str | None:
        cleaned = "" if value is None else self.text(value, name, limit)
        return None if cleaned.casefold() in _EMPTY_VALUES else cleaned

    def bounded(self, items: Sequence[_Entry], name: str) -> Sequence[_Entry]:
        if len(items) > _MAX_ENTRIES:
            self.warn(f"{name}_cut")
        return items[:_MAX_ENTRIES]

    def warn(self, warning: str) -> None:
        if warning not in self.warnings:
            self.warnings.append(warning)


def build_lead_context(tenant: str, fields: Mapping[str, Any]) -> LeadContext:
    """Normalise request fields whose types are already checked; keys are the field names of `LeadContext`.

    `tasks` holds mappings `{text, due}`, `thread` `{author, text, sent_at}` (oldest first unless all are dated),
    `sender` `{name, role}`, `custom` any keys. `lead_name` is "" (with the warning `lead_name_unusable`) when it names
    no person. Over-long values are cut between words, with the warning `<field>_cut`.
    Raises `InvalidInput` if `lead_name` or `product_name` holds no text.
    """
    cleaner = _Cleaner()
    raw = dict(fields)
    values: dict[str, Any] = {name: cleaner.optional(raw.get(name), name, _SHORT_LIMIT) for name in _SHORT_FIELDS}
    values |= {name: raw.get(name) for name in _NUMBER_FIELDS}
    return LeadContext(
        tenant=tenant,
        lead_name=_lead_name(raw.get("lead_name"), cleaner),
        product_name=_required(raw.get("product_name"), "product_name", cleaner),
        interaction_history=_long(raw, "interaction_history", cleaner) or "",
        notes=_long(raw, "notes", cleaner),
        objections_raised=_objections(raw.get("objections_raised"), cleaner),
        tasks=_tasks(raw.get("tasks"), cleaner),
        thread=_thread(raw.get("thread"), cleaner),
        language=(cleaner.optional(raw.get("language"), "language", 35) or "en").lower().replace("_", "-"),
        sender=_sender(raw.get("sender"), cleaner),
        custom=_custom(raw.get("custom"), cleaner),
        **values,
        warnings=tuple(cleaner.warnings),
    )


def lead_facts(context: LeadContext) -> tuple[EvidenceItem, ...]:
    """The record as evidence of scope `lead`: one item per non-empty field, id `lead:<field>`, text = its value.

    Entries of lists have ids such as `lead:tasks.0`. Only the lead's own messages of the thread are facts: what we
    wrote earlier proves nothing. Scores are no facts, because no message may name them.
    """
    entries = [(name, getattr(context, name)) for name in _FACT_FIELDS]
    entries.append(("objections_raised", ", ".join(context.objections_raised)))
    if context.days_since_contact is not None:
        entries.append(("days_since_contact", f"{context.days_since_contact} days since the last contact"))
    entries += [("sender.name", context.sender.name), ("sender.role", context.sender.role)]
    entries += [(f"tasks.{i}", _task_text(task)) for i, task in enumerate(context.tasks)]
    entries += [(f"thread.{i}", m.text) for i, m in enumerate(context.thread) if m.author == "lead"]
    entries += [(f"custom.{i}", f"{key}: {value}") for i, (key, value) in enumerate(context.custom)]
    return tuple(_fact(name, text) for name, text in entries if text)


def _fact(name: str, text: str) -> EvidenceItem:
    return EvidenceItem(
        id=f"lead:{name}",
        scope=Scope.LEAD,
        text=text,
        source=name.partition(".")[0],
        end=len(text),
        blocks=(Span(0, len(text), BlockKind.PARAGRAPH),),
    )


def _task_text(task: Task) -> str:
    return task.text if task.due is None else f"{task.text} (due {task.due.isoformat()})"


def _required(value: object, name: str, cleaner: _Cleaner) -> str:
    text = "" if value is None else cleaner.text(value, name, _SHORT_LIMIT)
    if not text:
        raise InvalidInput(
            f"{name} is empty: give a text.", [{"field": name, "problem": "empty", "fix": "give a text"}]
        )
    return text


def _lead_name(value: object, cleaner: _Cleaner) -> str:
    usable = usable_name(_required(value, "lead_name", cleaner))
    if usable is None or first_name(usable) is None:
        cleaner.warn("lead_name_unusable")
        return ""
    if len(usable) > _NAME_LIMIT:
        cleaner.warn("lead_name_cut")
    return cut_at_word(usable, _NAME_LIMIT)


def _long(raw: Mapping[str, Any], name: str, cleaner: _Cleaner) -> str | None:
    return cleaner.optional(raw.get(name), name, _TEXT_LIMITS[name])


def _objections(items: Sequence[str] | None, cleaner: _Cleaner) -> tuple[str, ...]:
    name = "objections_raised"
    texts = [cleaner.optional(item, name, _SHORT_LIMIT) for item in cleaner.bounded(items or (), name)]
    return tuple(dict.fromkeys(text for text in texts if text))


def _tasks(items: Sequence[Mapping[str, Any]] | None, cleaner: _Cleaner) -> tuple[Task, ...]:
    kept = cleaner.bounded(items or (), "tasks")
    tasks = [Task(cleaner.text(item["text"], "tasks", _SHORT_LIMIT), item.get("due")) for item in kept]
    return tuple(task for task in tasks if task.text)


def _thread(items: Sequence[Mapping[str, Any]] | None, cleaner: _Cleaner) -> tuple[ThreadMessage, ...]:
    messages = [_message(item, cleaner) for item in items or ()]
    messages = [message for message in messages if message.text]
    if all(message.sent_at is not None for message in messages):
        messages.sort(key=lambda message: message.sent_at or _NO_DATE)
    if len(messages) > _MAX_MESSAGES:
        cleaner.warn("thread_cut")
    return tuple(messages[-_MAX_MESSAGES:])


def _message(item: Mapping[str, Any], cleaner: _Cleaner) -> ThreadMessage:
    sent_at: datetime | None = item.get("sent_at")
    if sent_at is not None and sent_at.tzinfo is None:
        sent_at = sent_at.replace(tzinfo=UTC)
    own = without_quoted_mail(str(item["text"])[: 4 * _MESSAGE_LIMIT])
    return ThreadMessage(str(item["author"]), cleaner.text(own, "thread", _MESSAGE_LIMIT), sent_at)


def _sender(value: Mapping[str, Any] | None, cleaner: _Cleaner) -> Sender:
    given = value or {}
    name = cleaner.optional(given.get("name"), "sender", _SHORT_LIMIT)
    return Sender(
        name=usable_name(name) if name else None, role=cleaner.optional(given.get("role"), "sender", _SHORT_LIMIT)
    )


def _custom(value: Mapping[str, Any] | None, cleaner: _Cleaner) -> tuple[tuple[str, str], ...]:
    kept = cleaner.bounded(sorted((value or {}).items()), "custom")
    pairs = [(cleaner.text(k, "custom", _SHORT_LIMIT), cleaner.optional(v, "custom", _SHORT_LIMIT)) for k, v in kept]
    return tuple((key, text) for key, text in pairs if key and text)
