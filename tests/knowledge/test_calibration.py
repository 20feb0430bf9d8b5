"""Fitting relevance, on made-up searches with a known truth."""

from pathlib import Path

import numpy as np
import pytest

from app.errors import ConfigurationError
from app.knowledge.calibration import Judgement, Samples, calibrate, read_judgements


def samples(count: int = 3000, noise: float = 1.0, seed: int = 0) -> Samples:
    """Passages whose truth is logistic in contrast and coverage; heading coverage means nothing."""
    random = np.random.default_rng(seed)
    signals = random.uniform(0, 1, size=(count, 3))
    chance = 1 / (1 + np.exp(-(-4 + 6 * signals[:, 0] + 3 * signals[:, 1]) / noise))
    labels = (random.uniform(size=count) < chance).astype(np.float64)
    groups = np.arange(count) // 5
    return Samples(signals, labels, groups, frozenset(groups[labels == 1].tolist()))


def test_recovers_the_weights_that_made_the_labels() -> None:
    weights = calibrate(samples(20_000)).weights
    assert weights.intercept == pytest.approx(-4, abs=0.25)
    assert weights.contrast == pytest.approx(6, abs=0.3)
    assert weights.coverage == pytest.approx(3, abs=0.25)
    assert weights.heading_coverage == pytest.approx(0, abs=0.2)


def test_a_signal_that_misleads_is_left_out_rather_than_inverted() -> None:
    given = samples()
    given.signals[:, 2] = 1 - given.signals[:, 0]
    weights = calibrate(given).weights
    assert weights.heading_coverage == 0
    assert weights.contrast > 0


def test_says_how_well_it_holds_on_searches_left_out() -> None:
    sharp, vague = calibrate(samples(noise=0.2)), calibrate(samples(noise=3))
    assert 0.9 < sharp.auc <= 1
    assert 0.5 < vague.auc < sharp.auc
    assert sharp.brier < vague.brier
    assert sum(item.count for item in sharp.bins) == 3000
    assert all(abs(item.predicted - item.actual) < 0.12 for item in vague.bins if item.count > 100)


def test_labels_that_are_pure_chance_give_no_false_confidence() -> None:
    given = samples()
    given.labels[:] = np.random.default_rng(1).integers(0, 2, len(given.labels))
    assert calibrate(given).auc == pytest.approx(0.5, abs=0.05)


def test_needs_both_kinds_of_searches() -> None:
    given = samples()
    given.labels[:] = 0
    with pytest.raises(ConfigurationError, match="answered"):
        calibrate(given)


def test_reads_judgements_and_names_a_broken_line(tmp_path: Path) -> None:
    path = tmp_path / "judgements.jsonl"
    path.write_text(
        '{"query": "price", "relevant": ["a.md"]}\n\n{"query": "weather", "relevant": []}\n', encoding="utf-8"
    )
    assert read_judgements(path) == [Judgement("price", frozenset({"a.md"})), Judgement("weather", frozenset())]
    path.write_text('{"query": "price", "relevant": []}\n{"query": 1}\n', encoding="utf-8")
    with pytest.raises(ConfigurationError, match="line 2"):
        read_judgements(path)
