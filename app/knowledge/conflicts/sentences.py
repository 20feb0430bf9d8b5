"""Figures that a sentence, list item or heading states."""

import re
from collections.abc import Iterator
from itertools import pairwise

from app.knowledge.conflicts.amounts import Amount, amounts
from app.knowledge.conflicts.circumstances import kept_thing, provider, qualifiers_in, states_no_rule
from app.knowledge.conflicts.statements import Found, Place, fitting_measure, found, plan_heading, plan_in
from app.language.words import STOP_WORDS
from app.reading.reader import Reading, read

_FEES = re.compile(r"\b(?:fees?|rates?|charg\w+|transactions?|pricing|commission|costs?)\b", re.IGNORECASE)
_SINCE = re.compile(
    r"\b(?:as of|effective(?: from)?|from|since|starting|valid (?:from|until|through))\b", re.IGNORECASE
)
_ALLOWS = re.compile(
    r"\b(?:includ\w+|up to|comes? with|covers?|limit\w*|allows?|unlimited|gets?|offers?|with)\b|:", re.IGNORECASE
)
_LEADING_NAME = re.compile(
    r"(?:(?:On|With|For) )?(?:the )?(?P<name>[A-Z][\w-]+(?: [A-Z][\w-]+)?),? "
    r"(?:is|costs?|starts (?:at|from)|comes (?:at|to|with)|includes|runs|(?:you|teams|customers) (?:pay|get))\b"
)
_NO_NAMES = frozenset(
    "pricing price prices cost costs everything everyone nothing each every one access membership subscription".split()  # noqa: SIM905
)
_CHARGED = frozenset({"money", "percent", "fee"})
_THRESHOLDS = frozenset({"above", "below", "at_least"})
_LONGEST = 600  # characters; longer "sentences" are lists or debris


def sentence_figures(sentence: str, place: Place) -> Iterator[Found]:
    """The figures that `sentence` gives as a rule of the company. Questions, examples and history give none."""
    if len(sentence) > _LONGEST or sentence.rstrip().endswith("?") or states_no_rule(sentence):
        return
    reading = read(sentence)
    stated = amounts(reading)
    conditions = _conditions(sentence, reading)
    if conditions is None:
        return
    clauses = _clauses(reading)
    for amount in stated:
        if not _is_alone(amount, stated, reading):
            continue
        clause = _clause_of(amount, clauses, sentence)
        measure = _measure(amount, clause, sentence, place)
        subject = plan_in(clause) or _before(amount, clauses, sentence) or plan_heading(place.heading)
        if not subject and measure is not None and measure[1]:
            subject = leading_name(sentence)
        if measure is None or (not subject and (measure[1] or place.exceptional)):
            continue
        said = place.qualifiers | qualifiers_in(sentence) | conditions | _thresholds(sentence, reading, amount)
        yield found(sentence, amount, measure[0], subject, _telling(said, measure[0], amount, sentence))


def leading_name(sentence: str) -> str:
    """`Harbor is $20 a month`, `On Harbor you pay $20`: the name that the sentence begins with, "" without one."""
    match = _LEADING_NAME.match(sentence)
    name = match["name"].lower() if match else ""
    return "" if any(word in _NO_NAMES or word in STOP_WORDS for word in name.split()) else name


def _telling(said: frozenset[str], measure: str, amount: Amount, sentence: str) -> frozenset[str]:
    """The conditions of one figure: who charges it, what is kept; a setup fee is paid once in any case."""
    name, thing = provider(sentence), kept_thing(sentence)
    if name and amount.kind in _CHARGED and not plan_in(name) and name != leading_name(sentence):
        said |= {f"charged by {name}"}
    if measure == "retention" and thing:
        said |= {f"of {thing}"}
    return said - {"one-time"} if measure == "setup fee" else said


def _measure(amount: Amount, clause: str, sentence: str, place: Place) -> tuple[str, bool] | None:
    """The name of the measure, and whether it needs a plan."""
    measure = fitting_measure(amount, clause)
    if measure is not None and amount.kind in {"count", "size"} and not _ALLOWS.search(clause):
        return None
    if measure is not None:
        return measure.name, measure.of_plan
    # A percentage plus a sum can only be what each transaction costs, if fees are spoken of at all.
    if amount.kind == "fee" and (_FEES.search(sentence) or any(_FEES.search(text) for text in place.about)):
        return "transaction fee", False
    return None


def _conditions(sentence: str, reading: Reading) -> frozenset[str] | None:
    """Dates that limit the statement; None if it speaks only of the time before some date."""
    conditions: set[str] = set()
    for figure in reading.figures:
        if figure.kind == "date":
            before = sentence[max(0, figure.start - 24) : figure.end]
            if figure.bound == "before" and "valid" not in before.lower():
                return None
            if not _SINCE.search(before):
                conditions.add(f"on {sentence[figure.start : figure.end].lower()}")
    return frozenset(conditions)


def _thresholds(sentence: str, reading: Reading, amount: Amount) -> frozenset[str]:
    """Other figures of the sentence that say for how many, or from which sum on, the amount holds."""
    return frozenset(
        sentence[other.start : other.end].lower()
        for other in reading.figures
        if not amount.start <= other.start < amount.end
        and other.kind in {"count", "money"}
        and (other.bound in _THRESHOLDS or other.high is not None)
    )


def _clauses(reading: Reading) -> list[tuple[int, int]]:
    return list(pairwise([0, *reading.breaks, len(reading.text)]))


def _clause_of(amount: Amount, clauses: list[tuple[int, int]], sentence: str) -> str:
    """The clause of the figure; where it holds nothing else, the one before it too: `Starter (5% + 50¢)`."""
    at = next((i for i, (_, end) in enumerate(clauses) if amount.start < end), len(clauses) - 1)
    last = next((i for i, (_, end) in enumerate(clauses) if amount.end <= end), len(clauses) - 1)
    start, end = clauses[at][0], clauses[last][1]
    rest = sentence[start : amount.start] + sentence[amount.end : end]
    if at and not any(char.isalpha() for char in rest):
        start = clauses[at - 1][0]
    return sentence[start:end]


def _before(amount: Amount, clauses: list[tuple[int, int]], sentence: str) -> str:
    """The plan that the nearest clause before the figure names."""
    earlier = [sentence[start:end] for start, end in clauses if start < amount.start]
    return next(filter(None, (plan_in(clause) for clause in reversed(earlier))), "")


def _is_alone(amount: Amount, stated: list[Amount], reading: Reading) -> bool:
    """False if the clause gives several figures of one kind: which is whose cannot be told."""
    place = reading.segment_at(amount.start)
    return not any(
        other is not amount and other.kind == amount.kind and reading.segment_at(other.start) == place
        for other in stated
    )
