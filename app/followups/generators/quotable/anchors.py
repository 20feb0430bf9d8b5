"""Whether a reader of a message knows what a sentence is about, judged by where the sentence comes from."""

import re
from functools import lru_cache

from app.followups.generators.quotable.giveaways import whole_words
from app.followups.types import BlockKind, EvidenceItem
from app.language.words import content_stems

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
_SUBJECT_WORDS = re.compile(r"The (?P<words>[a-z][\w-]*(?: [a-z][\w-]*){0,3}?) (?:is|are|can|has|have|lets|[a-z]+s) ")
_PEOPLE = "You|Your (?:customers?|teams?|users?)|Customers|Users|Teams|Members|Admins|Owners|Developers"
_OPENS_ELSEWHERE = "The|This|That|These|Those|If|When|Once|After|Before|To|In|On|At|For|From|With|By|As|While"
_SAYS_OF = (
    "is|are|can|have|has|lets?|works?|takes?|gives?|supports?|includes?|provides?|allows?|makes?|helps?|enables?"
    "|connects?|runs?|comes?|keeps?|saves?|offers?|covers?|holds?|contains?|gets?|stops?|starts|ends|stays?|remains?"
    "|moves|sends?|shows?|uses|lasts?|costs?|may|[a-z]+ly [a-z]+"
)
_GENERAL_SUBJECT = re.compile(
    rf"(?:{_PEOPLE}) |(?:An?|Each|Every) (?:[\w-]+ ){{1,4}}?(?:{_SAYS_OF})\b"
    rf"|[A-Z][a-z]+s (?:[a-z]+ly )?[a-z]{{2,}}[a-rt-z] (?:the|an?|your|all|every|any)\b"
    rf"|(?!(?:{_OPENS_ELSEWHERE}) )[A-Z][\w-]*(?:,? [\w-]+){{0,3}}? (?:{_SAYS_OF})\b"
)
# "The Customer Portal lets ..."
_NAMED_SUBJECT = re.compile(rf"The [A-Z]\w+(?: [A-Z]\w+)*(?: [a-z]\w+)? (?:{_SAYS_OF})\b")
# What only the reader of a manual has before them.
_MANUAL_DETAIL = whole_words(
    ["cli", "endpoints?", "payloads?", "urls?", "params?", "parameters?", "arguments?", "headers?", "fields?"]
    + ["objects?", "functions?", r"config\w*", "json", "yaml", "localhost", "middleware", "callbacks?", "schemas?"]
    + ["enum", "boolean", "null", "commands?", "scripts?", "repo", "folder", "directory", "modals?", "dialog"]
    + ["dashboard", r"click\w*", "tabs?", "uuid", "ids?", "files? (?:in|at|named|called)"]
)
_NAME = re.compile(r"(?!(?:The|A|An|In|On|At|With|For|After|Before|Since|By|To|From|Each|Every|All)\b)[A-Z]\w+")


def is_closed(item: EvidenceItem) -> bool:
    """True for documents that are never quoted: legal texts, news, changelogs, references, lists of limits."""
    return item.source_type in _CLOSED_SOURCE_TYPES or _CLOSED_PLACES.search(_place(item)) is not None


def is_anchored(sentence: str, item: EvidenceItem, own_names: tuple[str, ...], heading: str = "") -> bool:
    """True if `sentence` says by itself what it is about.

    In a manual that takes our product, a plan, our own voice, or the subject of the page (its title, or the `heading`
    above) said in general; in a customer's story a name and nobody's "we"; in documents written for customers the
    sentence's own subject is enough.
    """
    if item.source_type in _STORY_TYPES:
        return not _OWN_VOICE.search(_DIRECT_SPEECH.sub("", sentence)) and _names_known(sentence, item, own_names)
    if not _is_manual(item):
        return True
    if _NAMELESS_SUBJECT.match(sentence) and not _is_the_pages(sentence, item):
        return False
    if _NAMED_PLAN.search(sentence) or _OWN_VOICE.search(sentence):
        return True
    if any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", sentence) for name in own_names if name):
        return True
    return _is_general(sentence) and bool(_page_stems(item, heading) & set(content_stems(sentence)))


def speaks_in_general(sentence: str, item: EvidenceItem) -> bool:
    """True if `sentence` needs only the question that it answers to be understood. Never in a customer's story."""
    named = _NAMED_SUBJECT.match(sentence) is not None and not _MANUAL_DETAIL.search(sentence)
    return item.source_type not in _STORY_TYPES and (named or _is_general(sentence))


def _is_general(sentence: str) -> bool:
    """`Payouts take ...`, `A webhook is ...`, `You can ...`: the subject is any of its kind, or the reader."""
    return _GENERAL_SUBJECT.match(sentence) is not None and not _MANUAL_DETAIL.search(sentence)


def _is_the_pages(sentence: str, item: EvidenceItem) -> bool:
    """`The customer portal lets ...` on the page called "Customer portal"."""
    subject = _SUBJECT_WORDS.match(sentence)
    stems = set(content_stems(subject["words"])) if subject else set()
    return len(stems) >= 2 and stems <= set(content_stems(item.title or ""))


@lru_cache(maxsize=4096)
def _page_stems(item: EvidenceItem, heading: str) -> frozenset[str]:
    """What the page and the section are about."""
    return frozenset(content_stems(" ".join((item.title or "", *item.heading_path, heading))))


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
