"""What a source ties its fact to, and what a claim adds to it: conditions, columns, and words without bounds."""

import re

from app.grounding.attachment import same_figure
from app.grounding.fit import Part
from app.reading.figures import Figure
from app.reading.lexicon import FUNCTION_WORDS, NEUTRAL_KEYS, PRICE_KEYS, key_of
from app.reading.passages import Statement
from app.reading.reader import Reading

_LEADING = re.compile(
    r"(?:with|for|in|on|after|during|under|without|when|as)\s(?P<what>[^,;:.]{3,80}),\s", re.IGNORECASE
)
_TRAILING = re.compile(
    r"\bfor (?P<what>(?:[\w-]+\s){0,2}(?:companies|teams|customers|organi[sz]ations|businesses|firms|users|those"
    r"|accounts) (?:that|who|which|with) [^,;]{3,80})",
    re.IGNORECASE,
)
_UNBOUNDED = (
    re.compile(r"\b(?:at )?any ?time\b|\bwhenever you\b", re.IGNORECASE),
    re.compile(r"\bas (?:often|much|many|long) as you\b|\bno matter\b|\bforever\b", re.IGNORECASE),
    re.compile(r"\bnative(?:ly)?\b", re.IGNORECASE),
)
_NOW = frozenset({"now", "today", "currently", "nowadays"})
_PAST = frozenset({"was", "were", "had"})
_MARKED = re.compile(r"\b(?:certified|compliant|accredited)\b(?P<noun>\s+[a-z]{4,})?", re.IGNORECASE)
_MARK_LINKS = frozenset({"under", "with", "against", "since", "according"})
_GROWN = re.compile(r"\b(?P<how>extend|expand|rais|increas|upgrad|grow)\w* (?:\w+ )?to\s$", re.IGNORECASE)
_SHARE_OF = re.compile(r"\s+of (?:its |their |the |all |our |your )*([a-z]+)", re.IGNORECASE)
_PER = re.compile(r"(?:\bper\s+|/\s?)[a-z]+", re.IGNORECASE)
_NOT_TELLING = NEUTRAL_KEYS | PRICE_KEYS


def drops_condition(part: Part, statement: Statement) -> bool:
    """`The plan costs $254` from `With annual billing, the plan costs $254`: true only under the condition."""
    if statement.is_row:
        return False
    text = statement.reading.text
    found = [_LEADING.match(text), *_TRAILING.finditer(text)]
    return any(match is not None and not _keeps(part, statement.reading, match.span("what")) for match in found)


def _keeps(part: Part, source: Reading, span: tuple[int, int]) -> bool:
    inside = [w for w in source.words if span[0] <= w.start < span[1] and w.raw not in FUNCTION_WORDS]
    telling = {word.key for word in inside} - _NOT_TELLING
    mine = _keys(part)
    limits = [f for f in source.figures if span[0] <= f.start < span[1] and f.kind in {"count", "money"}]
    if any(not any(same_figure(f, own) for own in part.figures) for f in limits):
        return False
    return not telling or 2 * len(telling & mine) >= len(telling)


def _keys(part: Part) -> set[str]:
    return {key_of(raw) for raw in part.raws} | part.inherited


def swaps_column(part: Part, statement: Statement) -> bool:
    """Whether a price of a row stands under a header that the claim does not repeat."""
    if not statement.is_row:
        return False
    prices = [f for f in statement.reading.figures if f.kind == "money"]
    for figure in part.figures:
        equal = [other for other in prices if same_figure(figure, other)]
        if (
            figure.kind == "money"
            and equal
            and not any(_fits_header(part, other, prices, statement) for other in equal)
        ):
            return True
    return False


def _fits_header(part: Part, figure: Figure, prices: list[Figure], statement: Statement) -> bool:
    own, plain = _header(statement, figure)
    rivals = [_header(statement, other)[0] for other in prices if other is not figure]
    if not rivals:
        return True
    telling = own - set[str].intersection(*rivals) - _NOT_TELLING
    rates = {key_of(rate) for rate in figure.rates}
    given = _keys(part) | (rates if plain else rates & {"month"})
    return telling <= given


def _header(statement: Statement, figure: Figure) -> tuple[set[str], bool]:
    """The words of a figure's own header, and whether the header leaves the rate to the figure."""
    text = statement.reading.text
    start = text.rfind("; ", 0, figure.start) + 1
    end = text.find(":", start, figure.start)
    header = text[start : max(end, start)]
    bare = _PER.sub(" ", header)
    return {key_of(word.lower()) for word in re.findall(r"[^\W\d_]+", bare)} - FUNCTION_WORDS, bare == header


def overstates(part: Part, statement: Statement) -> bool:
    """`any time`, `now` or `is certified` where the source says less."""
    text = part.reading.text[part.start : part.end]
    source = statement.reading
    if any(pattern.search(text) and not pattern.search(source.text) for pattern in _UNBOUNDED):
        return True
    if any(_is_other_amount(figure, source, text, part.start) for figure in part.figures):
        return True
    raws = {word.raw for word in source.words}
    if part.raws & _NOW and raws & _PAST and not raws & _NOW:
        return True
    return bool(_marks(text)) and not _marks(source.text) and _MARKED.search(source.text) is not None


def _is_other_amount(figure: Figure, source: Reading, text: str, start: int) -> bool:
    """`92% of invoices` from `92% of shipments`; `includes 5 users` from `includes 1 user and can be extended to 5`."""
    equal = [other for other in source.figures if same_figure(figure, other)]
    share = _SHARE_OF.match(text, figure.end - start) if figure.kind == "percent" else None
    shares = [_SHARE_OF.match(source.text, other.end) for other in equal]
    if share and shares and all(s is not None and key_of(s[1].lower()) != key_of(share[1].lower()) for s in shares):
        return True
    grown = [_GROWN.search(source.text, 0, other.start) for other in equal]
    return bool(grown) and all(match is not None and match["how"].lower() not in text.lower() for match in grown)


def _marks(text: str) -> bool:
    """Whether something is said to be certified, rather than a certified something to exist."""
    nouns = [(match["noun"] or "").strip().lower() for match in _MARKED.finditer(text)]
    return any(not noun or noun in _MARK_LINKS for noun in nouns)
