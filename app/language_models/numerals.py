"""Numerals a text may not contain, made impossible to write.

A numeral is a run of digits (of any script, fractions and superscripts included), with single joiners between digits:
`1,200.50`, `24/7`, `2024-01-05`, `1 200`. A text obeys the rule if each of its numerals, read as far as it goes, is one
of the allowed ones. Characters that nobody sees are not written at all. The rule is kept after every token, whatever
the tokenizer puts into one: a part of a price, a whole price with its currency sign, the end of one numeral and the
start of the next, or half a character.
"""

import codecs
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from app.language_models.token_texts import TokenTexts

_DASHES = "-–\u2011\u2212"
_JOINERS = frozenset(f".,'’:/ \n{_DASHES}\u00a0\u2007\u2009\u202f\u00b7\u066c\uff0c")
_GROUPED = re.compile(r"(?<![^ ])\d{1,3}(?: \d{3})+(?![^ ])")
_LONGEST = 40
"""Characters of a numeral. What is longer is a list: its members may be written, but not in one piece."""
_BETWEEN_MEMBERS = re.compile(f"[{re.escape(''.join(sorted(_JOINERS - {'.'})))}]")
Pending = tuple[str, bytes]
"""How a text ends: the numeral that may still go on, and the bytes of a character that is not complete."""
START: Pending = ("", b"")


def find_numerals(text: str) -> Iterator[str]:
    """Every numeral of `text`, in its longest reading. Digits behind `_` keep it: `_2` of `[LEAD_NAME_2]` is no 2."""
    return (match[0] for match in _numeral().finditer(text))


def allowed_numerals(sources: Iterable[str], extra: Iterable[str] = ()) -> frozenset[str]:
    """The numerals of `sources` in all their readings, and `extra`.

    A space may group digits or stand between two numerals: `3 299` allows `3 299`, `3` and `299`. Both ends of `10-20`
    are numerals too.
    """
    found: set[str] = set(extra)
    for source in sources:
        for numeral in find_numerals(source):
            found.update(_readings(numeral))
    return frozenset(found)


def _readings(numeral: str) -> Iterator[str]:
    yield from (reading for reading in (numeral, *_GROUPED.findall(numeral)) if len(reading) <= _LONGEST)
    for part in re.split("[ \n]", numeral):
        if len(part) > _LONGEST:
            yield from (member for member in _BETWEEN_MEMBERS.split(part) if len(member) <= _LONGEST)
            continue
        yield part
        ends = re.split(f"[{re.escape(_DASHES)}]", part)
        if len(ends) == 2:
            yield from ends


@dataclass(frozen=True, slots=True)
class Choice:
    """Which tokens may follow: none but `ids` if `only`, else all but `ids`."""

    only: bool
    ids: tuple[int, ...]


class NumeralVocabulary:
    """A vocabulary sorted by what its tokens can do to a numeral. Made once per tokenizer."""

    def __init__(self, texts: TokenTexts) -> None:
        self.texts = texts
        numeral, lead = _numeral(), _lead()
        self.fragments = tuple(token for token, text in enumerate(texts.whole) if text is None)
        self.joiners: dict[int, str] = {}
        self.figures: list[tuple[int, str, str]] = []
        self.invisible: list[int] = []
        for token, text in enumerate(texts.whole):
            if text is None:
                continue
            first = numeral.search(text)
            if first is not None:
                leading = lead.match(text)
                self.figures.append((token, leading[0] if leading else "", first[0]))
            elif _has_invisible(text):
                self.invisible.append(token)
            elif text in _JOINERS:
                self.joiners[token] = text

    def spells(self, part: str) -> bool:
        """Whether one token, or one token per byte, writes `part`."""
        raw = part.encode()
        return raw in self._writable or all(bytes([byte]) in self._writable for byte in raw)

    def completable(self, numeral: str) -> Iterator[str]:
        """The beginnings of `numeral`, itself included, from which tokens lead to its end."""
        ends = [len(numeral)]
        yield numeral
        for start in range(len(numeral) - 1, 0, -1):
            if any(end - start <= self._longest and self.spells(numeral[start:end]) for end in ends):
                ends.append(start)
                yield numeral[:start]

    @cached_property
    def _writable(self) -> frozenset[bytes]:
        return frozenset(self.texts.raw)

    @cached_property
    def _longest(self) -> int:
        """Bytes of the longest token, which are as many characters or more."""
        return max(map(len, self._writable), default=0)


class NumeralRule:
    """Keeps one text to `allowed` numerals. Not thread-safe; remembers its choices for each way a text can end."""

    def __init__(self, vocabulary: NumeralVocabulary, allowed: frozenset[str]) -> None:
        self._vocabulary = vocabulary
        self._allowed = allowed
        self._prefixes = frozenset(numeral[:end] for numeral in allowed for end in range(1, len(numeral) + 1))
        self._completable = frozenset(part for numeral in allowed for part in vocabulary.completable(numeral))
        self._choices: dict[Pending, Choice] = {}

    def after(self, pending: Pending, token: int) -> Pending | None:
        """How the text ends with `token` added, or None if it then breaks the rule or can only go on to break it."""
        raw = self._vocabulary.texts.raw[token]
        if not raw:
            return pending
        text, rest = _complete(pending[1] + raw)
        ending = None if _has_invisible(text) else self._ending(pending[0] + text)
        if ending is None or (rest and not self._may_continue(ending, rest)):
            return None
        return ending, rest

    def may_end(self, pending: Pending) -> bool:
        """Whether the text may end here: it is not in the middle of a longer numeral."""
        return self._closable(pending[0])

    def choice(self, pending: Pending) -> Choice:
        """The tokens that may follow; ends of the text are not among what is forbidden where it may end."""
        found = self._choices.get(pending)
        if found is None:
            found = self._choices[pending] = self._choose(pending)
        return found

    def without_part(self, text: str, pending: Pending) -> str:
        """`text`, cut off in the middle by a limit, without the part of a numeral that it ends in."""
        return text if self.may_end(pending) else text.rstrip("\ufffd").removesuffix(pending[0])

    def _choose(self, pending: Pending) -> Choice:
        vocabulary, (part, tail) = self._vocabulary, pending
        closable = self._closable(part)
        judged = {token: self.after(pending, token) is not None for token in vocabulary.fragments}
        judged |= dict.fromkeys(vocabulary.invisible, False)
        for token, lead, first in vocabulary.figures:
            doubled = part[-1:] in _JOINERS and lead[:1] in _JOINERS
            glued = bool(part and lead) and not tail and not doubled
            hopeful = (part + lead) in self._prefixes if glued else closable and first in self._prefixes
            judged[token] = hopeful and self.after(pending, token) is not None
        if closable:
            return Choice(False, tuple(token for token, fits in judged.items() if not fits))
        judged |= {token: self.after(pending, token) is not None for token in vocabulary.joiners}
        return Choice(True, tuple(token for token, fits in judged.items() if fits))

    def _ending(self, text: str) -> str | None:
        """The numeral that `text` ends in, None if one of its numerals is not allowed. `text` starts where one may."""
        ending = ""
        for match in _numeral().finditer(text):
            after = text[match.end() :]
            if not after or (len(after) == 1 and after in _JOINERS):
                ending = match[0] + after
            elif match[0] not in self._allowed:
                return None
        if ending:
            return ending if self._closable(ending) or ending in self._completable else None
        return "_" if text.endswith("_") else ""

    def _closable(self, part: str) -> bool:
        bare = part[:-1] if part and part[-1] in _JOINERS else part
        return bare in ("", "_") or bare in self._allowed

    def _may_continue(self, part: str, rest: bytes) -> bool:
        """Whether a character that starts with the bytes `rest` may follow `part`."""
        return self._closable(part) or any(
            numeral[len(part)].encode().startswith(rest)
            for numeral in self._allowed
            if len(numeral) > len(part) and numeral.startswith(part)
        )


def _has_invisible(text: str) -> bool:
    """Whether `text` holds what a reader of the message never sees: `2\\u200b99` is read as 299."""
    return not text.isprintable() and any(char != "\n" and unicodedata.category(char)[0] == "C" for char in text)


def _complete(raw: bytes) -> tuple[str, bytes]:
    """The characters of `raw`, and the bytes at its end that start another."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    return decoder.decode(raw), decoder.getstate()[0]


@lru_cache(maxsize=1)
def _digits() -> str:
    """A character class of everything Unicode counts as a number: digits, fractions, superscripts, Roman numerals."""
    runs: list[tuple[int, int]] = []
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code))[0] == "N":
            if runs and runs[-1][1] == code - 1:
                runs[-1] = (runs[-1][0], code)
            else:
                runs.append((code, code))
    return "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in runs)


def _joined() -> str:
    joiners = "".join(re.escape(char) for char in sorted(_JOINERS))
    return f"[{_digits()}]+(?:[{joiners}][{_digits()}]+)*"


@lru_cache(maxsize=1)
def _numeral() -> re.Pattern[str]:
    return re.compile(f"_?{_joined()}")


@lru_cache(maxsize=1)
def _lead() -> re.Pattern[str]:
    """The start of a text that continues a numeral before it."""
    joiners = "".join(re.escape(char) for char in sorted(_JOINERS))
    return re.compile(f"[{joiners}]?{_joined()}")
