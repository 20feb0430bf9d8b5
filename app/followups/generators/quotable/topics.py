"""What shows that a sentence of a document speaks about a topic."""

import re

from app.followups.types import Topic

_MONEY = r"(?:[$€£¥]\s?\d|\d\s?(?:USD|EUR|GBP|dollars|euros)\b|\d\s?[¢])"


def _about(*words: str) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(words) + r")\b", re.IGNORECASE)


_WORDS: dict[Topic, re.Pattern[str]] = {
    Topic.DISCOUNT: _about(r"discount\w*", "rebate", r"lowers? the price", r"sav(?:es?|ing) \d", r"volume pric\w+", "coupons?"),
    Topic.ROI: _about(
        "pays? for itself", "payback", r"sav(?:es?|ed|ings?)", "break-?even", r"reduc(?:es?|ed)", "cuts?", "return of",
    ),
    Topic.INTEGRATION: _about(
        r"integrat\w+", r"connect(?:s|ed|or|ors|ions?)?", "apis?", "webhooks?", r"sync\w*", r"imports?", r"exports?", "sdks?", r"plug-?ins?",
        "sandbox",
    ),
    Topic.SECURITY: _about(
        r"secur\w+", r"encrypt\w*", "soc 2", "iso", "gdpr", "hipaa", r"complian\w+", "privacy", r"data (?:protection|residency|cent(?:er|re)s?)",
        r"penetration tests?", "sso", "single sign-on", "saml", "access controls?", r"audit\w*", "openid", r"backups?",
        r"(?:two|multi)-factor",
    ),
    Topic.ONBOARDING: _about(
        "onboarding", r"implement\w+", "set-?up", "go live", "goes live", "going live", r"train(?:ing|ed)", r"migrat\w+", "live",
        "first invoice", "getting started", "up and running",
    ),
    Topic.TIMING: _about(
        r"implement\w+", "onboarding", "live", "set-?up", "kick-off", "migration", "start(?:s|ed)?", "trial",
    ),
    Topic.SWITCHING: _about(r"migrat\w+", r"switch\w*", r"import\w*", r"transfer\w*", "moves? (?:over|from)", "parallel", r"replac\w+"),
    Topic.SUPPORT: _about(
        "support", "response times?", r"respon(?:d|ds|se)", "help desk", "sla", "uptime", "service level", "24/7", "success manager",
        "account manager",
    ),
    Topic.CONTRACT: _about(
        r"contracts?", r"cancel\w*", r"notice", r"renew\w*", "terms?", "month-to-month", "minimum", r"refunds?", "commitment", "upgrade",
        "downgrade",
    ),
    Topic.TRIAL: _about("trials?", "sandbox", "free of charge", "try", "pilot"),
    Topic.DEMO: _about("demos?", "walkthrough", "tour"),
    Topic.CUSTOMERS: _about(r"customers?", "clients?", r"compan(?:y|ies)", "corp", "manufacturer"),
}  # fmt: skip
_PRICED = re.compile(
    r"\b(?:plans?|tiers?|editions?|packages?|subscriptions?|licen[cs]es?|per (?:month|year|user|seat|transaction|invoice)|"
    r"starts? at|starting at)\b",
    re.IGNORECASE,
)
_COSTS = re.compile(
    r"\b(?:costs?|prices?|priced|fees?|rates?|billed|pays?|free|starts? at|starting at|from|monthly)\b", re.IGNORECASE
)
_NO_LIST_PRICE = re.compile(
    r"\b(?:disputes?|chargebacks?|penalt\w+|fines?|late fees?|saved?|saves|savings?|revenue|raised)\b", re.IGNORECASE
)
_MONEY_OR_FREE = re.compile(rf"{_MONEY}|\bfree\b", re.IGNORECASE)
_FIGURE = re.compile(
    r"\d|\b(?:half|third|quarter|twice|two|three|four|five|six|seven|eight|nine|ten|twelve|double[ds]?|tripled?|halved)\b",
    re.IGNORECASE,
)
_RESULT = re.compile(
    r"\b(?:cut|cuts|reduc\w+|shorten\w*|shorter|sav(?:ed|es|ing|ings)|fewer|less|faster|lower\w*|dropp?ed|drops|fell|fallen|"
    r"declined|decreased?|increas\w+|grew|grown|rose|doubled|tripled|halved|improv\w+|gain\w*|recover\w+|eliminat\w+|"
    r"accelerat\w+|from \S+ (?:\w+ )?to|down (?:from|to)|up from|pays? for itself|paid for itself|payback|went live|live (?:in|within))\b",
    re.IGNORECASE,
)
_PAYBACK = re.compile(r"\b(?:pays? for itself|payback|return on investment|break-?even)\b", re.IGNORECASE)


def speaks_about(topic: Topic, sentence: str) -> bool:
    """True if `sentence` addresses `topic`; for prices only if it states one."""
    if topic is Topic.PRICING:
        return states_price(sentence)
    if topic in (Topic.ROI, Topic.TIMING) and not states_figure(sentence):
        return False
    pattern = _WORDS.get(topic)
    return pattern is not None and pattern.search(sentence) is not None


def states_price(sentence: str) -> bool:
    """True for what something costs: an amount (or "free") together with a plan or a unit."""
    found = (_MONEY_OR_FREE.search(sentence), _PRICED.search(sentence), _COSTS.search(sentence))
    return all(found) and not _NO_LIST_PRICE.search(sentence)


def states_figure(sentence: str) -> bool:
    """True for a figure, written in digits or in words."""
    return _FIGURE.search(sentence) is not None


def states_result(sentence: str) -> bool:
    """True for an outcome with a figure."""
    return states_figure(sentence) and _RESULT.search(sentence) is not None


def states_payback(sentence: str) -> bool:
    """True for a payback or return with a figure."""
    return states_figure(sentence) and _PAYBACK.search(sentence) is not None
