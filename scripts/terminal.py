"""What the command lines of the knowledge base share: tables, a progress bar, and errors as one sentence."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.errors import AppError

console = Console()
_COLUMNS = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())


@contextmanager
def errors_as_sentences() -> Iterator[None]:
    """Exit code 2 and the message, without a traceback, for what the product raises on purpose."""
    try:
        yield
    except AppError as error:
        Console(stderr=True).print(error.message, style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(2) from None


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int, str], None]]:
    """A bar that is moved by `(done, total, name)` and vanishes at the end."""
    with Progress(*_COLUMNS, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Starting", total=None)

        def move(done: int, total: int, name: str) -> None:
            bar.update(task, completed=done, total=total, description=escape(Path(name).name[:40]))

        yield move


def say(text: str, style: str | None = None) -> None:
    """One line, exactly as it is: names of files may look like markup."""
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def show_table(rows: list[dict[str, object]]) -> None:
    """Rows with the keys of the first as header."""
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(escape(str(value)) for value in row.values()))
    console.print(table)
