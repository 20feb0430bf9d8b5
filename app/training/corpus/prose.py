"""Sentences of real documents as evidence to carry over, and how they are altered so that none can be remembered."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from app.errors import ConfigurationError, DocumentRefused
from app.followups.types import BlockKind
from app.knowledge.loaders.registry import load
from app.language.sentences import split_sentences
from app.language.words import STOP_WORDS
from app.training.corpus import invention

_MOST_BYTES = 2_000_000
_SUFFIXES = frozenset({".md", ".mdx", ".txt", ".html"})
_HELD_OUT_SHARE = 0.1
_MIN_WORDS, _MAX_WORDS, _MAX_CHARS = 5, 42, 320
_PLAIN = re.compile(r"[A-Z][^|<>\[\]{}`*#@\\\n!?…]*[\w)%\"]\.")
_UNFIT = re.compile(
    r"https?:|www\.|//|\(\)|[^\W\d_]\.[^\W\d_]|,[.,;:]|[;:][.,;:]|\s[,.;:]|\.[\"')\]]*\s|\b(?:TODO|TBD|FIXME|X{3,})\b|\d\.\d+\.\d+\.\d"
    r"|(?i:\b(?:click|below|above|see|here)\b|\b(?:and|or|but|the|an?|your|our|my|per|into|if|every|than)[.)\"])|[^\x20-\u024f€₹–—‘’“”]"
)
_REFERS_BACK = re.compile(r"(?:it|its|this|these|they|their|that|those|both|here)\b", re.IGNORECASE)
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’-][^\W\d_]+)*|\s+|.")
_CURRENCY = re.compile(r"[$€£]")
_DOUBLED = re.compile(r"\b(\w+)\s+\1\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Prose:
    """Sentences to learn from, sentences of documents never learned from, and the words of the former."""

    sentences: tuple[str, ...]
    held_out: tuple[str, ...]
    words: tuple[str, ...]


def read_prose(folder: Path) -> Prose:
    """The plain sentences of all text documents below `folder`; one document in ten is held out as a whole.

    Documents that cannot be read are left out. Raises `ConfigurationError` where there is no such folder.
    """
    if not folder.is_dir():
        raise ConfigurationError(f"There is no folder of prose at {folder}: give a folder of text documents.")
    learned: dict[str, None] = {}
    held_out: dict[str, None] = {}
    for path in sorted(path for path in folder.rglob("*") if path.suffix in _SUFFIXES):
        share = hashlib.sha256(path.relative_to(folder).as_posix().encode()).digest()[0] / 256
        target = held_out if share < _HELD_OUT_SHARE else learned
        target.update(dict.fromkeys(_sentences_of(path)))
    return prose_of(tuple(learned), tuple(s for s in held_out if s not in learned))


def prose_of(sentences: Sequence[str], held_out: Sequence[str] = ()) -> Prose:
    words = {word for text in sentences for word in re.findall(r"(?<=\s)[a-z]{3,}(?=[\s,.])", text)}
    return Prose(tuple(sentences), tuple(held_out), tuple(sorted(words - STOP_WORDS)))


def is_carriable(text: str) -> bool:
    """Whether `text` is one plain sentence that can stand alone in a message."""
    return (
        _PLAIN.fullmatch(text) is not None
        and len(text) <= _MAX_CHARS
        and _MIN_WORDS <= len(text.split()) <= _MAX_WORDS
        and not _UNFIT.search(text)
        and not _REFERS_BACK.match(text)
        and not _DOUBLED.search(text)
        and text.count("(") == text.count(")")
        and text.count('"') % 2 == 0
        and len(split_sentences(text)) == 1
    )


def alter(text: str, words: Sequence[str], rng: Random) -> str:
    """`text` with other figures, currencies and names, and some words changed for others or for unheard-of ones."""
    strength = rng.random() * 0.3
    names: dict[str, str] = {}
    pieces: list[str] = []
    for index, token in enumerate(_TOKEN.findall(text)):
        if token[0].isdigit():
            pieces.append(_other_figure(token, rng) if rng.random() < 0.7 else token)
        elif token[0].isupper() and index and rng.random() < 0.6:
            pieces.append(names.setdefault(token, invention.name(rng)))
        elif _CURRENCY.fullmatch(token):
            pieces.append(rng.choice("$€£¥₹"))
        elif token.islower() and len(token) > 3 and rng.random() < strength:
            pieces.append(_other_word(words, rng))
        else:
            pieces.append(token)
    return "".join(pieces)


def few_words(words: Sequence[str], rng: Random) -> str:
    """Three to seven known words in any order."""
    text = " ".join(rng.choice(words) for _ in range(rng.randint(3, 7)))
    return text[0].upper() + text[1:] + "."


def salad(words: Sequence[str], rng: Random) -> str:
    """A sentence without sense: the words have to be carried over one by one."""
    chosen = [_other_word(words, rng) for _ in range(rng.randint(6, 20))]
    for _ in range(rng.randint(0, 3)):
        make = rng.choice([invention.name, invention.code, invention.number, invention.money, invention.percent])
        chosen.insert(rng.randrange(1, len(chosen)), make(rng))
    text = " ".join(chosen)
    return text[0].upper() + text[1:] + "."


def _other_word(words: Sequence[str], rng: Random) -> str:
    roll = rng.random()
    if roll < 0.12 or not words:
        return invention.word(rng)
    return rng.choice(words) if roll < 0.95 else invention.code(rng)


def _other_figure(token: str, rng: Random) -> str:
    """The same shape with other digits."""
    first = True
    changed: list[str] = []
    for char in token:
        if char.isdigit():
            changed.append(str(rng.randint(1 if first else 0, 9)))
            first = False
        else:
            changed.append(char)
    return "".join(changed)


def _sentences_of(path: Path) -> Iterator[str]:
    try:
        document = load(path, _MOST_BYTES)
    except DocumentRefused:
        return
    for block in document.blocks:
        if block.kind in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM):
            text = " ".join(block.text.split())
            yield from (text[start:end] for start, end in split_sentences(text) if is_carriable(text[start:end]))
