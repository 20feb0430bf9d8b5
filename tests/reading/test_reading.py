import pytest

from app.followups.types import BlockKind
from app.reading.links import find_links
from app.reading.passages import analyse
from app.reading.reader import read
from app.reading.subjects import plan_phrases
from tests.grounding.company import passage


def negated(text: str, row: bool = False) -> set[str]:
    return {word.raw for word in read(text, row).words if word.negated}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Pro plan doesn't include audits, but it includes alerts.", {"include", "audits"}),
        ("You can switch at any time, with no extra cost.", {"extra", "cost"}),
        ("Audits are not included.", {"audits", "are", "included"}),
        ("It is not only fast.", set()),
        ("No later than Friday.", set()),
    ],
)
def test_negation_reaches_its_own_clause_only(text: str, expected: set[str]) -> None:
    assert negated(text) == expected


@pytest.mark.parametrize("cell", ["No", "—", "-", "n/a", ""])
def test_an_empty_cell_says_no(cell: str) -> None:
    assert "audits" in negated(f"Plan: Pro; Audits: {cell}; Price: $20", row=True)
    assert "plan" not in negated(f"Plan: Pro; Audits: {cell}; Price: $20", row=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the Starter, Pro and Basic plans", {("starter",), ("pro",), ("basic",)}),
        ("our mid-tier plan", {("mid", "tier")}),
        ("The Professional Plus plan", {("professional", "plus")}),
        ("All paid plans", set()),
        ("your plan", set()),
    ],
)
def test_plan_names(text: str, expected: set[tuple[str, ...]]) -> None:
    assert set(plan_phrases(read(text))) == expected


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("See https://www.example.com/a?b=1.", ["example.com/a?b=1"]),
        ("Write to Tom.Ray@Example.com!", ["tom.ray@example.com"]),
        ("at app.example.io/x, please", ["app.example.io/x"]),
        ("Call +1 (415) 555-0100.", ["14155550100"]),
        ("Node.js and e.g. this", []),
        ("https://user@evil.test/", ["evil.test"]),
    ],
)
def test_links(text: str, values: list[str]) -> None:
    assert [link.value for link in find_links(text)] == values


def test_a_link_that_hides_its_host_is_seen() -> None:
    (link,) = find_links("https://example.com@evil.test/path")
    assert link.host == "evil.test"


def test_statements_keep_their_place_in_the_passage() -> None:
    item = passage("p", ["# Plans", "| Plan: Pro; Price: $20", ". One sentence. It has a successor.", "- An item"])
    statements = analyse(item).statements
    assert [item.text[s.start : s.end] for s in statements] == [
        "Plans",
        "Plan: Pro; Price: $20",
        "One sentence.",
        "It has a successor.",
        "An item",
    ]
    assert [s.kind for s in statements][1] is BlockKind.TABLE_ROW
    assert "sentence" in statements[3].context_names


def test_a_list_item_stands_in_the_context_of_its_lead_in() -> None:
    item = passage("p", [". We connect natively to:", "- NetSuite"])
    assert "connect" in analyse(item).statements[1].context
