"""What is in dispute supports nothing: no generator sees it, and the gate says why."""

from datetime import date

import pytest

from app.followups.disputed import withdraw
from app.followups.types import BlockKind, Evidence, EvidenceItem, LeadContext, Scope, Span
from app.grounding.gate import GroundingGate
from app.grounding.types import Verdict
from app.knowledge.conflicts.register import Dispute
from app.knowledge.conflicts.types import Side, Standing
from tests.grounding.company import CONFIG

TEXT = (
    "The Harbor plan is for small teams. The Harbor plan costs $20 per month. It comes with support."
    "\n\nPlan: Ocean; Price per month: $50"
)
ROW = TEXT.index("Plan: Ocean")
ITEM = EvidenceItem(
    id="v:0",
    scope=Scope.KNOWLEDGE,
    text=TEXT,
    source="plans.md",
    document_id="plans",
    blocks=(Span(0, ROW - 2, BlockKind.PARAGRAPH), Span(ROW, len(TEXT), BlockKind.TABLE_ROW)),
)
LEAD = LeadContext(tenant="default", lead_name="Ana", product_name="Depot", company_name="Depot")
TODAY = date(2026, 6, 1)


def dispute(statement: str, value: str, standing: Standing = Standing.CONFLICTING, chunk: str = "v:0") -> Dispute:
    start = TEXT.index(statement)
    side = Side(
        chunk, "plans", "plans.md", start, start + len(statement), "x", value, f"${value}", unit="money USD per month"
    )
    return Dispute(side, standing, "plans.md says $20, fees.md says $25; fees.md has no date")


HARBOR, OCEAN = "The Harbor plan costs $20 per month.", "Plan: Ocean; Price per month: $50"


def shown(item: EvidenceItem) -> list[str]:
    return [item.text[block.start : block.end] for block in item.blocks]


def test_only_the_disputed_sentence_goes() -> None:
    kept, out = withdraw(ITEM, [dispute(HARBOR, "20")])
    assert kept is not None
    assert shown(kept) == ["The Harbor plan is for small teams.", "It comes with support.", OCEAN]
    assert [shown(each.item) for each in out] == [[HARBOR]]
    assert kept.text == ITEM.text


def test_the_same_price_elsewhere_in_the_document_goes_too() -> None:
    kept, out = withdraw(ITEM, [dispute(HARBOR, "20", chunk="v:7")])
    assert kept is not None
    assert HARBOR not in shown(kept)
    assert len(out) == 1


def test_nothing_is_left_of_a_passage_that_is_all_in_dispute() -> None:
    only = EvidenceItem("v:0", Scope.KNOWLEDGE, HARBOR, "plans.md", document_id="plans")
    kept, out = withdraw(only, [dispute(HARBOR, "20", chunk="v:7")])
    assert kept is None
    assert len(out) == 1


def test_without_disputes_the_passage_stays_as_it_is() -> None:
    assert withdraw(ITEM, []) == (ITEM, ())


@pytest.mark.parametrize(
    ("standing", "verdict"),
    [
        (Standing.CONFLICTING, Verdict.CONTRADICTED),
        (Standing.OUTDATED, Verdict.STALE),
        (Standing.SUPERSEDED, Verdict.STALE),
        (Standing.NOT_YET_VALID, Verdict.STALE),
    ],
)
@pytest.mark.parametrize(
    "message", [HARBOR, "The Harbor plan is $20 per month.", "It is $20 per month for the Harbor plan."]
)
def test_the_gate_refuses_and_says_why(standing: Standing, verdict: Verdict, message: str) -> None:
    kept, out = withdraw(ITEM, [dispute(HARBOR, "20", standing)])
    assert kept is not None
    gate = GroundingGate(CONFIG)
    before = gate.check(message, LEAD, Evidence((ITEM,), (), 1), TODAY)
    after = gate.check(message, LEAD, Evidence((kept,), (), 1, withdrawn=out), TODAY)
    assert before.claims[0].verdict is Verdict.SUPPORTED
    assert after.claims[0].verdict is verdict
    assert "fees.md says $25" in after.claims[0].reason
    assert not after.verified


def test_what_is_not_in_dispute_is_still_supported() -> None:
    kept, out = withdraw(ITEM, [dispute(HARBOR, "20")])
    assert kept is not None
    report = GroundingGate(CONFIG).check(
        "The Ocean plan costs $50 per month.", LEAD, Evidence((kept,), (), 1, withdrawn=out), TODAY
    )
    assert report.verified
