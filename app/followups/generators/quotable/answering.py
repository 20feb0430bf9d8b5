"""How well a sentence answers a question; None if it does not. A sentence beside the point is no answer."""

import re
from dataclasses import replace
from functools import lru_cache

from app.followups.generators.quotable.priced_things import prices_something_else
from app.followups.generators.quotable.topics import speaks_about, states_cost, states_figure
from app.followups.generators.quotable.wishes import (
    CASE_TYPES,
    PLAN,
    Candidate,
    Wish,
    general_score,
    is_about_us,
    met,
    query_cover,
    special_stems,
    telling_stems,
)
from app.followups.types import EvidenceItem, Topic
from app.language.sentences import split_sentences
from app.language.words import content_stems, stem, words

_TOPICS_WITH_FIGURES = (Topic.DISCOUNT, Topic.ROI, Topic.TIMING, Topic.ONBOARDING, Topic.TRIAL)
_OPEN_TOPICS = (None, Topic.OTHER, Topic.DEMO, Topic.FEATURES, Topic.COMPETITOR)
# An answer to these must say a price, a discount, a return: the lead's words alone do not make one.
_STRICT_TOPICS = (Topic.PRICING, Topic.DISCOUNT, Topic.ROI, Topic.TIMING)
_USUAL = re.compile(r"\b(?:mid-tier|most popular|most (?:\w+ )?(?:choose|pick|take|start)|middle)\b", re.IGNORECASE)
_NOT_THE_PLAN = re.compile(
    r"\b(?:additional (?!charge|cost|fee)|extra (?!charge|cost|fee)|overage|add-on|each(?= on))\b", re.IGNORECASE
)
_NEXT_QUESTION = re.compile(r",? and (?=(?:whether|how|what|which|when|where|who|if)\b)|[;?]\s+", re.IGNORECASE)
_ALTERNATIVES = re.compile(r",? (?:and|or) |, ", re.IGNORECASE)
_STATED_PRICE = re.compile(r"\bcosts?\b|\bstarts? at\b|\bfrom [$€£]", re.IGNORECASE)
_OVERVIEW = re.compile(r"\bplans\b.*\b[A-Z]\w+, (?:[A-Z]\w+,? )?and [A-Z]")
_ASKS_HOW_LONG = re.compile(
    r"\b(?:how long|time|duration|timeline|how fast|how quickly|how soon|when)\b", re.IGNORECASE
)
_ASKS_HOW_MANY = re.compile(r"\bhow (?:many|much|often)\b|\b(?:limits?|minimum|maximum)\b", re.IGNORECASE)
_ASKS_DURATION = re.compile(r"\bhow (?:long|fast|quickly|soon)\b", re.IGNORECASE)
# What tells a time without a figure.
_TELLS_TIME = re.compile(
    r"\b(?:hours?|days?|weeks?|months?|years?|minutes?|seconds?|instant\w*|immediate\w*|right away|same day|forever"
    r"|always|never|no limit|unlimited|indefinite\w*|overnight|daily|weekly|monthly|as long as)\b",
    re.IGNORECASE,
)
_DURATION = re.compile(
    r"\b(?:\d+|one|two|three|four|five|six|ten) (?:\w+ )?(?:minutes?|hours?|days?|weeks?|months?)\b", re.IGNORECASE
)
# A company's own story answers only who asks for it.
_OF_ITSELF = re.compile(r"\b(?:was|were) founded\b|\bheadquartered\b|\bfunding\b|\binvestors\b", re.IGNORECASE)
_ASKS_WHO = re.compile(
    r"\b(?:found\w*|where|who|office\w*|company|how (?:long|old|big|many)|investors?|size)\b", re.IGNORECASE
)
_ASKS_IF = re.compile(r"(?:whether|if)\b", re.IGNORECASE)
_LASTS = re.compile(
    r"\b(?:trial|free|try)\b.*\b\d+[ -](?:days?|weeks?|months?)\b|\b\d+[ -]day\b.*\btrial\b", re.IGNORECASE
)
_ASKS_FIGURE = re.compile(
    r"\bhow (?:many|much)\b|\bwhat (?:is )?(?:the |your |our )?(?:minimum|maximum|limit|number of)\b", re.IGNORECASE
)
_UNLIMITED = re.compile(
    r"\b(?:unlimited|no limits?|no minimum|no maximum|any number|as (?:many|much) as|free|per)\b", re.IGNORECASE
)
_KIND = re.compile(r"(?P<kind>[A-Z][a-z]+ed) [a-z]+ (?:is|are|can|has|have|stays?|lasts?|takes?)\b")
_SUBJECT_WORDS, _BEGINNING = 3, 6
_ASKS_WHAT_IT_IS = re.compile(r"what (?!kind|sort|type|happens).+ (?:is|are|means?|does)", re.IGNORECASE)
_ENOUGH = 0.6
_PARTIAL = 0.35
_SHARE_ALIKE = 0.5


def answer(candidate: Candidate, wish: Wish) -> float | None:
    """The score of `candidate` as an answer to what `wish.subject` asks, the best part of it counted."""
    if candidate.item.source_type in CASE_TYPES:
        return None
    parts = [part for part in _NEXT_QUESTION.split(wish.subject) if part.strip()] or [""]
    scores = [_answer_to(candidate, replace(wish, subject=part)) for part in parts]
    if all(score is None for score in scores):
        halves = [half for part in parts for half in _ALTERNATIVES.split(part) if half.strip()]
        if len(halves) > len(parts):
            found = (_answer_to(candidate, replace(wish, subject=half)) for half in halves if telling_stems(half, ()))
            scores = [None if score is None else score - _PARTIAL for score in found]
    return max((score for score in scores if score is not None), default=None)


def _answer_to(candidate: Candidate, wish: Wish) -> float | None:
    """How well one question is answered, None if it is not. Headings say what their sentences are about."""
    if _misses_the_point(candidate.text, wish):
        return None
    if wish.topic is Topic.PRICING and prices_something_else(candidate, wish.subject):
        return None
    special, names = special_stems(wish)
    same_question = _answers_same_question(candidate, wish, special)
    said = candidate.stems | _aliases(candidate, wish, special)
    if same_question:
        said |= frozenset(content_stems(candidate.sentence.question))
    covered = met(special, said)
    headed = met(special - names, _heading_stems(candidate.item, candidate.sentence.heading))
    if names - covered or not (same_question or _addresses(candidate, wish, special, covered, covered | headed)):
        return None
    continued = _continues(candidate, wish)
    if continued is None or not (same_question or _is_understood(candidate, special, covered)):
        return None
    score = continued + (2.0 * len(covered) / len(special) if special else 0.0)
    score += 1.0 * same_question + 0.5 * len(headed) / max(1, len(special))
    asked = set(content_stems(wish.subject))
    score += 0.8 * len(asked & candidate.stems) / len(asked) if asked else 0.0
    return score + _topic_score(candidate, wish) + general_score(candidate, wish)


def _is_understood(candidate: Candidate, special: frozenset[str], covered: frozenset[str]) -> bool:
    """True if the sentence says what it is about, or says it with the question: by all of its words, or as subject."""
    if candidate.sentence.anchored:
        return True
    subject = frozenset(content_stems(" ".join(candidate.text.split()[:_SUBJECT_WORDS])))
    return bool(special) and covered == special and (len(special) > 1 or bool(met(special, subject)))


def _misses_the_point(text: str, wish: Wish) -> bool:
    """The company's own story for a question about the product, a part for the whole, no time for "how long"."""
    if _is_about_a_part(text, wish) or (_OF_ITSELF.search(text) and not _ASKS_WHO.search(wish.subject)):
        return True
    if _ASKS_FIGURE.search(wish.subject) and not (states_figure(text) or _UNLIMITED.search(text)):
        return True
    if _ASKS_WHAT_IT_IS.fullmatch(wish.subject) and wish.topic in _OPEN_TOPICS:
        beginning = frozenset(content_stems(" ".join(text.split()[:_BEGINNING])))
        return not met(special_stems(wish)[0], beginning)
    if _ASKS_DURATION.search(wish.subject) is None:
        return False
    return _TELLS_TIME.search(text) is None or _is_about_a_kind(text, wish)


def _is_about_a_kind(text: str, wish: Wish) -> bool:
    """`Pinned boards are kept forever.` does not tell how long boards are."""
    match = _KIND.match(text)
    return match is not None and stem(match["kind"].lower()) not in content_stems(wish.subject)


def _continues(candidate: Candidate, wish: Wish) -> float | None:
    """How much of what the question leans on the sentence or its headings speak about; None if of nothing."""
    own = {part for name in wish.own_names for part in content_stems(name)}
    before = frozenset(content_stems(wish.earlier)) - own
    if not before:
        return 0.0
    kept = met(before, candidate.stems | _heading_stems(candidate.item, candidate.sentence.heading))
    return 0.8 * len(kept) / len(before) if kept else None


def _is_about_a_part(text: str, wish: Wish) -> bool:
    """`Acme's browser extension is open source.` does not tell whether Acme is."""
    owned = (re.match(rf"{re.escape(name)}['’]s (\S+ \S+)", text) for name in wish.own_names)
    part = next((match[1] for match in owned if match is not None), None)
    asks_about_us = any(
        re.match(rf"whether {re.escape(name)} (?:is|has|was)\b", wish.subject) for name in wish.own_names
    )
    if asks_about_us and not any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) for name in wish.own_names):
        return not re.match(r"(?:We|Our)\b", text)
    if part is None or _ASKS_IF.match(wish.subject) is None:
        return False
    return not met(frozenset(content_stems(part)), frozenset(content_stems(wish.subject)))


def _topic_score(candidate: Candidate, wish: Wish) -> float:
    text, score = candidate.text, 0.0
    if _NOT_THE_PLAN.search(text) and not _NOT_THE_PLAN.search(wish.subject):
        score -= 0.6
    if wish.topic is not None and speaks_about(wish.topic, " ".join(text.split()[:6])):
        score += 0.4
    if wish.topic in _TOPICS_WITH_FIGURES or _ASKS_HOW_MANY.search(wish.subject):
        score += 0.6 * states_figure(text)
    if wish.topic is Topic.TRIAL:
        score += 0.8 * bool(_LASTS.search(text))
    if wish.topic is Topic.PRICING:
        score += _price_score(candidate, wish)
    if _ASKS_HOW_LONG.search(wish.subject):
        score += 0.6 * bool(_DURATION.search(text))
    return score


def _answers_same_question(candidate: Candidate, wish: Wish, special: frozenset[str]) -> bool:
    """True if the sentence answers a question of the document that asks what the lead asks."""
    question = candidate.sentence.question
    if not question or not special:
        return False
    theirs = telling_stems(question, wish.own_names)
    if not theirs or len(met(special, theirs | candidate.stems)) < len(special):
        return False
    return len(met(theirs, special)) / len(theirs) >= _SHARE_ALIKE


def _addresses(
    candidate: Candidate, wish: Wish, special: frozenset[str], covered: frozenset[str], known: frozenset[str]
) -> bool:
    """True if the sentence is about the topic and about most of the special words of the question.

    `covered` are the special words that it says itself, `known` also those that its headings say.
    """
    share = len(known) / len(special) if special else 0.0
    if len(special) > 1 and not covered:
        return False
    if wish.topic in _OPEN_TOPICS:
        if special:
            return share >= _ENOUGH and bool(covered)
        return query_cover(candidate, wish) >= 0.5 and is_about_us(candidate, wish)
    if special and share < _ENOUGH:
        return False
    if speaks_about(wish.topic, candidate.text):
        return bool(known) if special else _is_plain_answer(candidate.text, wish.topic)
    if wish.topic is Topic.PRICING and special and covered == special and states_cost(candidate.text):
        return True
    return len(covered) == len(special) >= (2 if wish.topic in _STRICT_TOPICS else 1)


def _is_plain_answer(text: str, topic: Topic | None) -> bool:
    """Whether a sentence that mentions the topic is about it, where nothing else was asked."""
    if topic is Topic.DISCOUNT:
        return states_figure(text)
    if topic is Topic.TRIAL:
        return _LASTS.search(text) is not None or speaks_about(topic, " ".join(text.split()[:4]))
    return True


def _price_score(candidate: Candidate, wish: Wish) -> float:
    """Prefer the plan the record names; else an overview of the plans or the plan most customers take."""
    text = candidate.text
    if wish.plan:
        return 1.5 * bool(re.search(rf"\b{re.escape(wish.plan)}\b", text, re.IGNORECASE))
    plan = PLAN.search(text)
    lines = (candidate.item.text[a:b] for a, b in split_sentences(candidate.item.text))
    usual = plan is not None and any(plan["name"] in line and _USUAL.search(line) for line in lines)
    if not _STATED_PRICE.search(text):
        return 1.0 * bool(_OVERVIEW.search(text))
    extra = _NOT_THE_PLAN.search(text) is not None
    return 0.5 - 1.2 * extra + 0.8 * usual + 0.3 * (len(words(text)) >= 9)


def _aliases(candidate: Candidate, wish: Wish, special: frozenset[str]) -> frozenset[str]:
    """What the passage calls the candidate's plan: "Our mid-tier plan is the Professional plan."."""
    plan = PLAN.search(candidate.text)
    if plan is None or not special or wish.topic is not Topic.PRICING:
        return frozenset()
    text = candidate.item.text
    lines = (text[a:b] for a, b in split_sentences(text))
    named = (frozenset(content_stems(line)) for line in lines if plan["name"] in line)
    return frozenset(part for stems in named for part in stems & special)


@lru_cache(maxsize=4096)
def _heading_stems(item: EvidenceItem, heading: str) -> frozenset[str]:
    return frozenset(content_stems(" ".join((item.title or "", heading))))
