"""What no quoted sentence and no filled-in word may hold: banned phrases, and the lead's name."""

import re
from dataclasses import dataclass
from functools import lru_cache

from app.config_files import ValidationConfig


@dataclass(frozen=True, slots=True)
class Forbidden:
    """The phrases are the company's, one pattern for all leads; the name is this lead's."""

    phrases: re.Pattern[str]
    name: re.Pattern[str] | None

    def within(self, text: str) -> bool:
        if self.name is not None and self.name.search(text):
            return True
        return bool(self.phrases.search(text))


def forbidden_for(rules: ValidationConfig, name: str | None) -> Forbidden:
    """What is forbidden in a message to the lead with this first name."""
    own = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)") if name else None
    return Forbidden(_phrases((*rules.banned_phrases, *rules.pressure_phrases)), own)


@lru_cache(maxsize=16)
def _phrases(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """As the rules read them: hyphens and apostrophes between the words of a phrase do not matter ("lock-in"), and a
    single word counts with any ending ("unlocked")."""
    words = (re.findall(r"\w+", phrase) for phrase in phrases)
    fragments = [r"\W+".join(map(re.escape, found)) + r"(?!\w)" * (len(found) > 1) for found in words if found]
    return re.compile(rf"(?<!\w)(?:{'|'.join(fragments)})" if fragments else r"(?!)", re.IGNORECASE)
