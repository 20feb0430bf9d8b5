"""Pictures of a training run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Points = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class LossCurve:
    """Losses per answer token (nats) by step. The first validation point is that of the base model."""

    training: Points
    validation: Points

    @classmethod
    def of(cls, history: Sequence[dict[str, Any]]) -> "LossCurve":
        """From a trainer's log. A resumed run logs a step once more; the later entry counts."""
        return cls(_points(history, "loss"), _points(history, "eval_loss"))


def draw(curve: LossCurve, path: Path, title: str) -> None:
    """A PNG of 800 x 450 pixels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), dpi=100, layout="tight")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for points, label, style in ((curve.training, "training", "-"), (curve.validation, "validation", "o-")):
        if points:
            axes.plot([step for step, _ in points], [loss for _, loss in points], style, label=label, markersize=4)
    axes.set(xlabel="step", ylabel="loss per answer token (nats)", title=title)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path)


def _points(history: Sequence[dict[str, Any]], name: str) -> Points:
    return sorted({float(entry["step"]): float(entry[name]) for entry in history if name in entry}.items())
