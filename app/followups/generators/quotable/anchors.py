"""Whether a reader of a message knows what a sentence is about, judged by where the sentence comes from."""

import re
from functools import lru_cache

from app.followups.types import BlockKind, EvidenceItem

# Documents whose sentences bind, narrate or number, and are no material for a message.
_CLOSED_SOURCE_TYPES = frozenset({"legal", "blog", "changelog"})
_CLOSED_PLACES = re.compile(
    r"\b(?:change-?logs?|release[ -]?notes?|known issues|trouble-?shooting|limitations?|prerequisites|caveats|blog|news|"
    r"api[ -]reference|design[ -]documents?|post-?mortems?|terms of (?:service|use)|privacy policy|migrat(?:e|ing) away|"
    r"sub-?processors|contributing|hiring|careers|jobs|glossary|upgrad(?:e|ing) (?:notes|guide)|deprecat\w+|uninstall\w*|"
    r"account (?:reviews?|suspension)|legal)\b",
    re.IGNORECASE,
)
_MANUAL_PLACES = re.compile(
    r"\b(?:docs?|documentation|guides?|manuals?|reference|tutorials?|how-?to|snippets|sdk|api|handbook|wiki|admin|"
    r"install\w*|configur\w+|quickstarts?)\b",
    re.IGNORECASE,
)
_MANUAL_SIGNS = re.compile(
    r"\b(?:click|run the|navigate to|you need to|make sure|select the|config|parameter)\b", re.IGNORECASE
)
# In a customer's story or review, "we" may be the customer.
_STORY_TYPES = frozenset({"case_studies", "testimonials"})
_OWN_VOICE = re.compile(r"\b(?:[Ww]e|[Oo]ur|ours|us)\b(?!-)")
_DIRECT_SPEECH = re.compile(r"[\"“].*[\"”]")
_NAMED_PLAN = re.compile(
    r"\b(?:(?!(?:The|An?|Your|Our|Their|On|In|If|When|For|With|Each|Every|Some|New|Old|By|To|Use)\b)[A-Z]\w+ "
    r"(?:plan|tier|edition|package)s?\b|(?:[Aa]ll|[Ee]very|[Ee]ach|[Aa]ny|[Pp]aid) (?:paid )?(?:plan|tier|edition|package)s?\b)"
)
# "The subscription is updated ...": a manual has said before which one.
_NAMELESS_SUBJECT = re.compile(r"The [a-z][\w-]*(?: [a-z][\w-]*){0,3} (?:is|are|was|will|can|has|have|then|[a-z]+s) ")
_NAME_INSIDE = re.compile(r"(?<=[a-z,] )[A-Z][\w&-]+|^(?:[A-Z][\w&-]+ ){2,}|^[A-Z]\w*[A-Z]\w*\b")


def is_closed(item: EvidenceItem) -> bool:
    """True for documents that are never quoted: legal texts, news, changelogs, references, lists of limits."""
    return item.source_type in _CLOSED_SOURCE_TYPES or _CLOSED_PLACES.search(_place(item)) is not None


def is_anchored(sentence: str, item: EvidenceItem, own_names: tuple[str, ...]) -> bool:
    """True if `sentence` says by itself what it is about.

    In a manual that takes our product, a plan or our own voice; in a customer's story a name and nobody's "we"; in
    documents written for customers the sentence's own subject is enough.
    """
    if item.source_type in _STORY_TYPES:
        return not _OWN_VOICE.search(_DIRECT_SPEECH.sub("", sentence)) and bool(_NAME_INSIDE.search(sentence))
    if not _is_manual(item):
        return True
    if _NAMELESS_SUBJECT.match(sentence):
        return False
    if _NAMED_PLAN.search(sentence) or _OWN_VOICE.search(sentence):
        return True
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", sentence) for name in own_names if name)


@lru_cache(maxsize=4096)
def _is_manual(item: EvidenceItem) -> bool:
    if item.source_type == "documentation" or _MANUAL_PLACES.search(f"{_spaced(item.source)} / {item.title or ''}"):
        return True
    if any(block.kind is BlockKind.CODE for block in item.blocks):
        return True
    return len(_MANUAL_SIGNS.findall(item.text)) >= 2


def _place(item: EvidenceItem) -> str:
    return " / ".join((_spaced(item.source), item.title or "", *item.heading_path))


def _spaced(path: str) -> str:
    return re.sub(r"[_/.-]+", " ", path)
