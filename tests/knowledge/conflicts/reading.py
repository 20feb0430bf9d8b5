"""From texts to conflicts, without a database: each line of a page is a block of one chunk."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.followups.types import BlockKind, Span
from app.knowledge.conflicts.detection import Topic, find_conflicts
from app.knowledge.conflicts.extraction import stated_figures
from app.knowledge.conflicts.types import Conflict, Side, StatedFigure
from app.knowledge.types import Chunk, DocumentProfile


@dataclass(frozen=True)
class Text:
    """One document of one chunk. A line `# ...` is a heading, `Header: value; ...` a row, any other a paragraph."""

    lines: tuple[str, ...]
    source_type: str = "general"
    since: date | None = None
    until: date | None = None
    internal: bool = False


def kind_of(line: str) -> BlockKind:
    if line.startswith("# "):
        return BlockKind.HEADING
    return BlockKind.TABLE_ROW if "; " in line and ": " in line.split("; ")[0] else BlockKind.PARAGRAPH


def chunk_of(lines: tuple[str, ...]) -> Chunk:
    shown = [line.removeprefix("# ") for line in lines]
    text, spans, start = "\n\n".join(shown), [], 0
    for line, words in zip(lines, shown, strict=True):
        spans.append(Span(start, start + len(words), kind_of(line)))
        start += len(words) + 2
    return Chunk(0, text, 0, len(text), (), None, 10, tuple(spans), text)


def figures(source: str, text: Text) -> tuple[StatedFigure, ...]:
    profile = DocumentProfile("Document", text.source_type, text.internal, text.since, text.until)
    return stated_figures(source, profile, [chunk_of(text.lines)])


def conflicts(documents: Mapping[str, Text]) -> list[Conflict]:
    stated = []
    for source, text in documents.items():
        body = chunk_of(text.lines).text
        for figure in figures(source, text):
            side = Side(
                chunk_id=f"{source}:0",
                document_id=source,
                source=source,
                start=figure.start,
                end=figure.end,
                subject=figure.subject,
                value=figure.value,
                shown=figure.shown,
                quote=body[figure.start : figure.end],
                effective_date=text.since,
                expiry_date=text.until,
                unit=figure.unit,
            )
            stated.append((Topic(figure.measure, figure.unit, figure.qualifiers), side))
    return find_conflicts(stated)
