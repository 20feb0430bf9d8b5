"""From a CSV file of conversations to a training set and a held-out set that share no lead."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from app.config_files import ScoringConfig, ValidationConfig
from app.errors import InvalidInput
from app.training.balance import Balance, balance_of, imbalance
from app.training.conversations import RowProblem, read_conversations
from app.training.duplicates import without_near_duplicates
from app.training.examples import HELD_OUT_FILE, MANIFEST_FILE, TRAIN_FILE, Example, digest_of, write_examples
from app.training.targets import Dropped, Target, TargetJudge

MIN_EXAMPLES = 50
RECOMMENDED_EXAMPLES = 1_000
_BUCKETS = 10_000

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class PrepareOptions:
    """`held_out` is the share of leads kept out of training (0..0.5); `as_of` the day on which records are read."""

    as_of: date
    held_out: float = 0.1
    similarity: float = 0.85


@dataclass(frozen=True, slots=True)
class PrepareReport:
    """What became of the rows. `dropped` counts by reason; `problems` name each row left out, by line and column."""

    rows: int
    train: int
    held_out: int
    leads: int
    sentences_removed: int
    dropped: dict[str, int]
    problems: tuple[RowProblem, ...]
    balance: Balance
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    train: tuple[Example, ...]
    held_out: tuple[Example, ...]
    report: PrepareReport
    as_of: date


class TooFewExamples(InvalidInput):
    """Not enough rows remain. `report` says what became of the others."""

    def __init__(self, message: str, report: PrepareReport) -> None:
        super().__init__(message)
        self.report = report


def prepare(
    path: Path,
    scoring: ScoringConfig,
    rules: ValidationConfig,
    options: PrepareOptions,
    progress: Progress = lambda _done, _total, _name: None,
) -> Prepared:
    """Read, judge, de-duplicate and split. Deterministic: the same file gives the same sets.

    Raises `InvalidInput` if the file cannot be used, `TooFewExamples` if fewer than `MIN_EXAMPLES` remain.
    """
    read = read_conversations(path)
    judge = TargetJudge(scoring, rules, options.as_of)
    targets: list[Target] = []
    dropped = [Dropped("unreadable", problem) for problem in read.problems]
    for done, row in enumerate(read.rows, start=1):
        judged = judge.judge(row)
        progress(done, len(read.rows), "judging")
        if isinstance(judged, Target):
            targets.append(judged)
        else:
            dropped.append(judged)
    kept = [targets[i] for i in without_near_duplicates([t.example.response for t in targets], options.similarity)]
    lines = {target.line for target in kept}
    dropped += [_duplicate(target) for target in targets if target.line not in lines]
    report = _report(len(read.rows) + len(read.problems), kept, dropped)
    if len(kept) < MIN_EXAMPLES:
        raise TooFewExamples(
            f"{path}: {len(kept)} usable rows remain of {report.rows}; at least {MIN_EXAMPLES} are needed. "
            "Nothing was written.",
            report,
        )
    sides: dict[bool, list[Example]] = {True: [], False: []}
    for target, example in zip(kept, _without_keys(kept), strict=True):
        sides[is_held_out(target.example.lead, options.held_out)].append(example)
    train, held_out = tuple(sides[False]), tuple(sides[True])
    if not train or not held_out:
        raise TooFewExamples(f"{path}: {report.leads} leads are too few to keep some out of training.", report)
    return Prepared(train, held_out, replace(report, train=len(train), held_out=len(held_out)), options.as_of)


def _without_keys(targets: Sequence[Target]) -> list[Example]:
    """The examples with leads numbered as they appear: a hash of a name can be guessed from a list of names."""
    numbers: dict[str, int] = {}
    return [
        replace(target.example, lead=f"lead-{numbers.setdefault(target.example.lead, len(numbers) + 1)}")
        for target in targets
    ]


def is_held_out(lead: str, share: float) -> bool:
    """Decided by the lead alone, so that a lead stays on its side when the data grows."""
    bucket = int.from_bytes(hashlib.sha256(lead.encode()).digest()[:8], "big") % _BUCKETS
    return bucket < share * _BUCKETS


def write_prepared(prepared: Prepared, folder: Path) -> None:
    """Write both sets and the manifest. Raises `InvalidInput` if the folder cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_examples(folder / TRAIN_FILE, prepared.train)
        write_examples(folder / HELD_OUT_FILE, prepared.held_out)
        manifest = json.dumps(_manifest(prepared), indent=2, ensure_ascii=False)
        (folder / MANIFEST_FILE).write_text(manifest + "\n", encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"--output_dir: {folder} cannot be written: {error.strerror}.") from error


def _manifest(prepared: Prepared) -> dict[str, Any]:
    report = prepared.report
    return {
        "as_of": prepared.as_of.isoformat(),
        "train": {"examples": report.train, "digest": digest_of(prepared.train)},
        "held_out": {"examples": report.held_out, "digest": digest_of(prepared.held_out)},
        "rows": report.rows,
        "leads": report.leads,
        "sentences_removed": report.sentences_removed,
        "dropped": report.dropped,
        "balance": report.balance,
        "warnings": list(report.warnings),
    }


def _report(rows: int, kept: list[Target], dropped: list[Dropped]) -> PrepareReport:
    balance = balance_of(kept)
    warnings = imbalance(balance) if kept else []
    if len(kept) < RECOMMENDED_EXAMPLES:
        warnings.insert(0, f"{len(kept)} examples are few: with under {RECOMMENDED_EXAMPLES}, expect a faint voice.")
    return PrepareReport(
        rows=rows,
        train=0,
        held_out=0,
        leads=len({target.example.lead for target in kept}),
        sentences_removed=sum(target.removed for target in kept),
        dropped=dict(Counter(item.reason for item in dropped).most_common()),
        problems=tuple(sorted((item.problem for item in dropped), key=lambda problem: problem.line)),
        balance=balance,
        warnings=tuple(warnings),
    )


def _duplicate(target: Target) -> Dropped:
    return Dropped(
        "duplicate", RowProblem(target.line, "successful_response", "says nearly the same as an earlier row")
    )
