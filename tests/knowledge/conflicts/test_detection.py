"""Which statements contradict each other, and which only look as if they did."""

import pytest

from tests.knowledge.conflicts.corpus import CONTRADICTIONS, DIFFERENCES, FREELY_WORDED
from tests.knowledge.conflicts.reading import Text, conflicts, figures


def found(one: str, other: str) -> bool:
    return bool(conflicts({"one.md": Text((one,)), "other.md": Text((other,))}))


@pytest.mark.parametrize(("one", "other"), CONTRADICTIONS)
def test_contradictions_are_found(one: str, other: str) -> None:
    assert found(one, other)
    assert found(other, one)


@pytest.mark.parametrize(("one", "other"), DIFFERENCES)
def test_differences_are_none(one: str, other: str) -> None:
    assert not found(one, other)


def test_precision_and_recall() -> None:
    """`benchmarks/conflicts.py` prints them."""
    planted = [*CONTRADICTIONS, *FREELY_WORDED]
    assert sum(found(*pair) for pair in DIFFERENCES) == 0
    assert sum(found(*pair) for pair in planted) / len(planted) >= 0.95


@pytest.mark.parametrize("source_type", ["case_studies", "roi"])
def test_stories_and_calculations_state_no_rule(source_type: str) -> None:
    assert figures("story.md", Text(("The Harbor plan costs $20 per month.",), source_type=source_type)) == ()


def test_internal_documents_are_not_compared() -> None:
    assert figures("notes.md", Text(("The Harbor plan costs $20 per month.",), internal=True)) == ()


def test_editions_of_a_manual_do_not_contradict_each_other() -> None:
    manual = {
        f"docs/{edition}/limits.md": Text((f"The Pro plan includes {users} users.",))
        for edition, users in (("0.4.0", 5), ("0.5.0", 10), ("latest", 20))
    }
    assert conflicts(manual) == []


def test_a_conflict_is_named_in_words() -> None:
    documents = {
        name: Text((f"Additional invoices cost {price}.",)) for name, price in (("a.md", "$2"), ("b.md", "$3"))
    }
    assert [conflict.measure for conflict in conflicts(documents)] == ["overage price (additional invoice, usage)"]


def test_an_exception_has_its_own_section() -> None:
    new = ("# Plans", "Plan: Starter; Per transaction: 5% + 50¢")
    old = (
        "# Early Member",
        "Organizations created before May stay on it.",
        "Monthly fee: Free; Per transaction: 4% + 40¢",
    )
    assert conflicts({"fees.md": Text(new), "old.md": Text(old)}) == []


def test_what_is_said_in_general_contradicts_plans_that_all_differ() -> None:
    plans = ("Plan: Starter; Per transaction: 5% + 50¢", "Plan: Pro; Per transaction: 4% + 40¢")
    general = Text(("All transactions come with a fee of 6% + 60¢.",))
    assert not conflicts({"a.md": Text(("We charge 4% + 40¢ per transaction.",)), "fees.md": Text(plans)})
    (conflict,) = conflicts({"pricing.md": general, "fees.md": Text(plans)})
    assert conflict.sentence == "fees.md says 5% + 50¢ and 4% + 40¢, pricing.md says 6% + 60¢"


def test_a_document_that_gives_two_figures_contradicts_only_what_gives_neither() -> None:
    both = Text(("The Harbor plan costs $20 per month.", "The Harbor plan costs $25 per month."))
    assert conflicts({"a.md": both, "b.md": Text(("The Harbor plan costs $25 per month.",))}) == []
    assert len(conflicts({"a.md": both, "b.md": Text(("The Harbor plan costs $30 per month.",))})) == 1


def test_statements_are_quoted_exactly() -> None:
    lines = ("# Prices", "The Harbor plan is for teams. The Harbor plan costs $20 per month.")
    (conflict,) = conflicts({"a.md": Text(lines), "b.md": Text(("The Harbor plan costs $25 per month.",))})
    assert [side.quote for side in conflict.sides] == [
        "The Harbor plan costs $20 per month.",
        "The Harbor plan costs $25 per month.",
    ]
