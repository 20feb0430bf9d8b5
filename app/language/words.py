"""Words of a text, reduced so that inflected forms meet."""

import re
from functools import lru_cache

STOP_WORDS = frozenset(
    """
    a an and any are as at be been being but by can could did do does doing for from had has have having he her here
    him his how i if in into is it its just let may me might more most much my no nor not of off on once only or
    other our ours out over own per she should so some such than that the their theirs them then there these they
    this those through to too under until up us very was we were what when where which while who whom why will with
    would you your yours also both each about after again all am because before below between down during few
    further same shall via within without
    """.split()  # noqa: SIM905 - a word list reads better as text
)
_WORD = re.compile(r"([^\W_]+)(?:['’][^\W_]+)?")
_DOUBLED = re.compile(r"([bdfgklmnprtvz])\1$")


def words(text: str) -> list[str]:
    """Lower-case words and figures of `text` in order, apostrophe endings removed."""
    return [word.lower() for word in _WORD.findall(text)]


def content_stems(text: str) -> list[str]:
    """Stems of the words of `text` that carry meaning (no stop words), in order."""
    return [stem(word) for word in words(text) if word not in STOP_WORDS]


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """A light English stemmer: plural, -ing, -ed, -ly, -er and a final e are cut. Words of three letters stay."""
    if len(word) <= 3 or any(char.isdigit() for char in word):
        return word
    root = singular(word)
    for suffix in ("ingly", "edly", "ing", "ed", "ly"):
        if root.endswith(suffix) and len(root) - len(suffix) >= 3:
            root = root[: -len(suffix)]
            break
    root = _DOUBLED.sub(r"\1", root)
    if root.endswith("y") and len(root) > 3:
        return root[:-1] + "i"
    return root[:-1] if root.endswith("e") and len(root) > 3 else root


def singular(word: str) -> str:
    """A lower-case noun without the ending of its plural: `invoices` -> `invoice`. Words of three letters stay."""
    if len(word) <= 3:
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
