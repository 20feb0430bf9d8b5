"""Does a sentence have a main clause? A rough reading by word forms; no model, no tags."""

from app.followups.generators.quotable.lexicon import FINITE, VERBS
from app.language.words import stem

_VERB_STEMS = frozenset(stem(verb) for verb in VERBS)
# These are more often nouns: they count as verbs only before what usually follows a verb.
_NOUN_LIKE = frozenset(
    """
    accounts answers approaches benefits bills blocks calls captures changes charges checks claims controls costs
    credits cuts deals displays drops earnings exchanges extracts features fields files filters fits flags flows forms
    functions grants groups guides handles helps hosts impacts increases integrates invoices issues leads limits links
    lists loads logs maps marks matches moves names needs notes offers orders pairs passes plans points posts prices
    processes products purchases pushes queries questions ranges rates reads records refunds releases reports requests
    results returns reviews rises rolls routes runs sales scans schedules scores searches seats sets settings shares
    shows signs sorts sources spans starts states stays stops stores supplies supports targets tests totals tracks
    trades transfers triggers trusts turns types updates upgrades uploads uses values views visits
    """.split()  # noqa: SIM905 - a word list reads better as text
)
_AFTER_A_VERB = frozenset(
    """
    a an the your our their its his her all every each any no both up more most only automatically everything anything
    one two three four five six seven eight nine ten twelve several many new you customers teams users from on in to
    with at for as into by within before after about what which how and invoices data payments
    """.split()  # noqa: SIM905
)
_DETERMINERS = frozenset("the a an your our its their every each all any no".split())  # noqa: SIM905
_FUNCTION_WORDS = frozenset(
    """
    this its as across besides plus towards always perhaps less unless versus hers ours yours sometimes afterwards
    based need indeed
    """.split()  # noqa: SIM905
)
_MODALS = frozenset("can could may might will would to must should".split())  # noqa: SIM905
_NEVER_A_SUBJECT = frozenset("to a an the our your their its of for with by in on at from and or".split())  # noqa: SIM905
_PRONOUNS = frozenset("we you they who that which i everyone anyone".split())  # noqa: SIM905
_RELATIVES = frozenset("that which who whose where when if because whether while whenever wherever".split())  # noqa: SIM905
_SUBORDINATORS = frozenset(
    "when if once as because since while although where unless until whenever wherever after before".split()  # noqa: SIM905
)
_INTRANSITIVE_PAST = frozenset(
    """
    dropped increased decreased declined moved switched migrated improved started worked doubled tripled halved
    climbed expanded agreed closed signed replaced reduced saved shortened cut raised processed automated reported
    achieved gained recovered eliminated consolidated went
    """.split()  # noqa: SIM905
)
_PREPOSITIONS = frozenset("by in for with to on from at as per of through via within under over into".split())  # noqa: SIM905


def has_main_clause(found: list[str], after_comma: list[str]) -> bool:
    """`found` are the words of a sentence; `after_comma` those after its first comma (empty without one)."""
    if found[0].lower() in _SUBORDINATORS:
        return bool(after_comma) and has_finite_verb([",", *after_comma])
    head_end = next((i for i, word in enumerate(found) if i and word.lower() in _RELATIVES), len(found))
    if _count_finite(found[:head_end]):
        return True
    return _count_finite(found[head_end:]) >= 2


def has_finite_verb(found: list[str]) -> bool:
    return _count_finite(found) > 0


def _takes_object(word: str, previous: str, following: str) -> bool:
    """`books the goods`, `save 12%`, `halved its`: an article or figure follows what only a verb can be here."""
    if word in _FUNCTION_WORDS or previous in _MODALS or len(word) <= 3:
        return False
    if following in _DETERMINERS:
        return word.endswith(("s", "ed")) and not word.endswith(("ss", "ous", "ess"))
    return following[:1].isdigit() and stem(word) in _VERB_STEMS


def _follows_plural(found: list[str], index: int, following: str) -> bool:
    """`Companies that send much receive a quote.`: a base form with its object, in a sentence about several."""
    word, first = found[index].lower(), found[0].lower()
    if found[index - 1].lower() in _MODALS or stem(word) not in _VERB_STEMS or word.endswith(("s", "ed", "ing")):
        return False
    return first.endswith("s") and not first.endswith("ss") and following in _DETERMINERS | {"to"}


def _count_finite(found: list[str]) -> int:
    return sum(_is_finite(found, index) for index in range(1, len(found)))


def _is_finite(found: list[str], index: int) -> bool:
    word, previous = found[index].lower().replace("’", "'"), found[index - 1].lower()
    if word in FINITE or (word == "come" and previous not in _MODALS and found[index + 1 :][:1] == ["with"]):
        return True
    if previous in _NEVER_A_SUBJECT - {"and"} or not found[index][0].islower():
        return False
    following = found[index + 1].lower() if index + 1 < len(found) else ""
    if _takes_object(word, previous, following) or _follows_plural(found, index, following):
        return True
    if stem(word) not in _VERB_STEMS:
        return False
    if word.endswith("ed"):
        return word in _INTRANSITIVE_PAST or following not in _PREPOSITIONS
    if word.endswith("s") and not word.endswith("ss"):
        return word not in _NOUN_LIKE or following in _AFTER_A_VERB or following[:1].isdigit()
    if word.endswith("ing"):
        return False
    return previous in _PRONOUNS or previous.endswith("ly") or (previous.endswith("s") and not previous.endswith("ss"))
