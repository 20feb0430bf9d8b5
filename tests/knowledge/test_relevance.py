"""The number that decides what a message may rely on."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.config_files import RelevanceWeights
from app.knowledge.relevance import Signals, contrast, relevance, term_coverage, term_weights, weights_for
from app.language.words import content_stems, stem

WEIGHTS = RelevanceWeights()
signals = st.builds(Signals, st.floats(-2, 2), st.floats(0, 1), st.floats(0, 1))


@given(signals, signals)
def test_stays_within_bounds_and_rises_with_every_signal(one: Signals, other: Signals) -> None:
    low = Signals(
        min(one.contrast, other.contrast),
        min(one.coverage, other.coverage),
        min(one.heading_coverage, other.heading_coverage),
    )
    assert 0 <= relevance(WEIGHTS, low) <= relevance(WEIGHTS, one) <= 1


def test_extreme_weights_do_not_overflow() -> None:
    steep = RelevanceWeights(intercept=-1e6, contrast=1e9)
    assert relevance(steep, Signals(2, 0, 0)) == pytest.approx(1)
    assert relevance(steep, Signals(-2, 0, 0)) == pytest.approx(0)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("sentence-transformers/all-MiniLM-L6-v2", 1.0),
        ("all-MiniLM-L6-v2", 1.0),
        ("/models/all-MiniLM-L6-v2/", 1.0),
        ("BAAI/bge-small-en", 2.0),
    ],
)
def test_weights_belong_to_a_model_wherever_it_lies(model: str, expected: float) -> None:
    configured = {"all-MiniLM-L6-v2": RelevanceWeights(contrast=1), "default": RelevanceWeights(contrast=2)}
    assert weights_for(model, configured).contrast == expected


def test_an_unknown_model_without_default_has_the_built_in_weights() -> None:
    assert weights_for("other", {}) == RelevanceWeights()


def test_usual_words_tell_little_and_unheard_ones_most() -> None:
    query = "Acme Billing pricing zeppelin"
    stems = content_stems(query)
    weights = term_weights(query, Counter(stems[:2] * 98 + stems[2:3] * 5), 98)
    acme, billing, pricing, zeppelin = (weights[word] for word in stems)
    assert acme == billing < pricing < zeppelin
    assert acme < zeppelin / 50


def test_words_that_shape_a_question_count_less_than_its_subject() -> None:
    weights = term_weights("whether NetSuite takes long", {}, 100)
    assert weights[stem("netsuite")] > 3 * weights["long"]


def test_coverage_is_the_weighted_share() -> None:
    weights = {"acme": 0.5, "price": 3.5}
    assert term_coverage(weights, frozenset({"price", "other"})) == pytest.approx(0.875)
    assert term_coverage(weights, frozenset()) == 0
    assert term_coverage({}, frozenset({"price"})) == 0


@given(st.text(max_size=60), st.dictionaries(st.text(max_size=5), st.integers(0, 50)), st.integers(0, 50))
def test_coverage_lies_between_none_and_all(query: str, holders: dict[str, int], size: int) -> None:
    counts = {word: min(count, size) for word, count in holders.items()}
    weights = term_weights(query, counts, size)
    assert all(weight > 0 for weight in weights.values())
    assert term_coverage(weights, frozenset(weights)) == pytest.approx(1 if weights else 0)


def test_contrast_takes_off_what_is_usual_the_more_the_more_is_known() -> None:
    assert contrast(0.6, 0.4, 10_000) == pytest.approx(0.2, abs=0.01)
    assert contrast(0.6, 0.4, 2) == pytest.approx(0.6, abs=0.05)
    assert contrast(0.6, 0.4, 0) == 0.6
