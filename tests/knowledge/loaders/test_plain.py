"""Plain text as people lay it out."""

from app.followups.types import BlockKind
from app.knowledge.loaders.plain import load_plain
from app.knowledge.types import Block

H, P, L = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM


def test_paragraphs_headings_lists() -> None:
    text = """SUPPORT TERMS

This paragraph is wrapped by hand at about seventy characters, so that
its second line goes on with the same sentence.

Response times
--------------
- Starter: one business day
- Professional: four hours, and that holds for
  every working day

What if it is urgent?

Call us.
"""
    assert load_plain(text.encode()).blocks == (
        Block(H, "SUPPORT TERMS", 2),
        Block(
            P,
            "This paragraph is wrapped by hand at about seventy characters, so that its second line goes on with the "
            "same sentence.",
        ),
        Block(H, "Response times", 2),
        Block(L, "Starter: one business day"),
        Block(L, "Professional: four hours, and that holds for every working day"),
        Block(H, "What if it is urgent?", 2),
        Block(P, "Call us."),
    )


def test_lines_that_end_early_stay_apart() -> None:
    assert [block.text for block in load_plain(b"Name: Ann\nCity: Bonn\nPlan: Pro\n").blocks] == [
        "Name: Ann",
        "City: Bonn",
        "Plan: Pro",
    ]


def test_questions_and_answers() -> None:
    blocks = load_plain(b"Q: Is it free?\nA: The trial is.\n\nQ: For how long?\nA: 14 days.\n").blocks
    assert blocks == (
        Block(H, "Is it free?", 3),
        Block(P, "The trial is."),
        Block(H, "For how long?", 3),
        Block(P, "14 days."),
    )


def test_last_line_is_no_heading() -> None:
    assert load_plain(b"Some text here.\n\nYours, Ann").blocks[-1].kind is P
