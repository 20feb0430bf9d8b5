"""The subject of a message: two to six words about the lead's own topic."""

import re

from app.followups.generators.base import GenerationInput
from app.followups.generators.openings import known_subject
from app.followups.generators.phrases import PhraseBank
from app.followups.types import EdgeCase

_MAX_WORDS = 6
_CLAUSE = re.compile(r"(?:whether|how|what|if|which|when|where|why|who)\b", re.IGNORECASE)
_PLAIN = re.compile(r"[\w '’&/+%$€£.-]*[\w%+]")


def write_subject(task: GenerationInput, bank: PhraseBank) -> str:
    """Sentence case, from the record's own words or the product's name, without the lead's name."""
    lead, case = task.lead, task.strategy.edge_case
    if case is EdgeCase.REJECTION:
        return _sentence_case(bank.pick("subject_rejection", lead, {}))
    subject = known_subject(lead, task.strategy, bank.labels)
    if subject and _CLAUSE.match(subject):
        subject = None
    subject = re.sub(r"^(?:an?|the) ", "", subject or "", flags=re.IGNORECASE)
    product = lead.product_name if _PLAIN.fullmatch(lead.product_name) else None
    options = []
    if subject and product and subject.lower() not in product.lower():
        options.append(bank.pick("subject_both", lead, {"subject": subject, "product": product}))
    if subject:
        options.append(bank.pick("subject_own", lead, {"subject": subject}))
    if product:
        options.append(bank.pick("subject_product", lead, {"product": product}))
    options.append(bank.pick("subject_plain", lead, {}))
    return _sentence_case(next(option for option in options if 2 <= len(option.split()) <= _MAX_WORDS))


def _sentence_case(text: str) -> str:
    return text[0].upper() + text[1:]
