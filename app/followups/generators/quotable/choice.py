"""Which quotable sentence answers, proves or interests. A sentence that misses the point is never better than none."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from app.followups.generators.quotable.sentences import QuotableSentence, quotable_sentences
from app.followups.generators.quotable.topics import (
    speaks_about,
    states_figure,
    states_payback,
    states_price,
    states_result,
)
from app.followups.types import EvidenceItem, NeedRole, Topic
from app.language.sentences import split_sentences
from app.language.words import content_stems, stem, words

# Words of a lead's question that any answer may leave out.
_UNSPECIFIC = frozenset(
    stem(word)
    for word in """
    price prices pricing cost costs plan plans tier quote quotation budget fee fees rate rates month monthly year annual
    yearly
    user users seat seats people person employee employees team teams company companies business question questions
    information info details detail product products tool tools software solution platform system systems feature
    features option options work works working offer offers available possible support supports use using get need want
    integration integrations integrate connect connection connector security secure compliance onboarding setup
    implementation timing timeline roi return investment discount discounts contract contracts terms trial demo
    customer customers reference references case study studies example examples concern concerns existing current new
    time duration free high low good
    data process much many long take takes way best exactly general page sheet list number amount
    fast quick quickly answer answers length period lower higher exist exists stored store there report
    """.split()  # noqa: SIM905 - a word list reads better as text
)
_CASE_TYPES = frozenset({"case_studies", "testimonials"})
_ROUGH_TYPES = frozenset({"documentation", "general"})
_NAME = re.compile(r"[A-Z][\w&-]+")
_PLAN = re.compile(r"\b(?P<name>[A-Z][\w-]+) (?:plan|tier|edition|package)\b")
_TOPICS_WITH_FIGURES = (Topic.DISCOUNT, Topic.ROI, Topic.TIMING, Topic.ONBOARDING)
_OPEN_TOPICS = (None, Topic.OTHER, Topic.DEMO, Topic.FEATURES, Topic.COMPETITOR)
_USUAL = re.compile(r"\b(?:mid-tier|most popular|most (?:\w+ )?(?:choose|pick|take|start)|middle)\b", re.IGNORECASE)
_NOT_THE_PLAN = re.compile(r"\b(?:additional|extra|overage|add-on|each)\b", re.IGNORECASE)
_NEXT_QUESTION = re.compile(r",? and (?=(?:whether|how|what|which|when|where|who|if)\b)|[;?]\s+", re.IGNORECASE)
_STATED_PRICE = re.compile(r"\bcosts?\b|\bstarts? at\b|\bfrom [$€£]", re.IGNORECASE)
_OVERVIEW = re.compile(r"\bplans\b.*\b[A-Z]\w+, (?:[A-Z]\w+,? )?and [A-Z]")
_ASKS_HOW_LONG = re.compile(r"\b(?:how long|time|duration|timeline|how fast|how quickly|when)\b", re.IGNORECASE)
_DURATION = re.compile(r"\b\d+ (?:\w+ )?(?:minutes?|hours?|days?|weeks?|months?)\b", re.IGNORECASE)
_SAME_CONTENT, _KNOWN_CONTENT = 0.7, 0.8


@dataclass(frozen=True, slots=True)
class Wish:
    """What a sentence is wanted for.

    `subject` are the lead's own words for what they asked or objected to ("" if unknown), `query` is the search text
    of the need, `source_types` its preferred kinds of document, `plan` a plan that the record names.
    """

    role: NeedRole
    topic: Topic | None
    subject: str = ""
    query: str = ""
    source_types: tuple[str, ...] = ()
    industry: str = ""
    plan: str = ""
    own_names: tuple[str, ...] = ()


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


def candidates(items: Sequence[EvidenceItem], own_names: tuple[str, ...], known: Sequence[str]) -> list[Candidate]:
    """Quotable sentences of `items`, without those that say what a text of `known` says already, and without twins."""
    told = [frozenset(content_stems(text[a:b])) for text in known for a, b in split_sentences(text)]
    found: dict[str, Candidate] = {}
    for item in items:
        for sentence in quotable_sentences(item, own_names):
            stems = frozenset(content_stems(sentence.text))
            if stems and not any(len(stems & other) / len(stems) >= _KNOWN_CONTENT for other in told):
                found.setdefault(sentence.text, Candidate(sentence, item, stems, len(found)))
    return list(found.values())


def has_special_words(wish: Wish) -> bool:
    """True if the lead's own words ask for something in particular."""
    return bool(_special_stems(wish)[0])


def choose(
    wish: Wish, pool: Sequence[Candidate], limit: int = 1, taken: Sequence[Candidate] = ()
) -> tuple[Candidate, ...]:
    """Up to `limit` sentences that serve `wish`, best first; none if nothing really does.

    Never returns a sentence that says the same as another chosen one or one of `taken`.
    """
    judge = _JUDGES[wish.role]
    scored = [(score, candidate) for candidate in pool if (score := judge(candidate, wish)) is not None]
    scored.sort(key=lambda pair: (-pair[0], pair[1].order, pair[1].text))
    chosen: list[Candidate] = []
    for _, candidate in scored:
        if len(chosen) == limit:
            break
        if not any(_same_content(candidate, other) for other in (*chosen, *taken)):
            chosen.append(candidate)
    return tuple(chosen)


def _answer(candidate: Candidate, wish: Wish) -> float | None:
    if wish.topic is Topic.CUSTOMERS:
        return _proof(candidate, wish)
    if candidate.item.source_type in _CASE_TYPES:
        return None
    parts = [part for part in _NEXT_QUESTION.split(wish.subject) if part.strip()] or [""]
    scores = [_answer_to(candidate, replace(wish, subject=part)) for part in parts]
    return max((score for score in scores if score is not None), default=None)


def _answer_to(candidate: Candidate, wish: Wish) -> float | None:
    """How well one question is answered, None if it is not. Headings say what their sentences are about."""
    special, names = _special_stems(wish)
    said = candidate.stems | _aliases(candidate, wish, special)
    covered = frozenset(part for part in special if any(_alike(part, other) for other in said))
    above = _heading_stems(candidate.item)
    headed = frozenset(part for part in special - names if any(_alike(part, other) for other in above))
    if names - covered or not _addresses(candidate, wish, special, covered | headed):
        return None
    score = 2.0 * len(covered) / len(special) if special else 0.0
    asked = set(content_stems(wish.subject))
    score += 0.8 * len(asked & candidate.stems) / len(asked) if asked else 0.0
    if wish.topic is not None and speaks_about(wish.topic, " ".join(candidate.text.split()[:6])):
        score += 0.4
    if wish.topic in _TOPICS_WITH_FIGURES:
        score += 0.6 * states_figure(candidate.text)
    if wish.topic is Topic.PRICING:
        score += _price_score(candidate, wish)
    if _ASKS_HOW_LONG.search(wish.subject):
        score += 0.6 * bool(_DURATION.search(candidate.text))
    return score + _general_score(candidate, wish)


def _addresses(candidate: Candidate, wish: Wish, special: frozenset[str], covered: frozenset[str]) -> bool:
    """True if the sentence is about the topic and about most of the special words of the question."""
    share = len(covered) / len(special) if special else 0.0
    if wish.topic in _OPEN_TOPICS:
        if special:
            return share >= (0.6 if len(special) > 1 else 1.0)
        return _query_cover(candidate, wish) >= 0.5 and _is_about_us(candidate, wish)
    if special and share < 0.5:
        return False
    return speaks_about(wish.topic, candidate.text) or (len(special) > 1 and share == 1.0)


def _price_score(candidate: Candidate, wish: Wish) -> float:
    """Prefer the plan the record names; else an overview of the plans or the plan most customers take."""
    text = candidate.text
    if wish.plan:
        return 1.5 * bool(re.search(rf"\b{re.escape(wish.plan)}\b", text, re.IGNORECASE))
    plan = _PLAN.search(text)
    lines = (candidate.item.text[a:b] for a, b in split_sentences(candidate.item.text))
    usual = plan is not None and any(plan["name"] in line and _USUAL.search(line) for line in lines)
    if not _STATED_PRICE.search(text):
        return 1.0 * bool(_OVERVIEW.search(text))
    extra = _NOT_THE_PLAN.search(text) is not None
    return 0.5 - 1.2 * extra + 0.8 * usual + 0.3 * (len(words(text)) >= 9)


def _proof(candidate: Candidate, wish: Wish) -> float | None:
    text = candidate.text
    customer = candidate.item.source_type in _CASE_TYPES and states_result(text) and _names_customer(candidate, wish)
    payback = wish.topic in (Topic.PRICING, Topic.ROI, Topic.DISCOUNT) and states_payback(text)
    if not customer and not payback:
        return None
    score = 1.0 if customer else 0.4
    if wish.industry and customer:
        score += 1.0 if _is_of_industry(candidate, wish.industry) else -0.7
    if wish.topic is not None and speaks_about(wish.topic, text):
        score += 0.2
    return score + _general_score(candidate, wish)


def _value(candidate: Candidate, wish: Wish) -> float | None:
    text = candidate.text
    if not (_names_own(candidate, wish) or re.match(r"(?:We|Our)\b", text)) or _PLAN.search(text) or states_price(text):
        return None
    if candidate.item.source_type in _CASE_TYPES:
        return None
    topic = wish.topic is not None and speaks_about(wish.topic, text)
    industry = bool(wish.industry) and bool(set(content_stems(wish.industry)) & candidate.stems)
    about = any(text.startswith(name) for name in wish.own_names)
    return 0.6 * topic + 0.6 * industry + 0.4 * about + _general_score(candidate, wish)


_JUDGES: dict[NeedRole, Callable[[Candidate, Wish], float | None]] = {
    NeedRole.ANSWER: _answer,
    NeedRole.PROOF: _proof,
    NeedRole.VALUE: _value,
}


def _general_score(candidate: Candidate, wish: Wish) -> float:
    """What makes any sentence better: found for this need, on the query's words, from a customer's document, short."""
    kind = candidate.item.source_type or ""
    length = len(words(candidate.text))
    score = candidate.item.relevance + 0.4 * (wish.role in candidate.item.roles)
    score += 0.8 * _query_cover(candidate, wish)
    score += 0.4 if kind in wish.source_types else (-0.3 if kind in _ROUGH_TYPES else 0.0)
    score += 0.2 * _names_own(candidate, wish) + 0.2 * (10 <= length <= 24)
    score -= 0.6 * (candidate.item.expiry_date is not None)
    return score - 0.02 * min(candidate.order, 10)


def _special_stems(wish: Wish) -> tuple[frozenset[str], frozenset[str]]:
    """Stems of the lead's words that an answer has to meet, and those of them that are names."""
    own = {part for name in wish.own_names for part in content_stems(name)}
    special = {
        part
        for part in content_stems(wish.subject)
        if part not in _UNSPECIFIC and part not in own and not any(char.isdigit() for char in part)
    }
    names = {part for name in _NAME.findall(wish.subject[1:]) for part in content_stems(name)}
    return frozenset(special), frozenset(names & special)


def _aliases(candidate: Candidate, wish: Wish, special: frozenset[str]) -> frozenset[str]:
    """What the passage calls the candidate's plan: "Our mid-tier plan is the Professional plan."."""
    plan = _PLAN.search(candidate.text)
    if plan is None or not special or wish.topic is not Topic.PRICING:
        return frozenset()
    text = candidate.item.text
    lines = (text[a:b] for a, b in split_sentences(text))
    named = (frozenset(content_stems(line)) for line in lines if plan["name"] in line)
    return frozenset(part for stems in named for part in stems & special)


@lru_cache(maxsize=4096)
def _heading_stems(item: EvidenceItem) -> frozenset[str]:
    return frozenset(content_stems(" ".join((item.title or "", *item.heading_path[-1:]))))


def _alike(one: str, other: str) -> bool:
    """Equal stems, or long ones with the same beginning ("encryption", "encrypted")."""
    return one == other or (min(len(one), len(other)) >= 6 and one[:6] == other[:6])


def _query_cover(candidate: Candidate, wish: Wish) -> float:
    own = {part for name in wish.own_names for part in content_stems(name)}
    wanted = set(content_stems(wish.query)) - own
    return len(wanted & candidate.stems) / len(wanted) if wanted else 0.0


def _names_own(candidate: Candidate, wish: Wish) -> bool:
    return any(name and name in candidate.text for name in wish.own_names)


def _is_about_us(candidate: Candidate, wish: Wish) -> bool:
    text = candidate.text
    return _names_own(candidate, wish) or bool(_PLAN.search(text)) or bool(re.match(r"(?:We|Our)\b", text))


def _names_customer(candidate: Candidate, wish: Wish) -> bool:
    """A name of the sentence that the document's title or headings carry too, and that is not ours."""
    place = " ".join((candidate.item.title or "", *candidate.item.heading_path, candidate.item.source)).lower()
    own = {part.lower() for name in wish.own_names for part in name.split()}
    names = {name.lower() for name in _NAME.findall(candidate.text)} - own
    return any(re.search(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", place) for name in names)


def _is_of_industry(candidate: Candidate, industry: str) -> bool:
    item = candidate.item
    wanted = {part[:6] for part in content_stems(industry) if len(part) > 3}
    said = content_stems(" ".join((item.text, item.title or "", *item.heading_path, item.source.replace("_", " "))))
    return bool(wanted & {part[:6] for part in said})


def _same_content(one: Candidate, other: Candidate) -> bool:
    return len(one.stems & other.stems) / min(len(one.stems), len(other.stems)) >= _SAME_CONTENT
