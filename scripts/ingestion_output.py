"""How an ingestion is shown: a table of counts, and a line for every file that did not go in."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

from app.errors import InvalidInput, RefusalReason
from app.knowledge.ingestion_report import IngestionReport
from scripts.terminal import say, show_table

_WORDS = ("indexed", "unchanged", "removed", "ignored", *get_args(RefusalReason))


def show(report: IngestionReport) -> None:
    show_table([{"outcome": word, "files": report.counts.get(word, 0)} for word in _WORDS])
    today = datetime.now(UTC).date()
    for outcome in report.outcomes:
        if outcome.status == "refused":
            say(f"refused ({outcome.reason}): {outcome.source}: {outcome.message}", style="red")
        elif outcome.status in ("ignored", "removed"):
            say(f"{outcome.status}: {outcome.source}: {outcome.message}", style="dim")
        elif silence := outcome.silence(today):
            say(f"{outcome.status}: {outcome.source}: {silence}", style="yellow")
    for judged in report.conflicts:
        about = " ".join(filter(None, (judged.conflict.subject, judged.conflict.measure)))
        style = "dim" if judged.resolution.resolved else "yellow"
        say(f"{judged.status}: {about}: {judged.conflict.sentence} ({judged.resolution.reason})", style=style)
    done = "Dry run, nothing was stored" if report.dry_run else f"Knowledge version {report.knowledge_version}"
    say(f"{done}: {report.chunks} new chunks in {report.seconds:.1f} s.")


def write_report(report: IngestionReport, path: Path | None) -> None:
    """Raises `InvalidInput` if the file cannot be written."""
    if path is None:
        return
    try:
        path.write_text(json.dumps(report.as_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"--report: {path} cannot be written: {error.strerror}.") from error
