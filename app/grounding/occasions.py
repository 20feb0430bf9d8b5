"""When, where and for whom a source's fact holds, and whether the claim says so too."""

import re
from itertools import pairwise

from app.grounding.attachment import same_figure
from app.grounding.fit import Part
from app.reading.lexicon import FUNCTION_WORDS, NEUTRAL_KEYS, PRICE_KEYS, VERBS, key_of
from app.reading.passages import Statement
from app.reading.reader import Reading, Word
from app.reading.times import (
    adverbial_openings,
    clause_texts,
    limiting_dates,
    speaks_of_future,
    speaks_of_past,
    tells_what_happened,
)

_GROUP = re.compile(
    r"\b(?:students?|schools?|universit\w+|teachers?|educational|academics?|non-?\s?profits?|charit\w+|ngos?|start-?ups?"
    r"|governments?|public sector|resellers?|(?:existing|new|first-time|early) (?:customers?|users?|members?|adopters?"
    r"|subscribers?|accounts?)|grandfather\w*)\b",
    re.IGNORECASE,
)
_PLACE = re.compile(r"\bin (?:the )?(?P<place>[A-Z][\w-]+)")
_OPENING = re.compile(
    r"\W*(?:(?:and|or|but|plus|while|whereas|where|which)\s)?"
    r"(?:in|for|from|before|after|during|under|until|with|without|outside|throughout)\s",
    re.IGNORECASE,
)
_NEXT_SUBJECT = frozenset(
    "the a an we you it our your every each all this that there its their they i he she".split()  # noqa: SIM905
)
_SAYS_NOTHING = frozenset(key_of(word) for word in "total general practice short mind case detail".split())  # noqa: SIM905
_LONGEST = 5  # words of an opening without a comma
_EXTRA = frozenset({"extra", "additional", "further"})
_GIVEN_AWAY = frozenset({"free", "discount", "discounts", "complimentary"})


def shifts_time(part: Part, statement: Statement, places: set[int]) -> bool:
    """`The plan costs $99` from `In 2021 the plan cost $99`, `Previously, ...` or `From May the plan will cost $99`."""
    text, reading = part.reading.text[part.start : part.end], statement.reading
    happened = tells_what_happened(part.raws)
    told = list(clause_texts(reading, places))
    if any(map(speaks_of_past, told)) and not speaks_of_past(text) and not happened:
        return True
    if any(map(speaks_of_future, told)) and not ("will" in part.raws or speaks_of_future(text)):
        return True
    if statement.is_row or happened:
        return False
    dates = limiting_dates(reading, places, any(figure.kind != "date" for figure in part.figures))
    return any(not any(same_figure(mine, date) for mine in part.figures) for date in dates)


def drops_group(part: Part, statement: Statement, places: set[int]) -> bool:
    """`The plan costs $75` from `For schools the plan costs $75`, or a price of one country."""
    reading = statement.reading
    if statement.is_row:
        return False
    keys = {key_of(raw) for raw in part.raws} | part.inherited
    spans = reading.spans
    own = [spans[place] for place in sorted(places)]
    openings = [*own, *(spans[place] for place in adverbial_openings(reading, places))]
    if any(not _says_opening(_opening(reading, *span), keys) for span in openings):
        return True
    if not part.figures and not part.raws & _GIVEN_AWAY:
        return False
    said = {match[0].lower()[:6] for match in _GROUP.finditer(part.reading.text[part.start : part.end])}
    for start, end in own:
        piece = reading.text[start:end]
        if any(match[0].lower()[:6] not in said for match in _GROUP.finditer(piece)):
            return True
        priced = any(f.kind == "money" and start <= f.start < end for f in reading.figures)
        if priced and any(key_of(match["place"].lower()) not in keys for match in _PLACE.finditer(piece)):
            return True
    return False


def drops_extra(part: Part, statement: Statement) -> bool:
    """`Each seat costs $4` from `Every extra seat costs $4`."""
    if not part.figures or part.raws & _EXTRA:
        return False
    words, keys = statement.reading.words, part.keys
    segment = statement.reading.segment_at
    places = {segment(f.start) for f in statement.reading.figures if any(same_figure(own, f) for own in part.figures)}
    return any(word.raw in _EXTRA and word.segment in places and after.key in keys for word, after in pairwise(words))


def _opening(reading: Reading, start: int, end: int) -> list[Word]:
    """The words of `for schools` at the beginning of a clause, up to its subject or verb."""
    match = _OPENING.match(reading.text, start, end)
    if match is None:
        return []
    found: list[Word] = []
    for word in (w for w in reading.words if match.end() <= w.start < end):
        if found and (word.raw in _NEXT_SUBJECT or word.raw in VERBS or word.capital and not found[-1].capital):
            return found
        if word.raw not in FUNCTION_WORDS:
            found.append(word)
        if len(found) == _LONGEST:
            break
    return found


def _says_opening(words: list[Word], keys: set[str]) -> bool:
    """Whether a claim repeats the first telling word of an opening, if there is one."""
    telling = (w.key for w in words if w.key not in NEUTRAL_KEYS | PRICE_KEYS | _SAYS_NOTHING)
    first = next(telling, None)
    return first is None or first in keys
