"""The picture of an evaluation: the base model beside the adapter."""

from pathlib import Path

from app.training.evaluate import Evaluation

_SHARES = ("rules_passed", "grounded", "claims_supported", "personalization", "voice")


def draw(evaluation: Evaluation, path: Path) -> None:
    """A PNG of 900 x 450 pixels: perplexities on the left, shares on the right."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = {"base": evaluation.base.as_row(), "adapter": evaluation.adapter.as_row()}
    figure = Figure(figsize=(9, 4.5), dpi=100, layout="tight")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, width_ratios=(1, 3))
    bars = left.bar(list(rows), [row["perplexity"] for row in rows.values()], color=["#9aa5b1", "#2563eb"])
    left.bar_label(bars, fmt="%.1f")
    left.set_title("perplexity (lower is better)", fontsize=9)
    for offset, (name, row) in enumerate(rows.items()):
        places = [index + 0.4 * offset - 0.2 for index in range(len(_SHARES))]
        values = [row[share] for share in _SHARES]
        drawn = right.bar(places, values, width=0.38, label=name, color="#9aa5b1" if name == "base" else "#2563eb")
        right.bar_label(drawn, fmt="%.2f", fontsize=8)
    right.set_xticks(range(len(_SHARES)), [share.replace("_", "\n") for share in _SHARES])
    right.set_ylim(0, 1.1)
    right.set_title(f"{evaluation.examples} messages to held-out leads, before any repair", fontsize=9)
    right.legend()
    figure.savefig(path)
