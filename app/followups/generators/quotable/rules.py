"""Can this sentence stand alone in a message to a customer? Judged by its form; meaning is not looked at."""

import re

from app.followups.generators.quotable.clauses import has_finite_verb, has_main_clause
from app.followups.generators.quotable.giveaways import load_giveaways
from app.followups.generators.quotable.lexicon import (
    AFTER_NOUN,
    DANGLING_OPENINGS,
    DANGLING_PHRASES,
    IMPERATIVES,
    MANUAL_SUBJECTS,
    NAMES_WITH_ODD_CAPITALS,
    VERBS,
)
from app.language.words import stem

MIN_WORDS, MAX_WORDS = 5, 38

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:['’-][A-Za-z0-9]+)*|\d[\d.,]*")
_VERB_STEMS = frozenset(stem(verb) for verb in VERBS)
_DANGLING_PHRASE = re.compile(rf"(?:{'|'.join(map(re.escape, DANGLING_PHRASES))})\b", re.IGNORECASE)
_SAYS = "says|said|explains|explained|notes|noted|adds|added|recalls"
_SPEECH = re.compile(rf"[\"“](?P<said>[^\"”“]+),[\"”] (?:{_SAYS}) (?P<who>[A-Z]\w+ .*)\.$")
_LABEL = re.compile(r"^(?P<label>[^:–—.]{1,60}?)(?::| [-–—])\s")
_ORDER_AFTER_CONDITION = re.compile(
    r"^(?:To|If|When|Once|After|Before|In|On|From|For|With|By|Under|Inside|At|Within|As|Where|During|Using)\b[^,;]{2,120}"
    r"[,;] (?:please |simply |just |then |first )*(?P<verb>[a-z]+) (?P<next>[\w'’]+)"
)
_BRACKETS = re.compile(r"\(([^()]*)\)")
_PLAIN_BRACKET = re.compile(r"[\w ,.'’&%$€£¢/+-]{2,60}")
_PEOPLE = ("we", "you")
_OBJECT_OPENINGS = frozenset("the a an your our all any how what that each every its up out us whether".split())  # noqa: SIM905
_FAR_PRONOUNS = frozenset({"it", "they", "them", "ones"})
_OWNING_PRONOUNS = frozenset({"its", "their", "his", "her", "he", "she"})


def why_not(sentence: str, own_names: tuple[str, ...] = ()) -> str | None:
    """The reason why `sentence` (single-spaced) must not be quoted, or None if it can stand in a message.

    `own_names` are product names that may begin a sentence in lower case.
    """
    giveaways = load_giveaways()
    judged = _without_speech(sentence)
    found = _WORD.findall(judged)
    if not MIN_WORDS <= len(found) <= MAX_WORDS:
        return "length"
    for reason, pattern in giveaways.signs:
        if pattern.search(_without_known_names(judged) if reason == "code" else judged):
            return reason
    checks = (
        ("no full stop", not sentence.endswith(".")),
        ("no capital", not _starts_like_a_sentence(judged, own_names)),
        ("dangling", _is_dangling(judged, found)),
        ("instruction", _is_order(judged, found)),
        ("no verb", not has_main_clause(found, _WORD.findall(judged.partition(",")[2]))),
        ("label", _opens_with_label(judged)),
        ("brackets", not _brackets_are_plain(judged)),
        ("quotation", _has_loose_quotes(judged)),
        ("negative", giveaways.negative.search(giveaways.welcome_negation.sub("", judged)) is not None),
    )
    return next((reason for reason, failed in checks if failed), None)


def _without_speech(sentence: str) -> str:
    """A complete quotation with its speaker, reduced to its words; any other sentence as it is."""
    match = _SPEECH.fullmatch(sentence)
    if match is None:
        return sentence
    said = match["said"]
    return f"{match['who']} says {said[0].lower()}{said[1:]}."


def _without_known_names(sentence: str) -> str:
    return " ".join(word for word in sentence.split() if word.lower().strip(".,;:()") not in NAMES_WITH_ODD_CAPITALS)


def _starts_like_a_sentence(sentence: str, own_names: tuple[str, ...]) -> bool:
    return sentence[0].isupper() or sentence[0].isdigit() or any(sentence.startswith(f"{name} ") for name in own_names)


def _is_dangling(sentence: str, found: list[str]) -> bool:
    """True if the sentence leans on something outside itself: a connective, a pronoun, a part of a manual."""
    first, second, third = (re.split("['’]", word.lower())[0] for word in found[:3])
    if first in DANGLING_OPENINGS or _DANGLING_PHRASE.match(sentence):
        return True
    if first == "the" and (second in MANUAL_SUBJECTS or (third in MANUAL_SUBJECTS and found[1].islower())):
        return True
    early = [word.lower() for word in found[1:6]]
    if _FAR_PRONOUNS & set(early):
        return True
    if early[0] in _OWNING_PRONOUNS:
        return True
    owned = next((i for i, word in enumerate(early) if word in _OWNING_PRONOUNS), 0)
    of_several = early[owned] == "their" and any(word.endswith("s") and len(word) > 3 for word in early[:owned])
    return first in _PEOPLE and owned > 0 and not of_several


def _is_order(sentence: str, found: list[str]) -> bool:
    """True for instructions: a bare verb first, also after an adverb or after a condition."""
    first, second = found[0].lower(), found[1].lower()
    if first.endswith("ly") and second in IMPERATIVES:
        return True
    if first in IMPERATIVES and not _is_noun_before(second):
        return True
    if stem(first) in _VERB_STEMS and not first.endswith(("s", "ing", "ed")) and second in _OBJECT_OPENINGS:
        return True
    match = _ORDER_AFTER_CONDITION.match(sentence)
    return match is not None and match["verb"] in IMPERATIVES and not _is_noun_before(match["next"].lower())


def _is_noun_before(word: str) -> bool:
    return word in AFTER_NOUN or (word.endswith("s") and not word.endswith("ss") and stem(word) in _VERB_STEMS)


def _opens_with_label(sentence: str) -> bool:
    """`Setup time: ten days.` and `Webhooks - get notified.` open with labels; a clause with a verb is none."""
    match = _LABEL.match(sentence)
    return match is not None and not has_finite_verb(_WORD.findall(match["label"]))


def _brackets_are_plain(sentence: str) -> bool:
    if any(_PLAIN_BRACKET.fullmatch(inner) is None for inner in _BRACKETS.findall(sentence)):
        return False
    rest = _BRACKETS.sub("", sentence)
    around = _BRACKETS.search(rest)
    if around is not None and _PLAIN_BRACKET.fullmatch(around[1]):
        rest = _BRACKETS.sub("", rest)
    return "(" not in rest and ")" not in rest


def _has_loose_quotes(sentence: str) -> bool:
    return any(sign in sentence for sign in '"“”„«»‘')
