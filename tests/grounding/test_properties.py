import re

from hypothesis import given
from hypothesis import strategies as st

from app.followups.types import BlockKind
from app.grounding.gate import GroundingGate
from app.language.sentences import split_sentences
from tests.grounding.company import CONFIG, KNOWLEDGE, LEAD, TODAY, evidence
from tests.grounding.paraphrases import TRUE

GATE = GroundingGate(CONFIG)
SENTENCES = [
    item.text[block.start : block.end][start:end]
    for item in KNOWLEDGE
    for block in item.blocks
    if block.kind is BlockKind.PARAGRAPH
    for start, end in split_sentences(item.text[block.start : block.end])
]
WITH_DIGITS = [text for text in TRUE if re.search(r"\d", text)]


@given(st.sampled_from(SENTENCES))
def test_verbatim_sentences_are_always_supported(sentence: str) -> None:
    (claim,) = GATE.check(sentence, LEAD, evidence(), TODAY).claims
    assert claim.verdict.value == "supported"
    assert claim.quote is not None
    assert claim.quote.text == sentence


@given(st.sampled_from(SENTENCES), st.sampled_from([str.lower, str.upper, lambda text: text.replace(" ", "  ")]))
def test_case_and_white_space_do_not_matter(sentence: str, change: "st.Callable[[str], str]") -> None:  # type: ignore
    assert GATE.check(change(sentence), LEAD, evidence(), TODAY).verified


@given(st.sampled_from(WITH_DIGITS), st.data())
def test_no_digit_can_be_changed(sentence: str, data: st.DataObject) -> None:
    places = [place for place, char in enumerate(sentence) if char.isdigit()]
    place = data.draw(st.sampled_from(places))
    digit = data.draw(st.sampled_from([char for char in "0123456789" if char != sentence[place]]))
    changed = sentence[:place] + digit + sentence[place + 1 :]
    assert not GATE.check(changed, LEAD, evidence(), TODAY).verified


@given(st.sampled_from(SENTENCES), st.sampled_from(["Globex", "Initech Labs", "Zurich"]), st.data())
def test_no_foreign_name_can_be_slipped_in(sentence: str, name: str, data: st.DataObject) -> None:
    words = sentence.split()
    place = data.draw(st.integers(1, len(words) - 1))
    changed = " ".join([*words[:place], name, *words[place:]])
    assert not GATE.check(changed, LEAD, evidence(), TODAY).verified


@given(st.text(max_size=300))
def test_any_text_gets_a_report_with_true_offsets(text: str) -> None:
    report = GATE.check(text, LEAD, evidence(), TODAY)
    assert all(text[claim.start : claim.end] == claim.text for claim in report.claims)
    assert all(left.end <= right.start for left, right in zip(report.claims, report.claims[1:], strict=False))
    GATE.drop_failures(text, report)
