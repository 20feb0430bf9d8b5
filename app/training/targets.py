"""Judges one conversation as something to learn from: voice stays, facts go, and what breaks a rule is left out."""

import hashlib
from dataclasses import dataclass
from datetime import date

from app.config_files import ScoringConfig, ValidationConfig
from app.errors import InvalidInput, LeadOptedOut
from app.followups.generators.cleaning import clean_message
from app.followups.lead_context import build_lead_context, lead_facts
from app.followups.prompts.masking import mask
from app.followups.strategy import choose_strategy
from app.followups.types import Evidence, LeadContext, Strategy
from app.followups.validation import validate
from app.grounding.gate import GroundingGate
from app.training.conversations import Conversation, RowProblem, lead_fields
from app.training.examples import Example
from app.training.privacy import masked_fields

TENANT = "training"


@dataclass(frozen=True, slots=True)
class Target:
    """An example to learn from. `line` is that of its row; `removed` counts sentences that stated unsupported facts."""

    line: int
    example: Example
    strategy: Strategy
    industry: str
    removed: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """A readable row that is not learned from. `reason` is one of a small set of stable names."""

    reason: str
    problem: RowProblem


class TargetJudge:
    """Applies to past messages what the service applies to its own drafts, with the lead's record as only evidence.

    `as_of` is the day on which absences and the like are read.
    """

    def __init__(self, scoring: ScoringConfig, rules: ValidationConfig, as_of: date) -> None:
        self._scoring = scoring
        self._rules = rules
        self._gate = GroundingGate(rules)
        self._as_of = as_of

    def judge(self, row: Conversation) -> Target | Dropped:
        fields = dict(lead_fields(row))
        try:
            lead = build_lead_context(TENANT, fields)
            strategy = choose_strategy(lead, self._scoring, self._as_of)
        except LeadOptedOut:
            return _dropped(row, "opted_out", "interaction_history", "the lead asked not to be contacted")
        except InvalidInput as error:
            return _dropped(row, "unusable_lead", "", error.message)
        text, removed = self._grounded(clean_message(row.response), lead)
        if not text:
            return _dropped(row, "only_facts", "successful_response", "nothing is left without the unsupported facts")
        found = validate(text, lead, strategy, self._rules).violations
        if found:
            rules = ", ".join(violation.rule for violation in found)
            why = f"breaks {rules}" + (f" once {removed} unsupported sentences are gone" if removed else "")
            return _dropped(row, f"rule: {found[0].rule}", "successful_response", why)
        return Target(row.line, _example(row, fields, lead, text), strategy, row.industry.casefold(), removed)

    def _grounded(self, text: str, lead: LeadContext) -> tuple[str, int]:
        """The text without the sentences that the record does not support, and how many these were."""
        evidence = Evidence(knowledge=(), lead=lead_facts(lead), knowledge_version=0)
        report = self._gate.check(text, lead, evidence, self._as_of)
        kept = self._gate.drop_failures(text, report)
        again = self._gate.check(kept, lead, evidence, self._as_of)
        return (kept, len(report.claims) - len(again.claims)) if again.verified else ("", len(report.claims))


def _example(row: Conversation, fields: dict[str, object], lead: LeadContext, text: str) -> Example:
    hider = mask(lead)
    return Example(lead=_lead_key(row), fields=masked_fields(fields, hider), response=hider.hide(text))


def _lead_key(row: Conversation) -> str:
    """The same for all rows of one lead."""
    return hashlib.sha256(f"lead\0{' '.join(row.lead_name.casefold().split())}".encode()).hexdigest()[:16]


def _dropped(row: Conversation, reason: str, column: str, problem: str) -> Dropped:
    return Dropped(reason, RowProblem(row.line, column, problem))
