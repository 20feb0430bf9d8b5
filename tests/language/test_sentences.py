import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.language.sentences import split_sentences


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It costs $4,999.00. Call us.", ["It costs $4,999.00.", "Call us."]),
        ("It is $49.00/mo. and up. Fine.", ["It is $49.00/mo. and up.", "Fine."]),
        ("Dr. Weiss agrees. So do we.", ["Dr. Weiss agrees.", "So do we."]),
        ("See example.com for more. Bye.", ["See example.com for more.", "Bye."]),
        ("Formats, e.g. PDF, work.", ["Formats, e.g. PDF, work."]),
        ("Really?! Yes.", ["Really?!", "Yes."]),
        ('He said "yes." Then he left.', ['He said "yes."', "Then he left."]),
        ("Hi Ana,\n\nit works.", ["Hi Ana,", "it works."]),
        ("Anderson Corp. uses it. Good.", ["Anderson Corp. uses it.", "Good."]),
        ("J. Smith signed. So did I. Done.", ["J. Smith signed.", "So did I.", "Done."]),
        ("no stop at the end", ["no stop at the end"]),
        ("", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert split(text) == expected


@given(st.text(alphabet="ab. \n!?\"'Dr5$", max_size=80))
def test_spans_are_ordered_and_hold_everything_but_space(text: str) -> None:
    spans = split_sentences(text)
    assert all(left[1] <= right[0] for left, right in zip(spans, spans[1:], strict=False))
    assert "".join("".join(split(text)).split()) == "".join(text.split())
