"""What becomes of real documents, ordinary and hostile: expected against actual outcome, time and memory per file.

    python benchmarks/document_outcomes.py [--documents ../shared/data/documents]

The folder holds a `manifest.csv` with the columns `file` and `expected`. Every file gets a parser process of its own.
"""

import csv
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Self

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psutil
import typer
from rich.console import Console
from rich.table import Table

from app.config_files import Parsing
from app.errors import DocumentRefused
from app.knowledge.parsing.document_parser import DocumentParser

RIGHT = {
    "read": {"read"},
    "no_text": {"empty"},
    "encrypted": {"encrypted"},
    "corrupt": {"malformed"},
    "unsupported": {"unsupported"},
    "encrypted_or_unsupported": {"encrypted", "unsupported"},
    "encrypted_or_corrupt": {"encrypted", "malformed"},
    "read_or_refuse": {"read", "malformed", "unsupported", "hostile"},
}
MB = 1 << 20
WARM_UP = Path(__file__).parent / "RESULTS.md"  # any document: it starts the process


@dataclass(frozen=True, slots=True)
class Outcome:
    """`blocks` of a document that was read; memory in bytes."""

    outcome: str
    message: str
    blocks: int
    seconds: float
    child_peak: int
    parent_growth: int


class PeakMemory:
    """Watches the resident memory of this process's children while its block runs."""

    def __init__(self) -> None:
        self.bytes = 0
        self._done = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self._done.wait(0.005):
            for child in psutil.Process().children():
                self.bytes = max(self.bytes, _peak(child.pid))

    def __enter__(self) -> Self:
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._watcher.join()
        for child in psutil.Process().children():
            self.bytes = max(self.bytes, _peak(child.pid))


def _peak(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0)


def measured(path: Path) -> Outcome:
    with DocumentParser(Parsing()) as parser:
        parser.parse(WARM_UP)
        before = psutil.Process().memory_info().rss
        with PeakMemory() as peak:
            began = time.perf_counter()
            outcome, message, blocks = _parsed(parser, path)
            seconds = time.perf_counter() - began
        growth = psutil.Process().memory_info().rss - before
    return Outcome(outcome, message, blocks, seconds, peak.bytes, growth)


def _parsed(parser: DocumentParser, path: Path) -> tuple[str, str, int]:
    try:
        return "read", "", len(parser.parse(path).blocks)
    except DocumentRefused as refusal:
        return refusal.reason, refusal.message, 0


def main(documents: Path = typer.Option(Path("../shared/data/documents"), help="Folder with a manifest.csv.")) -> None:
    console = Console(width=160)
    with (documents / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    table = Table(
        "file", "expected", "outcome", "as expected", "blocks", "seconds", "child MB", "parent MB", "sentence"
    )
    tally: Counter[bool] = Counter()
    results: list[Outcome] = []
    for row in rows:
        result = measured(documents / row["file"])
        right = result.outcome in RIGHT[row["expected"]]
        tally[right] += 1
        results.append(result)
        numbers = (f"{result.seconds:.2f}", f"{result.child_peak / MB:.0f}", f"{result.parent_growth / MB:+.1f}")
        said = (row["expected"], result.outcome, "yes" if right else "[red]no[/red]", str(result.blocks or ""))
        table.add_row(row["file"], *said, *numbers, result.message)
    console.print(table)
    console.print(f"as expected: {tally[True]} of {len(rows)}")
    console.print(f"slowest: {max(result.seconds for result in results):.1f} s")
    console.print(f"largest child: {max(result.child_peak for result in results) / MB:.0f} MB")
    console.print(f"largest growth of the parent: {max(result.parent_growth for result in results) / MB:.1f} MB")


if __name__ == "__main__":
    typer.run(main)
