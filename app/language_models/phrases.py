"""Phrases a text may not contain, and names it may not garble."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cached_property

from app.language_models.token_texts import TokenTexts

_BETWEEN_WORDS = re.compile(r"[\W_]+")
# A shorter beginning ("The", "Pro") starts too many other words to bind the text to a name.
_SHORTEST_BEGINNING = 4


class PhraseRule:
    """Forbids the token that would complete a banned phrase, whatever the case and the marks between its words.

    Made once per tokenizer and list of phrases; the state is the end of the text in the form of `after`.
    """

    def __init__(self, texts: TokenTexts, phrases: Iterable[str]) -> None:
        normal = [_normal(text) if text else "" for text in texts.whole]
        self._normal = normal
        self._sorted = sorted((text, token) for token, text in enumerate(normal) if text.strip())
        self._phrases = tuple(" " + words for phrase in phrases if (words := _normal(phrase).strip()))
        self._longest = max(map(len, self._phrases), default=0)
        self._rests: dict[str, set[str]] = {}
        for phrase in self._phrases:
            for end in range(1, len(phrase)):
                self._rests.setdefault(phrase[:end], set()).add(phrase[end:])
        self._completing: dict[tuple[str, ...], frozenset[int]] = {}

    def start(self) -> str:
        return " "

    def after(self, tail: str, token: int) -> str:
        return _normal(tail + self._normal[token])[-self._longest :] if self._normal[token] else tail

    def forbidden(self, tail: str) -> frozenset[int]:
        """Tokens that would end a phrase; the same object for the same beginnings of phrases."""
        begun = tuple(tail[at:] for at in range(len(tail)) if tail[at] == " " and tail[at:] in self._rests)
        found = self._completing.get(begun)
        if found is None:
            found = self._completing[begun] = self._whole.union(*(self._completed_by(part) for part in begun))
        return found

    def _completed_by(self, beginning: str) -> set[int]:
        rests = self._rests[beginning]
        wanted = rests | {f" {rest}" for rest in rests if beginning.endswith(" ")}
        return {token for rest in wanted for token in self._starting(rest)}

    def _starting(self, text: str) -> Iterable[int]:
        for written, token in self._sorted[bisect_left(self._sorted, (text, -1)) :]:
            if not written.startswith(text):
                return
            yield token

    @cached_property
    def _whole(self) -> frozenset[int]:
        """Tokens that hold a whole phrase."""
        return frozenset(
            token for token, text in enumerate(self._normal) if any(phrase in text for phrase in self._phrases)
        )


class NameRule:
    """Once a text has begun one of `names`, and nothing else in `sources` begins like it, it has to go on with it.

    The state is the end of the text.
    """

    def __init__(self, texts: TokenTexts, names: Sequence[str], sources: Sequence[str]) -> None:
        self._texts = texts
        self._begun: dict[str, str] = {}
        for name in dict.fromkeys(names):
            for end in range(_binding_length(name, names, sources), len(name)):
                self._begun.setdefault(name[:end], name[end:])
        self._longest = max(map(len, self._begun), default=0) + 1
        self._choices: dict[str, frozenset[int]] = {}

    def start(self) -> str:
        return ""

    def after(self, tail: str, token: int) -> str:
        return (tail + (self._texts.whole[token] or "\ufffd"))[-self._longest :] if self._texts.raw[token] else tail

    def only(self, tail: str) -> frozenset[int] | None:
        """The tokens that may follow, or None where any may."""
        for start in range(len(tail)):
            at_word = not tail[start - 1].isalnum() if start else len(tail) < self._longest
            if at_word:
                rest = self._begun.get(tail[start:])
                if rest is not None:
                    return self._going_on(rest)
        return None

    def _going_on(self, rest: str) -> frozenset[int]:
        found = self._choices.get(rest)
        if found is None:
            found = self._choices[rest] = frozenset(
                token
                for token, text in enumerate(self._texts.whole)
                if text and text[0] == rest[0] and (rest.startswith(text) or text.startswith(rest))
            )
        return found


def _binding_length(name: str, names: Sequence[str], sources: Sequence[str]) -> int:
    """How much of `name` has to be written before nothing but the name can be meant; its whole length if never."""
    others = [text for text in (*names, *sources) if text != name]
    for end in range(_SHORTEST_BEGINNING, len(name)):
        beginning, rest = name[:end], name[end:]
        if all(
            text.startswith(rest, match.end())
            for text in others
            for match in re.finditer(rf"(?<!\w){re.escape(beginning)}", text)
        ):
            return end
    return len(name)


def _normal(text: str) -> str:
    return _BETWEEN_WORDS.sub(" ", text.casefold())
