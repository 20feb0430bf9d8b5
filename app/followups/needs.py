"""What a message needs to find in the knowledge base: one to three search texts, dominated by the lead's topic."""

import re

from app.followups.signals import Reading
from app.followups.topics import TopicRule, topic_rules
from app.followups.types import EdgeCase, LeadContext, Need, NeedRole, Topic
from app.language.words import STOP_WORDS, content_stems, words

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
_GAINS = {Topic.ONBOARDING: "went live", Topic.SWITCHING: "switched"}
_SHORT_WORDING = 4
_MAX_QUERY_CHARS = 200


def needs_for(lead: LeadContext, reading: Reading) -> tuple[Need, ...]:
    """The needs of a message, most important first.

    A question is searched by its own words; the topic's search text goes beside short ones. A question that needs
    more words than its topic gets no proof beside its answer, and an off-topic one finds nothing. An objection is also
    searched by its topic, because documents answer it in other words. A rejection needs nothing.
    """
    if reading.edge_case in (EdgeCase.REJECTION, EdgeCase.OPTED_OUT):
        return ()
    rule = topic_rules().get(reading.topic) if reading.topic else None
    own = _own_words(reading)
    if rule is None:
        return (Need(NeedRole.ANSWER, own, _ANY_SOURCES),) if own else _general(lead, reading.edge_case)
    query = _topical(lead, own, rule)
    needs = [Need(NeedRole.ANSWER, query, rule.sources)]
    objects = reading.edge_case is EdgeCase.OBJECTION
    if objects:
        needs = [_objection(own, rule), Need(NeedRole.ANSWER, f"{lead.product_name} {rule.query}", rule.sources)]
    elif query == own and _is_named(reading.subject or ""):
        needs.append(Need(NeedRole.ANSWER, f"{reading.subject}: {rule.query}", rule.sources))
    sells = reading.edge_case is not EdgeCase.EXISTING_CUSTOMER
    if rule.proof and sells and (objects or rule.query in query):
        needs.append(_proof(lead, rule.topic))
    return tuple(needs)


def _objection(own: str, rule: TopicRule) -> Need:
    return Need(NeedRole.ANSWER, f"{own}: {rule.query}", tuple(dict.fromkeys(("objections", *rule.sources))))


def _is_named(text: str) -> bool:
    """Holds a name ("SAP", "Pro plan"), by its capitals."""
    return any(char.isupper() for char in text)


def _topical(lead: LeadContext, own: str, rule: TopicRule) -> str:
    """The lead's own words, with the topic's search text where they are short or name nothing but the topic."""
    known = {*content_stems(rule.query), *content_stems(lead.product_name)}
    telling = [word for word in words(own) if word not in STOP_WORDS and not rule.words.fullmatch(word)]
    if not _is_named(own[1:]) and set(content_stems(" ".join(telling))) <= known:
        return f"{lead.product_name} {rule.query}"
    return own if len(own.split()) > _SHORT_WORDING else f"{own}: {rule.query}"


def _own_words(reading: Reading) -> str:
    question = reading.question or ""
    if "?" in question or not reading.subject:
        return _REPORTED.sub("", question.strip(), count=1).strip(" .?!,")[:_MAX_QUERY_CHARS] or question
    return reading.subject


def _proof(lead: LeadContext, topic: Topic | None) -> Need:
    industry = f" in {lead.lead_industry}" if lead.lead_industry else ""
    gain = {Topic.ONBOARDING: "went live", Topic.SWITCHING: "switched"}.get(
        topic or Topic.OTHER, "reduced costs and saved time"
    )
    return Need(NeedRole.PROOF, f"customer case study{industry}: results, how a customer {gain}", _PROOF_SOURCES)


def _general(lead: LeadContext, edge: EdgeCase) -> tuple[Need, ...]:
    category = f" {lead.product_category}" if lead.product_category else ""
    industry = f" for {lead.lead_industry}" if lead.lead_industry else ""
    value = Need(NeedRole.VALUE, f"what {lead.product_name}{category} does{industry}, main benefits", _VALUE_SOURCES)
    if edge in (EdgeCase.NOTHING_KNOWN, EdgeCase.EXISTING_CUSTOMER) or not lead.lead_industry:
        return (value,)
    return (value, _proof(lead, None))
