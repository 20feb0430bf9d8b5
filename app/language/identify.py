"""Which language a short text is written in, by its function words. Knows seven; says nothing when it is not clear."""

import re

from app.language.folding import fold

_FUNCTION_WORDS: dict[str, frozenset[str]] = {
    name: frozenset(listed.split())
    for name, listed in {
        "en": "the and you your is are for with of to would have this that our we can it what which from not be if",
        "de": "der die das und sie ihr ihre ist sind fur mit von zu nicht wir ein eine ich es auf dass wenn oder auch",
        "fr": "le la les et vous votre est sont pour avec de des nous une un que qui pas sur dans ce cette au du",
        "es": "el la los las y usted su es son para con de que una un por nos no en se del como mas este esta",
        "it": "il lo la i gli le e per con di che una un non si sono della del nel vi voi questo come piu anche",
        "pt": "o a os as e voce seu sua para com de que uma um nao em do da por nos se mais como este esta",
        "nl": "de het een en u uw is zijn voor met van dat niet wij we ik op te in of aan ook deze bij naar",
    }.items()
}
KNOWN_LANGUAGES = frozenset(_FUNCTION_WORDS)
_WORD = re.compile(r"[^\W_]+")
_CLEAR_HITS = 6
_LATIN_END = 0x24F
_FOREIGN_SHARE = 0.3


def clearly_not(text: str, language: str) -> bool:
    """Whether `text` is clearly in another language than `language` (a two-letter code); False when in doubt."""
    if language not in _FUNCTION_WORDS:
        return False
    letters = [char for char in text if char.isalpha()]
    if sum(ord(char) > _LATIN_END for char in letters) > _FOREIGN_SHARE * len(letters):
        return True
    tokens = _WORD.findall(fold(text))
    hits = {name: sum(token in listed for token in tokens) for name, listed in _FUNCTION_WORDS.items()}
    best = max(hits, key=lambda name: hits[name])
    return best != language and hits[best] >= _CLEAR_HITS and hits[best] > 2 * hits[language]
