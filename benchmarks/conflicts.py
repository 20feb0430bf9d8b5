"""Conflicting figures: precision and recall on a planted corpus, and the time that extraction and detection take.

python -m benchmarks.conflicts
"""

import random
import time

from rich.console import Console
from rich.table import Table

from app.knowledge.conflicts.detection import Topic, find_conflicts
from app.knowledge.conflicts.extraction import stated_figures
from app.knowledge.conflicts.types import Side
from app.knowledge.types import DocumentProfile
from tests.knowledge.conflicts.corpus import CONTRADICTIONS, DIFFERENCES, FREELY_WORDED
from tests.knowledge.conflicts.reading import Text, chunk_of, conflicts

_PROSE = "The depot keeps records of every pallet, and teams see them at once. Routes are planned overnight."


def found(pairs: tuple[tuple[str, str], ...]) -> int:
    return sum(bool(conflicts({"one.md": Text((one,)), "other.md": Text((other,))})) for one, other in pairs)


def accuracy() -> Table:
    table = Table("planted", "pairs", "reported", title="Planted corpus")
    for name, pairs in (
        ("contradictions", CONTRADICTIONS),
        ("contradictions in free words", FREELY_WORDED),
        ("differences (false alarms)", DIFFERENCES),
    ):
        table.add_row(name, str(len(pairs)), str(found(pairs)))
    return table


def _name(number: int) -> str:
    """A plan's name in letters: figures in names are none."""
    return "Plan" + "".join(chr(ord("a") + int(digit)) for digit in str(number))


def timing(chunks: int) -> tuple[str, ...]:
    """Documents of ten chunks; every chunk states three figures of its own plan."""
    chance = random.Random(1)
    profile = DocumentProfile("Plans", "general", False)
    stated: list[tuple[Topic, Side]] = []
    began = time.process_time()
    for number in range(chunks):
        plan = _name(chance.randrange(chunks))
        lines = (
            f"The {plan} plan costs ${chance.randrange(10, 99)} per month and includes {number % 9 + 1} users.",
            f"Plan: {plan}; Per transaction: {chance.randrange(2, 6)}% + 40¢; Users: {number % 9 + 1}",
            _PROSE,
        )
        chunk, source = chunk_of(lines), f"{number // 10}.md"
        for figure in stated_figures(source, profile, [chunk]):
            side = Side(
                str(number), source, source, figure.start, figure.end, figure.subject, figure.value, figure.shown
            )
            stated.append((Topic(figure.measure, figure.unit, figure.qualifiers), side))
    extracted = time.process_time()
    conflicting = find_conflicts(stated)
    detected = time.process_time()
    return (
        f"{chunks:,}",
        f"{len(stated):,}",
        f"{len(conflicting):,}",
        f"{extracted - began:.2f}",
        f"{1000 * (detected - extracted):.0f}",
    )


def main() -> None:
    console = Console()
    console.print(accuracy())
    table = Table("chunks", "figures", "conflicts", "extraction CPU s", "detection CPU ms", title="Time")
    for chunks in (1_000, 10_000):
        table.add_row(*timing(chunks))
    console.print(table)


if __name__ == "__main__":
    main()
