"""What a message needs to find in the knowledge base: one to three search texts, dominated by the lead's topic."""

import re

from app.followups.signals import Reading
from app.followups.topics import topic_rules
from app.followups.types import EdgeCase, LeadContext, Need, NeedRole, Topic
from app.language.words import content_stems

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
_MAX_QUERY_CHARS = 200


def needs_for(lead: LeadContext, reading: Reading) -> tuple[Need, ...]:
    """The needs of a message, most important first.

    A question that belongs to no known topic is searched by its own words alone, and nothing else is offered beside
    its answer: an off-topic question finds nothing. A rejection needs nothing.
    """
    if reading.edge_case in (EdgeCase.REJECTION, EdgeCase.OPTED_OUT):
        return ()
    rule = topic_rules().get(reading.topic) if reading.topic else None
    if reading.topic is None or (rule is None and not reading.question):
        return _general(lead, reading.edge_case)
    sources = rule.sources if rule else _ANY_SOURCES
    answer = Need(NeedRole.ANSWER, _answer_query(lead, reading), sources)
    wants_proof = rule is not None and rule.proof and reading.edge_case is not EdgeCase.EXISTING_CUSTOMER
    return (answer, _proof(lead, reading.topic)) if wants_proof else (answer,)


def _answer_query(lead: LeadContext, reading: Reading) -> str:
    """The question itself; the topic's search text where the record only names the topic."""
    rule = topic_rules().get(reading.topic) if reading.topic else None
    own = _own_words(reading)
    if rule is None:
        return own
    beyond = set(content_stems(own)) - set(content_stems(rule.query)) - set(content_stems(lead.product_name))
    beyond -= {stem for stem in beyond if rule.words.fullmatch(stem)}
    if not beyond or own.casefold() == (reading.topic or ""):
        return f"{lead.product_name} {rule.query}"
    # Short wordings say too little on their own: the topic's words go beside them.
    return own if len(own.split()) > 4 else f"{own}: {rule.query}"


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
