"""Which quotable sentence answers, proves or interests. A sentence that misses the point is never better than none."""

import re
from collections.abc import Callable, Sequence

from app.followups.generators.quotable.answering import answer
from app.followups.generators.quotable.sentences import usable_sentences
from app.followups.generators.quotable.topics import speaks_about, states_payback, states_price, states_result
from app.followups.generators.quotable.wishes import (
    CASE_TYPES,
    NAME,
    PLAN,
    Candidate,
    Wish,
    general_score,
    names_own,
    special_stems,
)
from app.followups.types import EvidenceItem, NeedRole, Topic
from app.language.sentences import split_sentences
from app.language.words import content_stems

_SAME_CONTENT, _KNOWN_CONTENT = 0.7, 0.8
# What a company says of itself rather than of what a customer gets.
_COMPANY_FACT = re.compile(
    r"\b(?:founded|headquarter\w*|offices? in|employees|consultants|staff|since (?:19|20)\d\d|funding|investors?)\b",
    re.IGNORECASE,
)
_HELPS = re.compile(r"\b(?:helps?|lets|gives|saves?|allows?|enables?|automat\w+|so that|supports?|handles?|manages?)\b")


def candidates(items: Sequence[EvidenceItem], own_names: tuple[str, ...], known: Sequence[str]) -> list[Candidate]:
    """Quotable sentences of `items`, without those that say what a text of `known` says already, and without twins."""
    told = [frozenset(content_stems(text[a:b])) for text in known for a, b in split_sentences(text)]
    found: dict[str, Candidate] = {}
    for item in items:
        for sentence in usable_sentences(item, own_names):
            stems = frozenset(content_stems(sentence.text))
            if stems and not any(len(stems & other) / len(stems) >= _KNOWN_CONTENT for other in told):
                found.setdefault(sentence.text, Candidate(sentence, item, stems, len(found)))
    return list(found.values())


def has_special_words(wish: Wish) -> bool:
    """True if the lead's own words ask for something in particular."""
    return bool(special_stems(wish)[0])


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
    return _proof(candidate, wish) if wish.topic is Topic.CUSTOMERS else answer(candidate, wish)


def _proof(candidate: Candidate, wish: Wish) -> float | None:
    text = candidate.text
    if not candidate.sentence.anchored:
        return None
    customer = candidate.item.source_type in CASE_TYPES and states_result(text) and _names_customer(candidate, wish)
    payback = wish.topic in (Topic.PRICING, Topic.ROI, Topic.DISCOUNT) and states_payback(text)
    if not customer and not payback:
        return None
    score = 1.0 if customer else 0.4
    if wish.industry and customer:
        score += 1.0 if _is_of_industry(candidate, wish.industry) else -0.7
    if wish.topic is not None and speaks_about(wish.topic, text):
        score += 0.2
    return score + general_score(candidate, wish)


def _value(candidate: Candidate, wish: Wish) -> float | None:
    text = candidate.text
    if not (names_own(candidate, wish) or re.match(r"(?:We|Our)\b", text)) or PLAN.search(text) or states_price(text):
        return None
    if not candidate.sentence.anchored or candidate.item.source_type in CASE_TYPES or _COMPANY_FACT.search(text):
        return None
    topic = wish.topic is not None and speaks_about(wish.topic, text)
    industry = bool(wish.industry) and bool(set(content_stems(wish.industry)) & candidate.stems)
    about = any(text.startswith(name) for name in wish.own_names)
    serves = 0.4 * bool(_HELPS.search(text))
    return 0.6 * topic + 0.6 * industry + 0.4 * about + serves + general_score(candidate, wish)


_JUDGES: dict[NeedRole, Callable[[Candidate, Wish], float | None]] = {
    NeedRole.ANSWER: _answer,
    NeedRole.PROOF: _proof,
    NeedRole.VALUE: _value,
}


def _names_customer(candidate: Candidate, wish: Wish) -> bool:
    """A name of the sentence that the document's title or headings carry too, and that is not ours."""
    place = " ".join((candidate.item.title or "", *candidate.item.heading_path, candidate.item.source)).lower()
    own = {part.lower() for name in wish.own_names for part in name.split()}
    names = {name.lower() for name in NAME.findall(candidate.text)} - own
    return any(re.search(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", place) for name in names)


def _is_of_industry(candidate: Candidate, industry: str) -> bool:
    item = candidate.item
    wanted = {part[:6] for part in content_stems(industry) if len(part) > 3}
    said = content_stems(" ".join((item.text, item.title or "", *item.heading_path, item.source.replace("_", " "))))
    return bool(wanted & {part[:6] for part in said})


def _same_content(one: Candidate, other: Candidate) -> bool:
    return len(one.stems & other.stems) / min(len(one.stems), len(other.stems)) >= _SAME_CONTENT
