"""Fit the weights of relevance to judged searches, and say how well they hold."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.config_files import RelevanceWeights
from app.errors import ConfigurationError
from app.followups.types import RetrievalOptions
from app.knowledge.types import Retrieval

Matrix = NDArray[np.float64]
# The passages of each search that are judged: about as many as a message is given.
_PASSAGES = 5
_FOLDS = 10
_RIDGE = 0.03


class PassageSource(Protocol):
    async def search(self, tenant: str, queries: Sequence[str], options: RetrievalOptions) -> list[Retrieval]: ...


@dataclass(frozen=True, slots=True)
class Judgement:
    """A search, and the names of the files that answer it (none: nothing does)."""

    query: str
    relevant: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Passages found for the searches: `signals` (n, 3) in the order of `Signals`, `labels` and `groups` (n,).

    `labels` are 1 where the passage's file answers the search, `groups` the number of the search; `answerable` are
    the numbers of the searches that some file answers.
    """

    signals: Matrix
    labels: Matrix
    groups: NDArray[np.int64]
    answerable: frozenset[int]


@dataclass(frozen=True, slots=True)
class Bin:
    """Passages whose predicted relevance lies in one tenth: how many, and predicted against actual share."""

    low: float
    count: int
    predicted: float
    actual: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights fitted to all searches. The rest is measured on searches left out of the fit.

    `auc` is the chance that a relevant passage is put above an irrelevant one. `found` and `false_alarms` are the
    shares of answerable and unanswerable searches whose best passage reaches 0.7.
    """

    weights: RelevanceWeights
    auc: float
    brier: float
    found: float
    false_alarms: float
    bins: tuple[Bin, ...]


def read_judgements(path: Path) -> list[Judgement]:
    """Lines of `{"query": ..., "relevant": [file names]}`. Raises `ConfigurationError` naming the broken line."""
    judgements = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if line.strip():
            try:
                fields = json.loads(line)
                judgements.append(Judgement(str(fields["query"]), frozenset(map(str, fields["relevant"]))))
            except (ValueError, KeyError, TypeError) as error:
                raise ConfigurationError(f"{path}, line {number}: not a relevance judgement ({error}).") from error
    return judgements


async def collect(retriever: PassageSource, tenant: str, judgements: Sequence[Judgement]) -> Samples:
    """Search for every query and label what is found."""
    options = RetrievalOptions(top_k=_PASSAGES, threshold=0.0)
    signals, labels, groups = [], [], []
    for number, judgement in enumerate(judgements):
        [retrieval] = await retriever.search(tenant, [judgement.query], options)
        for passage in retrieval.passages:
            signals.append((passage.contrast, passage.coverage, passage.heading_coverage))
            labels.append(float(Path(passage.chunk.source).name in judgement.relevant))
            groups.append(number)
    answerable = frozenset(number for number, judgement in enumerate(judgements) if judgement.relevant)
    return Samples(np.array(signals), np.array(labels), np.array(groups), answerable)


def calibrate(samples: Samples) -> Calibration:
    """Fit a logistic model. Raises `ConfigurationError` if the labels are all alike."""
    if len(set(samples.labels.tolist())) < 2:
        raise ConfigurationError("Calibration needs searches that are answered and searches that are not.")
    predicted = np.zeros(len(samples.labels))
    for fold in range(_FOLDS):
        left_out = samples.groups % _FOLDS == fold
        fitted = _fit(samples.signals[~left_out], samples.labels[~left_out])
        predicted[left_out] = _predict(fitted, samples.signals[left_out])
    intercept, nearness, coverage, heading = (round(float(value), 2) for value in _fit(samples.signals, samples.labels))
    found, false_alarms = _best_reach(samples, predicted, 0.7)
    return Calibration(
        RelevanceWeights(intercept=intercept, contrast=nearness, coverage=coverage, heading_coverage=heading),
        _auc(predicted, samples.labels),
        float(np.mean((predicted - samples.labels) ** 2)),
        found,
        false_alarms,
        tuple(_bins(predicted, samples.labels)),
    )


def _fit(signals: Matrix, labels: Matrix) -> Matrix:
    """Intercept and weights >= 0 of a lightly regularised logistic regression, by Newton's method.

    A signal that comes out negative on these searches is dropped: relevance must not fall when a signal rises.
    """
    columns = list(range(signals.shape[1]))
    while True:
        weights = _newton(np.column_stack([np.ones(len(labels)), signals[:, columns]]), labels)
        kept = [column for column, weight in zip(columns, weights[1:], strict=True) if weight >= 0]
        if kept == columns:
            break
        columns = kept
    result = np.zeros(signals.shape[1] + 1)
    result[[0, *(column + 1 for column in columns)]] = weights
    return result


def _newton(inputs: Matrix, labels: Matrix) -> Matrix:
    weights = np.zeros(inputs.shape[1])
    penalty = np.diag([0.0, *[_RIDGE] * (inputs.shape[1] - 1)])
    for _ in range(50):
        probability = 1 / (1 + np.exp(-inputs @ weights))
        curvature = (inputs * (probability * (1 - probability))[:, None]).T @ inputs + penalty
        slope = inputs.T @ (labels - probability) - penalty @ weights
        step = np.linalg.solve(curvature + 1e-9 * np.eye(len(weights)), slope)
        weights = weights + step
        if np.abs(step).max() < 1e-9:
            break
    return weights


def _predict(weights: Matrix, signals: Matrix) -> Matrix:
    result: Matrix = 1 / (1 + np.exp(-(weights[0] + signals @ weights[1:])))
    return result


def _best_reach(samples: Samples, predicted: Matrix, threshold: float) -> tuple[float, float]:
    reached: dict[bool, list[bool]] = {True: [], False: []}
    for group in np.unique(samples.groups):
        best = predicted[samples.groups == group].max()
        reached[int(group) in samples.answerable].append(bool(best >= threshold))
    return float(np.mean(reached[True] or [False])), float(np.mean(reached[False] or [False]))


def _auc(predicted: Matrix, labels: Matrix) -> float:
    positive, negative = predicted[labels == 1], predicted[labels == 0]
    above = (positive[:, None] > negative).mean()
    return float(above + (positive[:, None] == negative).mean() / 2)


def _bins(predicted: Matrix, labels: Matrix) -> list[Bin]:
    tenths = np.minimum((predicted * 10).astype(int), 9)
    return [
        Bin(tenth / 10, int(rows.sum()), float(predicted[rows].mean()), float(labels[rows].mean()))
        for tenth in range(10)
        if (rows := tenths == tenth).any()
    ]
