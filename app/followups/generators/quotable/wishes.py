"""What a sentence is wanted for, what there is to choose from, and what makes any sentence the better choice."""

import re
from dataclasses import dataclass
from functools import lru_cache

from app.followups.generators.quotable.sentences import QuotableSentence
from app.followups.types import EvidenceItem, NeedRole, Topic
from app.language.words import content_stems, stem, words

# Words of a lead's question that any answer may leave out.
_UNSPECIFIC = frozenset(
    stem(word)
    for word in """
    price prices pricing cost costs plan plans tier quote quotation budget fee fees rate rates month year
    user users seat seats people person employee employees team teams company companies business question questions
    information info details detail product products tool tools software solution platform system systems feature
    features option options work works working offer offers available possible support supports use using get need want
    integration integrations integrate connect connection connector security secure compliance onboarding setup
    implementation timing timeline roi return investment discount discounts contract contracts terms trial demo
    customer customers reference references case study studies example examples concern concerns existing current new
    time duration free high low good
    data process much many long take takes way best exactly general page sheet list number amount
    handle handles deal allow allows happen happens know come comes cover covers accept manage different kind type
    own various whether please several running interested able somebody people set see find provide provides become
    thing things else like arrive arrives workflow workflows rule rules change changes effort hassle last lasts stay
    include includes included pay pays paid paying old mid half give gives go goes buyer buyers client clients
    organization organizations organisation organisations beside besides
    automatically automatic directly
    fast quick quickly answer answers length period lower higher exist exists stored store there report
    """.split()  # noqa: SIM905 - a word list reads better as text
)
CASE_TYPES = frozenset({"case_studies", "testimonials"})
PLAN = re.compile(r"\b(?P<name>[A-Z][\w-]+) (?:plan|tier|edition|package)\b")
_BASED_ON = re.compile(r"\b(\w+)-based\b", re.IGNORECASE)
NAME = re.compile(r"[A-Z][\w&-]+")
_ROUGH_TYPES = frozenset({"documentation", "general"})
_LONG = 30
_PRAISES = re.compile(r"\b(?:seamlessly|simply|truly)\b", re.IGNORECASE)
# Different words that lead and document use for one thing.
_SYNONYMS: tuple[frozenset[str], ...] = tuple(
    frozenset(stem(word) for word in words(group))
    for group in (
        "annual annually yearly year",
        "monthly month",
        "vat gst tax taxes",
        "cancel cancellation terminate termination stop end exit",
        "store stored storage host hosted hosting kept reside",
        "move migrate migration switch switching",
        "sso saml sign-on",
        "nda disclosure",
        "two-factor 2fa mfa factor",
        "train training course",
        "trial try",
        "travel trip",
        "refund money-back",
        "mistake error correct correction",
        "reference story stories",
        "ide editor",
        "share sharing",
        "language languages",
        "quota limit limited",
        "extra additional",
        "idle inactive inactivity unused",
        "issue issued grant granted sell sold",
        "member members teammate teammates colleague colleagues",
        "student education educational school university classroom",
    )
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a sentence is wanted for.

    `subject` are the lead's own words for what they asked or objected to ("" if unknown), `query` is the search text
    of the need, `source_types` its preferred kinds of document, `plan` a plan that the record names. `earlier` are the
    words that the subject leans on ("How long does it take?"), "" if it stands alone.
    """

    role: NeedRole
    topic: Topic | None
    subject: str = ""
    query: str = ""
    source_types: tuple[str, ...] = ()
    industry: str = ""
    plan: str = ""
    own_names: tuple[str, ...] = ()
    earlier: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A quotable sentence with its passage, the stems of its words and its place in reading order."""

    sentence: QuotableSentence
    item: EvidenceItem
    stems: frozenset[str]
    order: int

    @property
    def text(self) -> str:
        return self.sentence.text


def general_score(candidate: Candidate, wish: Wish) -> float:
    """What makes any sentence better: found for this need, on the query's words, from a customer's document, short."""
    kind = candidate.item.source_type or ""
    length = len(words(candidate.text))
    score = candidate.item.relevance + 0.4 * (wish.role in candidate.item.roles)
    score += 0.8 * query_cover(candidate, wish)
    score += 0.4 if kind in wish.source_types else (-0.3 if kind in _ROUGH_TYPES else 0.0)
    score += 0.2 * names_own(candidate, wish) + 0.2 * (10 <= length <= 24) - 0.3 * (length > _LONG)
    score -= 0.6 * (candidate.item.expiry_date is not None) + 0.4 * bool(_PRAISES.search(candidate.text))
    return score - 0.02 * min(candidate.order, 10)


@lru_cache(maxsize=1024)
def special_stems(wish: Wish) -> tuple[frozenset[str], frozenset[str]]:
    """Stems of the lead's words that an answer has to meet, and those of them that are names.

    Where the subject has none, they are those of what it leans on.
    """
    for text in (wish.subject, wish.earlier):
        special = frozenset(part for part in telling_stems(text, wish.own_names) if not _has_digit(part))
        if special:
            names = {part for name in NAME.findall(text[1:]) for part in content_stems(name)}
            return special, frozenset(names & special)
    return frozenset(), frozenset()


def telling_stems(text: str, own_names: tuple[str, ...]) -> frozenset[str]:
    """Stems of the words of a question that say what it is about."""
    own = {part for name in own_names for part in content_stems(name)}
    telling = {part for part in content_stems(text) if part not in _UNSPECIFIC}
    # "seat-based" asks for more than seats.
    telling.update(stem(kind.lower()) for kind in _BASED_ON.findall(text))
    return frozenset(telling - own)


def alike(one: str, other: str) -> bool:
    """Equal stems, long ones with the same beginning ("encryption", "encrypted"), or words for one thing."""
    if one == other or (min(len(one), len(other)) >= 6 and one[:6] == other[:6]):
        return True
    return any(one in group and other in group for group in _SYNONYMS)


def met(wanted: frozenset[str], said: frozenset[str]) -> frozenset[str]:
    """Those of the `wanted` stems that `said` has in some form."""
    return frozenset(part for part in wanted if any(alike(part, other) for other in said))


def query_cover(candidate: Candidate, wish: Wish) -> float:
    own = {part for name in wish.own_names for part in content_stems(name)}
    wanted = set(content_stems(wish.query)) - own
    return len(wanted & candidate.stems) / len(wanted) if wanted else 0.0


def names_own(candidate: Candidate, wish: Wish) -> bool:
    return any(name and name in candidate.text for name in wish.own_names)


def is_about_us(candidate: Candidate, wish: Wish) -> bool:
    text = candidate.text
    return names_own(candidate, wish) or bool(PLAN.search(text)) or bool(re.match(r"(?:We|Our)\b", text))


def _has_digit(text: str) -> bool:
    return any(char.isdigit() for char in text)
