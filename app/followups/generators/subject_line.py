"""The subject of a message: two to six words about the lead's own topic."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from app.followups.generators.base import GenerationInput
from app.followups.generators.openings import known_subject
from app.followups.generators.phrases import PhraseBank
from app.followups.types import EdgeCase, Topic

_MAX_WORDS = 6
_CLAUSE = re.compile(r"(?:whether|how|what|if|which|when|where|why|who)\b", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:an?|the|your) ", re.IGNORECASE)
_PLAIN = re.compile(r"[\w '’&/+%$€£.-]*[\w%+]")


def write_subject(task: GenerationInput, bank: PhraseBank) -> str:
    """Sentence case, from the record's own words or the product's name, without the lead's name."""
    lead, case = task.lead, task.strategy.edge_case
    if case is EdgeCase.REJECTION:
        return _sentence_case(bank.pick("subject_rejection", lead, {}))
    options = [_sentence_case(bank.pick(slot, lead, values)) for slot, values in _slots(task, bank)]
    return next(option for option in options if 2 <= len(option.split()) <= _MAX_WORDS)


def _slots(task: GenerationInput, bank: PhraseBank) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Slots from the most telling to the plainest, each with its values."""
    lead, case = task.lead, task.strategy.edge_case
    product = lead.product_name if _PLAIN.fullmatch(lead.product_name) else None
    subject = _topic_words(task, bank)
    if task.strategy.topic is Topic.DEMO and product:
        yield "subject_demo", {"product": product}
    if subject:
        own = {EdgeCase.QUESTION: "subject_asked", EdgeCase.OBJECTION: "subject_raised"}.get(case, "subject_own")
        both = ("subject_both", {"subject": _ARTICLE.sub("", subject), "product": product or ""})
        slots = [(own, {"subject": subject})]
        if product and subject.lower() not in product.lower():
            slots.append(both)
        yield from slots if len(lead.lead_name) % 2 or case is EdgeCase.OBJECTION else reversed(slots)
        yield "subject_own", {"subject": _ARTICLE.sub("", subject)}
    if product and case is EdgeCase.QUESTION:
        yield "subject_asked_product", {"product": product}
    if product:
        yield "subject_product", {"product": product}
    yield "subject_plain", {}


def _topic_words(task: GenerationInput, bank: PhraseBank) -> str | None:
    """The lead's topic as a short noun phrase; of a clause, the topic's name in the record."""
    subject = known_subject(task.lead, task.strategy, bank.labels)
    if subject and _CLAUSE.match(subject):
        subject = known_subject(task.lead, replace(task.strategy, subject_of_interest=None), bank.labels)
    return subject


def _sentence_case(text: str) -> str:
    return text[0].upper() + text[1:]
