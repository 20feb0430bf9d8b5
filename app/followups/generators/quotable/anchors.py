"""Whether a reader of a message knows what a sentence is about, judged by where the sentence comes from."""

import re
from functools import lru_cache

from app.followups.generators.quotable.giveaways import whole_words
from app.followups.types import BlockKind, EvidenceItem

# Documents whose sentences bind, narrate or number, and are no material for a message.
_CLOSED_SOURCE_TYPES = frozenset({"legal", "blog", "changelog"})
_CLOSED_PLACES = whole_words(
    ["change-?logs?", "release[ -]?notes?", "known issues", "trouble-?shooting", "limitations?", "prerequisites"]
    + ["caveats", "blog", "news", "api[ -]reference", "design[ -]documents?", "post-?mortems?", "privacy policy"]
    + [
        "terms of (?:service|use)",
        "migrat(?:e|ing) away",
        "sub-?processors",
        "contributing",
        "hiring",
        "careers",
        "jobs",
    ]
    + ["glossary", "upgrad(?:e|ing) (?:notes|guide)", r"deprecat\w+", r"uninstall\w*", "legal"]
    + ["account (?:reviews?|suspension)"]
)
_MANUAL_PLACES = whole_words(
    ["docs?", "documentation", "guides?", "manuals?", "reference", "tutorials?", "how-?to", "snippets", "sdk", "api"]
    + ["handbook", "wiki", "admin", r"install\w*", r"configur\w+", "quickstarts?"]
)
_MANUAL_SIGNS = whole_words([
    "click",
    "run the",
    "navigate to",
    "you need to",
    "make sure",
    "select the",
    "config",
    "parameters?",
])
# In a customer's story or review, "we" may be the customer.
_STORY_TYPES = frozenset({"case_studies", "testimonials"})
_OWN_VOICE = re.compile(r"\b(?:[Ww]e|[Oo]ur|ours|us)\b(?!-)")
_DIRECT_SPEECH = re.compile(r"[\"“].*[\"”]")
_PLAN_NOUN = r"(?:plan|tier|edition|package)s?\b"
_NAMED_PLAN = re.compile(
    r"\b(?!(?:The|An?|Your|Our|Their|On|In|If|When|For|With|Each|Every|Some|New|Old|By|To|Use)\b)[A-Z]\w+ "
    rf"{_PLAN_NOUN}|\b(?:[Aa]ll|[Ee]very|[Ee]ach|[Aa]ny|[Pp]aid) (?:paid )?{_PLAN_NOUN}"
)
# "The subscription is updated ...": a manual has said before which one.
_NAMELESS_SUBJECT = re.compile(r"The [a-z][\w-]*(?: [a-z][\w-]*){0,3} (?:is|are|was|will|can|has|have|then|[a-z]+s) ")
_NAME = re.compile(r"(?!(?:The|A|An|In|On|At|With|For|After|Before|Since|By|To|From|Each|Every|All)\b)[A-Z]\w+")


def is_closed(item: EvidenceItem) -> bool:
    """True for documents that are never quoted: legal texts, news, changelogs, references, lists of limits."""
    return item.source_type in _CLOSED_SOURCE_TYPES or _CLOSED_PLACES.search(_place(item)) is not None


def is_anchored(sentence: str, item: EvidenceItem, own_names: tuple[str, ...]) -> bool:
    """True if `sentence` says by itself what it is about.

    In a manual that takes our product, a plan or our own voice; in a customer's story a name and nobody's "we"; in
    documents written for customers the sentence's own subject is enough.
    """
    if item.source_type in _STORY_TYPES:
        return not _OWN_VOICE.search(_DIRECT_SPEECH.sub("", sentence)) and _names_known(sentence, item, own_names)
    if not _is_manual(item):
        return True
    if _NAMELESS_SUBJECT.match(sentence):
        return False
    if _NAMED_PLAN.search(sentence) or _OWN_VOICE.search(sentence):
        return True
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", sentence) for name in own_names if name)


def _names_known(sentence: str, item: EvidenceItem, own_names: tuple[str, ...]) -> bool:
    """True if the sentence names the customer that the title or a heading announces, or us."""
    known = set(re.findall(r"\w+", " ".join((_place(item), *own_names)).lower()))
    return any(name.lower() in known for name in _NAME.findall(sentence))


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
