"""Phrases nobody wants to read, placeholders nobody filled in, and the wrong language."""

import re
from collections.abc import Sequence
from functools import lru_cache

from app.followups.rules.base import Judged
from app.followups.types import Violation
from app.language.folding import fold
from app.language.identify import clearly_not
from app.language.words import stem

_WORD = re.compile(r"[^\W_]+")
_PLACEHOLDER = re.compile(
    r"""
      \[[^\]\n]{0,60}\] | \{[^}\n]{0,60}\} | \{\{ | \}\} | <[A-Za-z_ ]{1,40}> | «[^»\n]{1,40}»
    | %[A-Z_]{3,30}%? | %\(?\w{0,20}\)?s(?!\w) | \$\{ | \*\|[^|\n]{1,30}\|\* | _{3,} | \bX{3,}\b | \bx{4,}\b
    | \b(?:INSERT|PLACEHOLDER|TBD|TBC|TODO|FIXME|FNAME|LNAME|FIRST_?NAME|LAST_?NAME|COMPANY_?NAME)\b
    | \b(?i:lorem\ ipsum|your\ name\ here|insert\ (?:name|company|your)|undefined)\b
    | \b(?:Hi|Hello|Dear|Hey)\ (?:None|null|nan|NaN|N/A|undefined|unknown|there\ \w+|\[|\{|<|,)
    """,
    re.VERBOSE,
)


def banned_phrase(judged: Judged) -> Violation | None:
    """None of `banned_phrases`, whatever the case, apostrophes, hyphens or endings."""
    found = _find(judged.message, tuple(judged.config.banned_phrases))
    return Violation("banned_phrase", f'It says "{found}"; say what matters to them instead.') if found else None


def pressure(judged: Judged) -> Violation | None:
    """None of `pressure_phrases`."""
    found = _find(judged.message, tuple(judged.config.pressure_phrases))
    return Violation("pressure", f'It puts pressure on the reader ("{found}"); leave that out.') if found else None


def placeholder(judged: Judged) -> Violation | None:
    """No placeholder is left."""
    match = _PLACEHOLDER.search(judged.message)
    return Violation("placeholder", f'A placeholder is left: "{match[0]}".') if match else None


def language(judged: Judged) -> Violation | None:
    """Written in the language asked for; judged only when it is clear."""
    asked = judged.lead.language.partition("-")[0]
    if clearly_not(judged.message, asked):
        return Violation("language", f'It is not written in the language asked for ("{asked}").')
    return None


def _find(text: str, phrases: Sequence[str]) -> str | None:
    tokens = _tokens(text)
    joined = f" {' '.join(tokens)} "
    stems = {stem(token) for token in tokens}
    for phrase in phrases:
        wanted = _phrase_tokens(phrase)
        if len(wanted) == 1 and stem(wanted[0]) in stems:
            return phrase
        if wanted and f" {' '.join(wanted)} " in joined:
            return phrase
    return None


@lru_cache(maxsize=1024)
def _phrase_tokens(phrase: str) -> tuple[str, ...]:
    return tuple(_tokens(phrase))


def _tokens(text: str) -> list[str]:
    """Folded words; "e-mail" and "email", "game-changer" and "game changer" are the same."""
    return _WORD.findall(fold(text).replace("e-mail", "email"))
