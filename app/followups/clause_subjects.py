"""Where the subject of a question ends: `the Team plan | so expensive`, `the payroll export | include taxes`.

Both functions return None rather than guess: a clause cut inside its subject is broken English.
"""

import re
from collections.abc import Sequence

from app.reading.lexicon import PLAN_NOUNS


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ARTICLES = _set("a an the your our my")
_DEGREES = _set("so too very not still also already currently always really usually both monthly yearly annually now")
_PLACES = _set("in on under at by from within inside outside per part")
_STATES = _set(
    "available included possible supported required allowed free encrypted covered mandatory necessary expensive cheap "
    "safe secure open live ready worth due different slow fast limited compatible certified kept done sent made built "
    "held taken given sold paid set shown written"
)
_STATE = re.compile(r"[a-z-]{2,}(?:(?<!e)ed|able|ible)")
_AFTER_STATE = _PLACES | _set("to for with as of and or than if when after before until")
_BASE_VERBS = _set(
    "be have include integrate connect require take allow handle come get go provide apply keep send receive read "
    "write generate expire renew comply meet accept create edit delete exist contain deal happen depend become remain "
    "stay make let work arrive begin pay sign agree convert calculate verify"
)
# These are nouns as well.
_UNSURE_VERBS = _set(
    "support cost export import sync use change cover process report run show count scale store track charge access "
    "test help fit need offer schedule update upgrade share start end limit scan print label bill match"
)
_MAX_SUBJECT = 5  # words


def before_state(words: Sequence[str], needs_state: bool) -> tuple[str, str] | None:
    """What follows `is` or `are` as subject and state: `the trial | free for teams`.

    Without a state all of it is the subject, unless the question `needs_state`. None where that is not certain.
    """
    first = _shortest(words)
    at = next((i for i in range(first, len(words)) if _begins_state(words[i])), None)
    if at is None:
        if not needs_state:
            return _cut(words, len(words))
        return _cut(words, first) if len(words) == first + 1 else None
    word, after = words[at].lower(), words[at + 1 : at + 2]
    if word in _PLACES and (any(_is_state(other) for other in words[at:]) or not after):
        return None
    if (
        word != "worth"
        and _is_state(word)
        and after
        and after[0].lower() not in _AFTER_STATE
        and not after[0].endswith("ly")
    ):
        return None
    return _cut(words, at)


def before_verb(words: Sequence[str]) -> tuple[str, str] | None:
    """What follows `does` or `can` as subject and rest: `the Team plan | include SSO`."""
    first = _shortest(words)
    low = [word.lower() for word in words]
    verb = next((i for i in range(first, len(low)) if low[i] in _BASE_VERBS), None)
    unsure = next((i for i in range(first, len(low)) if low[i] in _UNSURE_VERBS), None)
    if unsure is not None and (verb is None or unsure < verb):
        if verb == unsure + 1:
            return _cut(words, unsure + 1)
        doubtful = verb is not None or low[unsure + 1 : unsure + 2] and low[unsure + 1] in _UNSURE_VERBS
        return None if doubtful else _cut(words, unsure)
    if verb is not None:
        return _cut(words, verb)
    named = words[:1] and (words[0][0].isupper() or words[0].endswith("s")) and low[0] not in _ARTICLES
    return _cut(words, 1) if named and len(words) > 1 and words[1].islower() and low[1] not in PLAN_NOUNS else None


def _shortest(words: Sequence[str]) -> int:
    """How many words the subject has at least."""
    return 1 + bool(words and words[0].lower() in _ARTICLES)


def _cut(words: Sequence[str], at: int) -> tuple[str, str] | None:
    fits = 0 < at <= _MAX_SUBJECT and not (at == 1 and words[0].lower() in _ARTICLES)
    return (" ".join(words[:at]), " ".join(words[at:])) if fits else None


def _is_state(word: str) -> bool:
    return word.lower() in _STATES or _STATE.fullmatch(word.lower()) is not None


def _goes_on(state: str, after: str) -> bool:
    """`included | in`, `worth | it`; before a noun the state belongs to the subject: `the next live | demo`."""
    return state == "worth" or after in _AFTER_STATE or after.endswith("ly")


def _begins_state(word: str) -> bool:
    return word.lower() in _DEGREES | _PLACES or _is_state(word)
