"""Judges a training target by the service's own gate and rules: what the model must not write, it must not learn."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from app.config_files import ValidationConfig
from app.followups.lead_context import build_lead_context, lead_facts
from app.followups.prompts.compact import OTHER
from app.followups.prompts.masking import LEAD_COMPANY, LEAD_NAME, OUR_COMPANY, PRODUCT, restore
from app.followups.types import Evidence, EvidenceItem, LeadContext, Scope, Strategy
from app.followups.validation import validate
from app.grounding.gate import GroundingGate
from app.training.corpus.examples import Example

_TODAY = date(2026, 3, 2)
_NAMES = {LEAD_NAME: "Ramona", LEAD_COMPANY: "Feldmark", PRODUCT: "Ledgerly", OUR_COMPANY: "Northwind"}


@dataclass(frozen=True, slots=True)
class Judged:
    """`problems` are the gate's reasons and the broken rules, empty where the message may be sent."""

    message: str
    problems: tuple[str, ...]


class TargetJudge:
    """Gate and rules for examples that have a lead."""

    def __init__(self, rules: ValidationConfig) -> None:
        self._rules = rules
        self._gate = GroundingGate(rules)

    def judge(self, example: Example, text: str | None = None) -> Judged:
        """Judge the target, or `text` in its place. Raises `ValueError` for an example without a lead."""
        if example.record is None or example.brief is None:
            raise ValueError("A copying example has no lead, so there is no message to judge.")
        lead = _lead(example)
        message = _named(example.target if text is None else text)
        items = [_item(number, _named(line.text)) for number, line in enumerate(example.evidence) if line.role != OTHER]
        evidence = Evidence(tuple(items), lead_facts(lead), 1)
        report = self._gate.check(message, lead, evidence, _TODAY)
        found = [f"grounding: {claim.reason}: {claim.text}" for claim in report.failures]
        rules = validate(message, lead, _strategy(example), self._rules)
        found += [f"{violation.rule}: {violation.problem}" for violation in rules.violations]
        return Judged(message, tuple(found))

    def pass_rate(self, examples: Iterable[Example]) -> float:
        """Share of the examples with a lead whose targets have no problem, 0..1."""
        results = [not self.judge(example).problems for example in examples if example.record is not None]
        return sum(results) / len(results) if results else 1.0


def _named(text: str) -> str:
    return restore(text, _NAMES.items())


def _lead(example: Example) -> LeadContext:
    assert example.record is not None
    assert example.brief is not None
    told = dict(example.record.record)
    fields = {name: _named(value) for name, value in told.items() if name != "objections_raised"}
    return build_lead_context(
        "corpus",
        {
            **fields,
            "lead_name": _NAMES[LEAD_NAME] if example.record.name else "N/A",
            "product_name": _NAMES[PRODUCT],
            "company_name": _NAMES[OUR_COMPANY],
            "lead_company": _NAMES[LEAD_COMPANY] if example.record.company else None,
            "objections_raised": tuple(filter(None, [told.get("objections_raised")])),
            "thread": [{"author": "us", "text": f"{_named(start)} and more."} for start in example.brief.avoid],
        },
    )


def _strategy(example: Example) -> Strategy:
    assert example.record is not None
    record = example.record
    return Strategy(
        band=record.band,
        score=50,
        confidence=1,
        tone=record.tone,
        goal="",
        approach="",
        cta_type=record.cta_type,
        edge_case=record.edge_case,
        topic=record.topic,
        subject_of_interest=record.subject or None,
        needs=(),
    )


def _item(number: int, text: str) -> EvidenceItem:
    return EvidenceItem(f"e{number}", Scope.KNOWLEDGE, text, f"document{number}.md", end=len(text))
