"""Names of people as CRMs hold them: which are usable, and what to call the person."""

import re

_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\"[^\"]*\"|“[^“”]*”")
_ADDRESS = re.compile(r"https?:|www\.|://|[@/\\<>{}=]|[a-z0-9-]\.[a-z]{2,}")
_ORDINAL = re.compile(r"\b(?:2nd|3rd|4th)\b", re.IGNORECASE)
_NOT_IN_NAMES = re.compile(r"[^\w\s.,'’ʼ·-]|_|[²³¹]")
_INITIAL = re.compile(r"^[^\W\d_]\.?$")
_ONE_WORD_SCRIPTS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")

_TITLES = frozenset(
    """
    dr prof professor mr mrs ms miss mx sir dame herr frau hr fr monsieur madame mme sr sra señor señora
    """.split()  # noqa: SIM905 - a word list reads better as text
)
_STRONG_TITLES = frozenset({"prof", "professor", "dr"})
_SUFFIXES = frozenset(
    "jr sr ii iii iv phd ph.d md m.d mba cpa esq dds llm ma msc bsc pmp cfa pe rn".split()  # noqa: SIM905 - a word list reads better as text
)
_PARTICLES = frozenset("van von der den de del della di da do dos das du la le ter ten zu al el bin".split())  # noqa: SIM905 - a word list reads better as text
_PREFIXES = frozenset({"abdul", "abd", "abu", "ibn", "bint", "umm", "st"})
_NO_NAMES = frozenset(
    """
    n/a na none null nil unknown undefined anonymous test tester testing lead contact customer client prospect user
    admin info sales support team name firstname lastname first last someone nobody there guest select office billing
    accounts hello noreply sir madam mr mrs ms dr tbd
    """.split()  # noqa: SIM905 - a word list reads better as text
)
# No person is called so; one of these in a name field is an attempt to speak to the reader.
_COMMAND_WORDS = frozenset(
    """
    ignore ignored disregard forget override instruction instructions prompt prompts system assistant jailbreak
    previous http https www click visit download subscribe unsubscribe password urgent reply respond output print
    """.split()  # noqa: SIM905 - a word list reads better as text
)
_SENTENCE_WORDS = frozenset(
    """
    the and or to of is are was be you your our my this that with for not please say write tell send add give use all
    any from into must should now then also only about what who it as but have has will can me we
    """.split()  # noqa: SIM905 - a word list reads better as text
)
_MAX_WORDS = 8


def usable_name(name: str) -> str | None:
    """`name` trimmed to letters, apostrophes, hyphens, dots, commas and spaces, or None if no person is named.

    Digits, addresses, sentences and stand-ins such as "N/A" or "Test" make a name unusable. Case stays as given.
    """
    bare = _ORDINAL.sub(" ", _BRACKETED.sub(" ", name))
    if _ADDRESS.search(bare):
        return None
    kept = " ".join(_NOT_IN_NAMES.sub(" ", bare).split()).strip(" ,-'’")
    words = [word.strip(".,'’-").casefold() for word in kept.split()]
    if any(char.isdigit() for char in kept) or not any(char.isalpha() for char in kept):
        return None
    if len(words) > _MAX_WORDS or _is_stand_in(words) or _speaks(words):
        return None
    return kept


def first_name(name: str) -> str | None:
    """What to call the person: `"Ramesh"` for "Kumar, Ramesh", `"Dr. Weiss"` for "Dr. Anna Weiss"; None if unusable.

    A name that starts with an initial, or is written in Chinese, Japanese or Korean, is returned whole.
    """
    usable = usable_name(name)
    if usable is None:
        return None
    titles, words = _split_titles(_given_name_first(usable).split())
    words = _without_suffixes(words)
    if not words:
        return None
    if titles:
        return f"{titles[0]} {_family_name(words)}"
    if _INITIAL.match(words[0]) or _ONE_WORD_SCRIPTS.search(words[0]):
        return " ".join(words)
    if _bare(words[0]) in _PREFIXES and len(words) > 1:
        return " ".join(words[:3] if words[1].casefold() in {"al", "el", "ur"} else words[:2])
    return words[0].rstrip(".")


def _family_name(words: list[str]) -> str:
    start = next((i for i, word in enumerate(words) if word.casefold() in _PARTICLES), len(words) - 1)
    return " ".join(words[start:])


def _given_name_first(name: str) -> str:
    """`Kumar, Ramesh` -> `Ramesh Kumar`; `Ramesh Kumar, PhD` -> `Ramesh Kumar`."""
    family, comma, rest = name.partition(",")
    given = " ".join(_without_suffixes(rest.replace(",", " ").split()))
    if not comma or not given:
        return family
    return f"{given} {family}"


def _split_titles(words: list[str]) -> tuple[list[str], list[str]]:
    """Titles (the one that stands in for a name first: "Herr Dr. Weiss" is "Dr. Weiss") and the other words."""
    titles = [word for word in words if _bare(word) in _TITLES]
    titles.sort(key=lambda word: _bare(word) not in _STRONG_TITLES)
    return titles, [word for word in words if word not in titles]


def _without_suffixes(words: list[str]) -> list[str]:
    while len(words) > 1 and _bare(words[-1]) in _SUFFIXES:
        words = words[:-1]
    return [] if len(words) == 1 and _bare(words[0]) in _SUFFIXES else words


def _is_stand_in(words: list[str]) -> bool:
    return all(word in _NO_NAMES for word in words if word)


def _speaks(words: list[str]) -> bool:
    return any(word in _COMMAND_WORDS for word in words) or sum(word in _SENTENCE_WORDS for word in words) >= 2


def _bare(word: str) -> str:
    return word.strip(".").casefold()
