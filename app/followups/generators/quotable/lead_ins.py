"""What a sentence says before the colon that announces a list or an explanation."""

import re

from app.followups.generators.quotable.clauses import has_main_clause
from app.followups.generators.quotable.lexicon import VERBS
from app.language.words import STOP_WORDS, stem

# "There are two ways to share it:" says nothing without the ways.
_ANNOUNCES = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|\d|both|several|some|few|couple|handful|various|multiple|different"
    r"|certain|many|more|also|either|any of|one of|ways?|things?|options?|steps?|reasons?|cases?|examples?)\b"
    r"(?![.,+%]?\d)",
    re.IGNORECASE,
)
_VERB_STEMS = frozenset(stem(verb) for verb in VERBS)
# "kinds of labels" ends on a noun, "our readers label" does not.
_BEFORE_A_NOUN = frozenset("a an the of for with in by from on per your our all every each any and or".split())  # noqa: SIM905
_NOUNS = frozenset(
    "pricing billing shipping onboarding training hosting reporting accounting invoicing meeting".split()  # noqa: SIM905
)


def lead_in(sentence: str) -> str | None:
    """`Acme accepts 40 currencies: EUR, ...` -> `Acme accepts 40 currencies`; None if that is no whole statement."""
    head, colon, _ = sentence.partition(": ")
    if not colon and sentence.endswith(":"):
        head, colon = sentence[:-1], ":"
    return head if colon and not _ANNOUNCES.search(head) and _is_whole(head) else None


def _is_whole(head: str) -> bool:
    """Does not end on a word that something has to follow: `The plan includes`, `You can pay with`."""
    *before, last = re.findall(r"[\w'’-]+", head) or [""]
    if last.lower() in STOP_WORDS or last.endswith("ly"):
        return False
    if last.endswith("ing"):
        return last in _NOUNS
    if stem(last.lower()) in _VERB_STEMS and before[-1:] and before[-1].lower() not in _BEFORE_A_NOUN:
        return False
    return bool(before) and has_main_clause(before, before)
