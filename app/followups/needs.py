"""What a message needs to find in the knowledge base: one to three search texts, dominated by the lead's topic."""

import re
from dataclasses import replace

from app.followups.signals import Reading
from app.followups.topics import TopicRule, topic_rules
from app.followups.types import EdgeCase, LeadContext, Need, NeedRole, Topic
from app.language.words import STOP_WORDS, content_stems, stem, words

_PROOF_SOURCES = ("case_studies", "industries", "roi")
_VALUE_SOURCES = ("features", "industries", "case_studies")
_ANY_SOURCES = ("faq", "features", "documentation")
# The CRM's words around the lead's question.
_REPORTED = re.compile(
    r"""^.*?\b(?:asked|asks|asking|ask|inquired|enquired|wondered|wondering|requested|wants?\ to\ know|wanted\ to\ know
      |questions?|please|pls|plz|concern\w*|worr\w+
      |(?:can|could|would)\ (?:you|u)(?:\ please)?(?:\ (?:send|share|provide|tell|explain|give))?)\s+
    (?:(?:me|us|about|on|regarding|for|whether|if|over|with|that|to\ know|more|the|some|any|your|our)\s+)*""",
    re.IGNORECASE | re.VERBOSE,
)
# Repeating the price does not answer "too expensive"; what it returns and what lowers it does.
_ANSWERS_TO = {Topic.PRICING: (Topic.ROI, Topic.DISCOUNT)}
_SHORT_WORDING = 4
# Up to so many telling words, a question may need the one before it to be found.
_FEW_WORDS = 4
_FRAGMENT = 3
_POINTS_BACK = frozenset("it they them their its this that these those one ones there".split())  # noqa: SIM905
_ABOUT = re.compile(r"(?:and|or|also|but|what about|how about)\b", re.IGNORECASE)
_MAX_QUERY_CHARS = 200


def needs_for(lead: LeadContext, reading: Reading) -> tuple[Need, ...]:
    """The needs of a message, most important first.

    A question is searched by its own words; where these are few, also together with what the lead said before. Where
    they only name a topic, or are few, the topic's search text is searched too; where they ask for more than their
    topic, nothing but themselves is, so that an off-topic question finds nothing. An objection is also searched by its
    topic, because documents answer it in other words. A rejection needs nothing.
    """
    if reading.edge_case in (EdgeCase.REJECTION, EdgeCase.OPTED_OUT):
        return ()
    needs = _needs(lead, reading)
    own = _own_words(reading)
    if not reading.earlier or len(content_stems(own)) > _FEW_WORDS or not needs:
        return needs
    first = needs[0]
    if _leans_on_earlier(lead, own):
        first = replace(first, asked=own, earlier=reading.earlier)
    query = f"{reading.earlier[-_MAX_QUERY_CHARS:]} {own}"
    return (first, replace(first, query=query), *needs[1:])


def _needs(lead: LeadContext, reading: Reading) -> tuple[Need, ...]:
    rule = topic_rules().get(reading.topic) if reading.topic else None
    own = _own_words(reading)
    if rule is None:
        return (Need(NeedRole.ANSWER, own, _ANY_SOURCES, own),) if own else _general(lead, reading.edge_case)
    objects = reading.edge_case is EdgeCase.OBJECTION
    bare = _only_names_topic(lead, own, rule)
    if objects:
        needs = [_objection(own, rule), *(_topic_need(other) for other in _ANSWERS_TO.get(rule.topic, (rule.topic,)))]
    elif bare:
        needs = [Need(NeedRole.ANSWER, _with_topic_words(own, rule), rule.sources)]
    else:
        needs = [Need(NeedRole.ANSWER, own, rule.sources, own)]
        if len(own.split()) <= _SHORT_WORDING or _is_named(reading.subject or ""):
            needs.append(Need(NeedRole.ANSWER, f"{own}: {rule.query}", rule.sources, own))
    sells = reading.edge_case is not EdgeCase.EXISTING_CUSTOMER
    if rule.proof and sells and (objects or bare or len(own.split()) <= _SHORT_WORDING):
        needs.append(_proof(lead))
    if bare and not objects and own:
        needs.append(Need(NeedRole.ANSWER, own, rule.sources))
    return tuple(needs)


def _leans_on_earlier(lead: LeadContext, own: str) -> bool:
    """`How long does it take?`, `And for Germany?`, `Which countries?`: no question that stands alone."""
    found = words(own)
    points_back = bool(_POINTS_BACK.intersection(found)) and lead.product_name.lower() not in own.lower()
    return points_back or _ABOUT.match(own) is not None or len(found) <= _FRAGMENT


def _topic_need(topic: Topic) -> Need:
    rule = topic_rules()[topic]
    return Need(NeedRole.ANSWER, rule.query, rule.sources)


def _objection(own: str, rule: TopicRule) -> Need:
    return Need(NeedRole.ANSWER, f"{own}: {rule.query}", tuple(dict.fromkeys(("objections", *rule.sources))))


def _is_named(text: str) -> bool:
    """Holds a name ("SAP", "Pro plan"), by its capitals."""
    return any(char.isupper() for char in text)


def _only_names_topic(lead: LeadContext, own: str, rule: TopicRule) -> bool:
    """True if the lead's words name nothing but the topic and the product ("what the fees are")."""
    known = {*content_stems(rule.query), *content_stems(lead.product_name)}
    telling = [word for word in words(own) if word not in STOP_WORDS and not rule.words.fullmatch(word)]
    return not _is_named(own[1:]) and set(content_stems(" ".join(telling))) <= known


def _with_topic_words(own: str, rule: TopicRule) -> str:
    """The topic's search text, with the lead's own word for it in front where that is another one ("fees")."""
    known = set(content_stems(rule.query))
    other = [
        word for word in words(own) if word not in STOP_WORDS and stem(word) not in known and rule.words.search(word)
    ]
    return " ".join((*other, rule.query))


def _own_words(reading: Reading) -> str:
    question = reading.question or ""
    if "?" in question or not reading.subject:
        return _REPORTED.sub("", question.strip(), count=1).strip(" .?!,")[:_MAX_QUERY_CHARS] or question
    return reading.subject


def _proof(lead: LeadContext) -> Need:
    industry = f" in {lead.lead_industry}" if lead.lead_industry else ""
    return Need(NeedRole.PROOF, f"customer case study results{industry}", _PROOF_SOURCES)


def _general(lead: LeadContext, edge: EdgeCase) -> tuple[Need, ...]:
    value = Need(NeedRole.VALUE, f"{lead.product_name} features and benefits", _VALUE_SOURCES)
    if edge in (EdgeCase.NOTHING_KNOWN, EdgeCase.EXISTING_CUSTOMER) or not lead.lead_industry:
        return (value,)
    industry = Need(NeedRole.VALUE, f"{lead.product_name} for {lead.lead_industry}", _VALUE_SOURCES)
    return (industry, value, _proof(lead))
