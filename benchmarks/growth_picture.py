"""Draws how search times grow with the number of chunks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

if TYPE_CHECKING:
    from benchmarks.retrieval_speed import Measured


def draw(results: list[Measured], path: Path) -> None:
    """One panel per filter: p95 (line) and p50 (dots) of each system, both axes logarithmic."""
    filters = list(dict.fromkeys(row.filtered for row in results))
    systems = list(dict.fromkeys(row.system for row in results))
    figure = Figure(figsize=(3.2 * len(filters), 3.4), layout="tight")
    panels = figure.subplots(1, len(filters), sharey=True, squeeze=False)
    for panel, name in zip(panels[0], filters, strict=True):
        for number, system in enumerate(systems):
            rows = [row for row in results if (row.filtered, row.system) == (name, system)]
            sizes = [row.chunks for row in rows]
            panel.plot(sizes, [row.p95 for row in rows], marker="o", markersize=3, color=f"C{number}", label=system)
            panel.plot(sizes, [row.p50 for row in rows], ".", color=f"C{number}", alpha=0.5)
        panel.set(xscale="log", yscale="log", title=f"filter: {name}", xlabel="chunks")
        panel.grid(alpha=0.3, which="both")
    panels[0][0].set_ylabel("ms a search (line p95, dots p50)")
    panels[0][-1].legend(fontsize=7)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
