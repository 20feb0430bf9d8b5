"""A text that can be asked for words in any of their forms, at a fraction of the cost of stemming all of it."""

from collections.abc import Iterable, Iterator, Set

from app.language.words import STOP_WORDS, stem, words

# All of ASCII but letters and digits separates words, and so do these.
_SPACED = bytes(byte if chr(byte).isalnum() else 32 for byte in range(128)) + bytes(128)
_SEPARATORS = "“”„–—…•·→›€\u00a0"


class StemmedText(Set[str]):
    """The different `content_stems` of a text, as a set that keeps only the text and looks when it is asked.

    A search asks a hundred texts for a few words each. Going through all words comes at the price of stemming them.
    """

    __slots__ = ("_spaced",)

    def __init__(self, text: str) -> None:
        # Words between single spaces, one before the first: a word begins where " " and its beginning are found.
        self._spaced = f" {_plain(text)} "

    def __contains__(self, wanted: object) -> bool:
        if not isinstance(wanted, str) or not wanted:
            return False
        spaced = self._spaced
        # Stems are beginnings of their words, but for a last letter: companies -> compani, flies -> fly.
        beginning = " " + (wanted[:-1] if len(wanted) > 2 and wanted[-1] in "iy" else wanted)
        at = spaced.find(beginning)
        while at >= 0:
            end = spaced.index(" ", at + 1)
            word = spaced[at + 1 : end]
            if word not in STOP_WORDS and stem(word) == wanted:
                return True
            at = spaced.find(beginning, end)
        return False

    def __iter__(self) -> Iterator[str]:
        return iter({stem(word) for word in self._spaced.split() if word not in STOP_WORDS})

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @classmethod
    def _from_iterable(cls, stems: Iterable[str]) -> Set[str]:  # type: ignore[override]
        """What operators of sets make: a plain set."""
        return frozenset(stems)


def _plain(text: str) -> str:
    """The `words` of `text` in lower case between spaces."""
    for char in _SEPARATORS:
        text = text.replace(char, " ")
    # Endings behind an apostrophe are no words, and letters beyond ASCII have their own rules.
    if not text.isascii() or "'" in text:
        return " ".join(words(text))
    return text.lower().encode().translate(_SPACED).decode()
