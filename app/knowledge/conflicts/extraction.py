"""From the chunks of a document to the figures it states as facts: who, what, how much, under which conditions."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.followups.types import BlockKind, Span
from app.knowledge.conflicts.circumstances import edition_of, is_exception, qualifiers_in
from app.knowledge.conflicts.rows import row_figures
from app.knowledge.conflicts.sentences import sentence_figures
from app.knowledge.conflicts.statements import Found, Place
from app.knowledge.conflicts.types import StatedFigure
from app.knowledge.types import Chunk, DocumentProfile
from app.language.sentences import split_sentences

# Stories of customers and calculations state figures of others.
_STORIES = frozenset({"case_studies", "roi"})
_SILENT = frozenset({BlockKind.CODE})
_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen|fifteen|twenty|thirty|forty|fifty|sixty|ninety"
    r"|half|hundred)\b",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Section:
    """Blocks of a chunk below one heading."""

    headings: tuple[str, ...]
    blocks: list[Span]


def stated_figures(source: str, profile: DocumentProfile, chunks: Sequence[Chunk]) -> tuple[StatedFigure, ...]:
    """Comparable figures of a document in order. Internal documents and stories state none.

    Linear in the length of the text.
    """
    if profile.internal or profile.source_type in _STORIES:
        return ()
    edition = edition_of(source)
    found: list[StatedFigure] = []
    for chunk in chunks:
        for section in _sections(chunk):
            place = _place(profile.title, section, chunk.text)
            found += [
                StatedFigure(
                    chunk=chunk.ordinal,
                    start=start,
                    end=end,
                    subject=figure.subject,
                    measure=figure.measure,
                    unit=figure.unit,
                    qualifiers=", ".join(sorted({*figure.qualifiers, *([f"edition {edition}"] if edition else [])})),
                    value=figure.value,
                    shown=figure.shown,
                )
                for start, end, figure in _figures(chunk.text, section, place)
            ]
    return tuple(found)


def _sections(chunk: Chunk) -> Iterator[_Section]:
    section = _Section(chunk.heading_path, [])
    for block in chunk.blocks:
        if block.kind is BlockKind.HEADING:
            if section.blocks:
                yield section
            heading = chunk.text[block.start : block.end]
            known = heading in chunk.heading_path
            section = _Section(chunk.heading_path if known else (*chunk.heading_path, heading), [])
        section.blocks.append(block)
    if section.blocks:
        yield section


def _place(title: str, section: _Section, text: str) -> Place:
    body = " ".join(text[block.start : block.end] for block in section.blocks if block.kind not in _SILENT)
    about = (title, *section.headings)
    exceptional = any(is_exception(heading) for heading in section.headings) or is_exception(body)
    return Place(section.headings[-1] if section.headings else "", about, frozenset(qualifiers_in(*about)), exceptional)


def _figures(text: str, section: _Section, place: Place) -> Iterator[tuple[int, int, Found]]:
    for block in section.blocks:
        piece = text[block.start : block.end]
        if block.kind in _SILENT or not _NUMBER.search(piece):
            continue
        if block.kind is BlockKind.TABLE_ROW:
            yield from ((block.start, block.end, found) for found in row_figures(piece, place))
            continue
        for start, end in split_sentences(piece):
            span = block.start + start, block.start + end
            yield from ((*span, found) for found in sentence_figures(piece[start:end], place))
