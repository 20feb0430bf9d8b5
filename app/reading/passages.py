"""Evidence taken apart: every sentence, table row and heading of a passage with the context it stands in."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from app.followups.types import BlockKind, EvidenceItem, Span
from app.language.sentences import split_sentences
from app.reading.figures import Figure
from app.reading.lexicon import FUNCTION_WORDS, HEDGES, NEUTRAL_KEYS, OFFERING, PLAN_NOUNS, PLAN_WORDS, PRICE_KEYS
from app.reading.reader import Reading, read
from app.reading.subjects import Phrase, name_phrases, phrase_of, plan_phrases

_ANAPHORA = re.compile(
    r"(?:it|its|this|these|they|their|that|those|he|she|his|her|both|each|here|there|also|the (?:team|company|plan|"
    r"customer|firm|tool|result|same|latter|former|two))\b",
    re.IGNORECASE,
)
_PLAN_SECTION = re.compile(
    r"\b(?:plans?|pricing|prices|tiers?|editions?|packages?|customers?|case stud\w+)\b", re.IGNORECASE
)
_CUSTOMER_KINDS = frozenset({"case_studies"})
_TITLE_WORDS = re.compile(r"\b(?:case study|customer story|success story|how|became|with|at|the)\b", re.IGNORECASE)
_RUNNING_TEXT = frozenset({BlockKind.PARAGRAPH, BlockKind.LIST_ITEM})
_DENIES = re.compile(
    r"\bnot (?:included|supported|available|covered|possible|offered|part of)\b|\bexclu\w+|\bunsupported\b"
    r"|\blimitations?\b|\bknown issues\b"
    r"|(?:do|does|can|is|are|will|did)(?:n['’]t| ?not) (?:include|support|cover|offer|provide|have|do)\b",
    re.IGNORECASE,
)
_PLAN_HEADER = re.compile(r"\b(?:plan|tier|package|edition|subscription)s?\b", re.IGNORECASE)
_LONGEST_SUBJECT = 5


@dataclass(frozen=True, slots=True)
class Statement:
    """`item.text[start:end]`, read. `context` are word keys of headings, lead-in and antecedent.

    `about` are the subjects that context names when the statement itself names none. `is_row` marks table rows.
    """

    start: int
    end: int
    kind: BlockKind
    reading: Reading
    context: frozenset[str]
    context_names: frozenset[str]
    known: frozenset[str]
    hedges: frozenset[str]
    about: frozenset[Phrase]
    negative_context: bool
    plain: str

    @property
    def is_row(self) -> bool:
        return self.kind is BlockKind.TABLE_ROW


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What some statements hold together: words as written (their context's names too), word keys, figures.

    `known` are the keys of words and context.
    """

    words: frozenset[str]
    keys: frozenset[str]
    known: frozenset[str]
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage's statements, and the subjects they name as `(phrase, strict, proper)`.

    `vocabulary` is that of all statements but headings.
    """

    statements: tuple[Statement, ...]
    found: tuple[tuple[Phrase, bool, bool], ...]
    vocabulary: Vocabulary


def vocabulary_of(statements: Iterable[Statement]) -> Vocabulary:
    """What `statements` hold together."""
    taken = tuple(statements)
    words = (word for statement in taken for word in statement.reading.words)
    raws: set[str] = set()
    keys: set[str] = set()
    for word in words:
        raws.add(word.raw)
        keys.add(word.key)
    return Vocabulary(
        words=frozenset(raws.union(*(statement.context_names for statement in taken))),
        keys=frozenset(keys),
        known=frozenset[str]().union(*(statement.known for statement in taken)),
        figures=tuple(figure for statement in taken for figure in statement.reading.figures),
    )


def analyse(item: EvidenceItem) -> Passage:
    """Take `item` apart; cached by content."""
    return _analyse(item.text, item.blocks, item.heading_path, item.title or "", item.source_type or "")


@lru_cache(maxsize=4096)
def _analyse(
    text: str, blocks: tuple[Span, ...], heading_path: tuple[str, ...], title: str, source_type: str
) -> Passage:
    headings = list(heading_path)
    statements: list[Statement] = []
    found: list[tuple[Phrase, bool, bool]] = []
    for heading in (*heading_path, title):
        found += _found_in(read(heading), in_text=False)
    lead_in = ""
    for block in blocks or (Span(0, len(text), BlockKind.PARAGRAPH),):
        piece = text[block.start : block.end]
        if block.kind is BlockKind.HEADING:
            headings = [*heading_path, piece] if piece not in heading_path else headings
        context = _Context(tuple(headings), title, source_type, lead_in if block.kind is BlockKind.LIST_ITEM else "")
        new = list(_statements(piece, block, context))
        statements += new
        for statement in new:
            found += _found_in(statement.reading, in_text=block.kind in _RUNNING_TEXT)
            if statement.is_row:
                found += _row_subject(piece)
        found += [(phrase, True, True) for phrase in _section_subjects(headings)]
        if block.kind is BlockKind.PARAGRAPH:
            lead_in = piece if piece.rstrip().endswith(":") else ""
    if source_type in _CUSTOMER_KINDS:
        found += [(phrase, False, True) for phrase in _title_names(title)]
    stated = (statement for statement in statements if statement.kind is not BlockKind.HEADING)
    return Passage(tuple(statements), tuple(dict.fromkeys(found)), vocabulary_of(stated))


@dataclass(frozen=True, slots=True)
class _Context:
    headings: tuple[str, ...]
    title: str
    source_type: str
    lead_in: str


def _statements(piece: str, block: Span, context: _Context) -> Iterator[Statement]:
    is_row = block.kind is BlockKind.TABLE_ROW
    spans = [(0, len(piece))] if is_row else split_sentences(piece)
    previous: Reading | None = None
    above = [read(text) for text in (*context.headings, context.title)]
    lead_in = [read(context.lead_in)] if context.lead_in else []
    about = frozenset((*_section_subjects(context.headings), *_customers(context)))
    for start, end in spans:
        text = piece[start:end]
        reading = read(text, is_row)
        anaphoric = previous is not None and _ANAPHORA.match(text) is not None
        around = [*above, *lead_in, *([previous] if anaphoric and previous else [])]
        offers = {OFFERING} if block.kind is BlockKind.LIST_ITEM or (is_row and not _is_sold(reading)) else set()
        surrounding = frozenset({w.key for other in around for w in other.words if not w.negated} | offers)
        if is_row and not offers:
            surrounding -= {OFFERING}
        yield Statement(
            start=block.start + start,
            end=block.start + end,
            kind=block.kind,
            reading=reading,
            context=surrounding,
            known=surrounding.union(word.key for word in reading.words),
            context_names=frozenset(word.raw for other in around for word in other.words),
            hedges=frozenset(
                HEDGES[w.raw] for other in (*above[:-1], *lead_in) for w in other.words if w.raw in HEDGES
            ),
            about=about,
            negative_context=any(_DENIES.search(text) for text in (*context.headings[-1:], context.lead_in)),
            plain=plain(text),
        )
        previous = reading


def _is_sold(row: Reading) -> bool:
    """`Add-on: Priority support; Price: $89; For: Professional`: what has its own price is no part of a plan."""
    header, _, value = row.text.partition("; ")[0].partition(":")
    is_plan = _PLAN_HEADER.search(header) is not None or value.strip().lower() in PLAN_WORDS
    return not is_plan and any(f.kind == "money" and f.value for f in row.figures)


def plain(text: str) -> str:
    """`text` as it is compared verbatim: single spaces, straight quotes, no case, no closing punctuation."""
    straight = text.translate(str.maketrans("’‘“”–—\u00a0", "''\"\"-- "))
    return " ".join(straight.casefold().split()).strip(" .!;,:•*-")


def _found_in(reading: Reading, in_text: bool) -> Iterator[tuple[Phrase, bool, bool]]:
    for phrase in plan_phrases(reading):
        yield phrase, True, True
    if in_text:
        for phrase in name_phrases(reading):
            yield phrase, False, True


def _row_subject(row: str) -> Iterator[tuple[Phrase, bool, bool]]:
    """The first cell of a row with several cells says what the row is about, unless it holds a figure."""
    cells = row.split("; ")
    header, _, value = cells[0].partition(":")
    reading = read(value.strip())
    if len(cells) < 2 or not value.strip() or reading.figures or len(reading.words) > _LONGEST_SUBJECT:
        return
    phrase = phrase_of(value.strip())
    if all(key in NEUTRAL_KEYS or key in PRICE_KEYS for key in phrase):
        return
    is_name = any(word.capital and not word.opening for word in reading.words) or _PLAN_SECTION.search(header)
    yield phrase, True, bool(is_name)


def _section_subjects(headings: tuple[str, ...] | list[str]) -> Iterator[Phrase]:
    """A short heading below "Plans", "Pricing" or "Customers" names what its section is about."""
    if not headings:
        return
    last = read(headings[-1])
    yield from plan_phrases(last)
    below_plans = any(_PLAN_SECTION.search(heading) for heading in headings[:-1])
    names = [word for word in last.words if word.raw not in FUNCTION_WORDS and word.raw not in PLAN_NOUNS]
    if below_plans and 1 <= len(names) <= 3 and not last.figures and all(word.capital for word in names):
        yield tuple(word.key for word in names)


def _customers(context: _Context) -> Iterator[Phrase]:
    if context.source_type in _CUSTOMER_KINDS:
        yield from _title_names(context.title)


def _title_names(title: str) -> Iterator[Phrase]:
    """Capitalised names of a case study's title; single words only where nothing else is left."""
    for piece in re.split(r"[:–—|,-]\s|\s[–—|-]", _TITLE_WORDS.sub("|", title)):
        words = [word for word in read(piece.strip(" |")).words if word.raw not in FUNCTION_WORDS]
        if len(words) >= 2 and all(word.capital for word in words):
            yield phrase_of(piece.strip(" |"))
