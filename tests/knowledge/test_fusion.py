"""One order out of two lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.config_files import Fusion
from app.knowledge.fusion import Finding, fused_scores

SCORES = Fusion()
RANKS = Fusion(method="rrf")
findings = st.builds(
    Finding,
    st.floats(-2, 2),
    st.floats(0, 1),
    st.floats(0, 100),
    st.none() | st.integers(1, 100),
    st.none() | st.integers(1, 100),
)


def test_scores_are_shares_of_the_best() -> None:
    both = Finding(0.6, 1.0, 12.0, 1, 1)
    near = Finding(0.3, 0.0, 0.0, 2, None)
    worded = Finding(-0.1, 0.5, 6.0, None, 2)
    assert fused_scores(SCORES, [both, near, worded], clear=0.4) == pytest.approx([1.0, 0.3, 0.2])


def test_vectors_that_tell_little_do_not_outvote_words() -> None:
    vaguely_near, worded = Finding(0.1, 0.0, 0.0, 1, None), Finding(0.0, 1.0, 9.0, None, 1)
    near, exact = fused_scores(SCORES, [vaguely_near, worded], clear=0.5)
    assert near < exact


def test_ranks() -> None:
    found = [Finding(0.9, 1.0, 9.0, 1, 3), Finding(0.8, 1.0, 9.0, 2, None)]
    assert fused_scores(RANKS, found, clear=0.5) == pytest.approx([1 / 61 + 1 / 63, 1 / 62])
    weighted = Fusion(method="rrf", rrf_k=10, dense_weight=2, lexical_weight=0)
    assert fused_scores(weighted, found, clear=0.5) == pytest.approx([2 / 11, 2 / 12])


def test_shares_that_exceed_one_are_refused() -> None:
    with pytest.raises(ValidationError, match="must not exceed 1"):
        Fusion(dense_share=0.7, coverage_share=0.4)


@given(st.lists(findings), st.floats(0, 1))
def test_scores_lie_between_0_and_1_and_rise_with_each_part(found: list[Finding], clear: float) -> None:
    scores = fused_scores(SCORES, found, clear)
    assert all(0 <= score <= 1 + 1e-9 for score in scores)
    for one, mine in zip(found, scores, strict=True):
        for other, theirs in zip(found, scores, strict=True):
            if (one.contrast, one.coverage, one.words) >= (other.contrast, other.coverage, other.words) and (
                one.coverage >= other.coverage and one.words >= other.words
            ):
                assert mine >= theirs - 1e-9
