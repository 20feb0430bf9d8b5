"""What makes two figures for one thing differ without a conflict: examples, history, others' prices, conditions."""

import re

from app.language.words import singular
from app.reading.times import FUTURE, PAST

_FLAGS = re.IGNORECASE

# Statements that say nothing about what holds today for everyone.
_NO_FACT = re.compile(
    r"\b(?:examples?|e\.g|for instance|suppose|supposing|say,|imagine|let['’]s|scenario|illustrat\w+|calculat\w+|worked"
    r"|hypothetical\w*|assum\w+|break-?\s?even|pays? (?:off|for itself)|sample|would(?:'ve)? (?:cost|pay|be|save|have)"
    r"|could (?:cost|pay|save))\b"
    # what was, or will be
    rf"|\b(?:{PAST}|{FUTURE}|old|no longer|changed|changing|increas\w+|rais(?:ed|ing)|dropp\w+|reduc\w+|went|planned"
    r"|instead of|usually|average|on average|typical(?:ly)?)\b"
    # what others ask or get
    r"|\b(?:competitors?|alternatives?|other (?:providers?|vendors?|tools?|platforms?|companies|solutions?|mors?)"
    r"|industry|traditional\w*|compared|comparison|versus|vs|unlike|their|they|theirs|elsewhere in the market)\b"
    # what was promised to some
    r"|\b(?:grandfather\w*|legacy|early (?:members?|adopters?|access|bird)|stay on|existing (?:customers?|users?"
    r"|organi[sz]ations?|subscribers?|plans?)|(?:created|signed up|joined|registered|purchased) (?:before|prior))\b",
    _FLAGS,
)
_OTHERS_FEE = re.compile(
    r"\b(?!(?:We|It|You|This|That|Our|Each|Every|The|All|Any|Both|And|Then)\b)([A-Z]\w+(?: [A-Z]\w+)?)"
    r"(?: (?:charges?|takes?|imposes?|bills?|asks?)\b|['’]s (?:[\w.+%$¢€£]+ ){0,6}(?:fees?|rates?|prices?|cut)\b)"
)
_ADDITIONAL = re.compile(r"\b(?:additional|extra)\s+(?P<what>[a-z]+)", _FLAGS)
_SECTION_EXCEPTION = re.compile(
    r"\b(?:grandfather\w*|legacy|early (?:members?|adopters?|bird)"
    r"|(?:created|signed up|joined|registered) (?:before|prior)|existing customers (?:keep|stay)"
    r"|(?:old|previous) (?:plans?|prices?|pricing|rates?)"
    r"|examples?|case study|break-?\s?even|pay off|competitors?|compar(?:e|ed|ison|ing)|alternatives?|vs\.?|versus)\b",
    _FLAGS,
)

_QUALIFIERS = {
    "annual": r"annual(?:ly)?|yearly|12-month|twelve-month",
    "quarterly": r"quarterly",
    "two years": r"two-year|2-year|24-month|multi-year|three-year|3-year",
    "europe": r"europe(?:an)?|eu|eea",
    "uk": r"uk|united kingdom|britain",
    "abroad": r"international|elsewhere|non-us|cross-?\s?border|abroad|outside|worldwide|global",
    "domestic": r"domestic|united states|usa|u\.s\.",
    "region": r"apac|emea|asia|africa|latam|canada|australia|germany|france|india|japan|brazil",
    "cloud": r"cloud|saas",
    "self-hosted": r"self-?\s?hosted|on-?\s?prem\w*",
    "dedicated": r"dedicated|private instance|single-tenant",
    "student": r"students?|educat\w+|academic|universit\w+|schools?",
    "nonprofit": r"non-?\s?profits?|charit\w+|ngos?",
    "startup": r"start-?\s?ups?",
    "open source": r"open[- ]source",
    "public sector": r"government|public sector",
    "partner": r"partners?|resellers?|agenc(?:y|ies)|affiliates?",
    "new": r"new (?:customers?|organi[sz]ations?|accounts?)|first-time",
    "critical": r"critical|urgent|emergency|outages?|p0|p1|severity 1|sev ?1|blockers?",
    "high": r"high|major|p2|severity 2|sev ?2",
    "low": r"low|minor|medium|p3|p4|severity [34]|sev ?[34]",
    "phone": r"phone|telephone|call",
    "e-mail": r"e-?mails?",
    "chat": r"chat|slack",
    "backup": r"back-?\s?ups?",
    "log": r"logs?|audit",
    "deleted": r"delet\w+|after (?:cancellation|termination|the end)",
    "card": r"cards?",
    "bank": r"ach|sepa|wire|bank|direct debit|paypal",
    "subscription": r"subscription payments?|subscriptions? only|recurring",
    "usage": r"usage|metered|overages?|additional|extra|add-?\s?ons?|top-?\s?ups?",
    "one-time": r"one-?\s?(?:time|off)",
    "upgrade": r"upgrad\w+|renew\w+|extension|extended|extend",
    "volume": r"volume|bulk",
    "promotion": r"promo\w*|launch offer|limited[- ]time|black friday|introductory|coupons?|vouchers?|referr\w+|codes?",
    "first": r"first (?:month|year|\d+)",
    "minimum": r"minimum|min\.|at least",
    "tax": r"vat|tax(?:es)?|net|gross",
    "sandbox": r"sandbox|test mode|staging",
    "preview": r"beta|preview|alpha|experimental",
    "maintenance": r"maintenance|scheduled",
    "office hours": r"business hours|weekends?|office hours|working hours|24/7",
    "partial": r"partial\w*|pro-?\s?rat\w+|unused",
}
_QUALIFIER = re.compile(
    "|".join(rf"(?P<q{at}>\b(?:{words})\b)" for at, words in enumerate(_QUALIFIERS.values())), _FLAGS
)
_NAMES = tuple(_QUALIFIERS)
_EDITION = re.compile(r"(?<![\w.])(?:v\d+(?:\.\d+)*|\d+\.\d+(?:\.\d+)*|latest|legacy|archive[d]?|deprecated)(?![\w.])")


_KEPT = re.compile(
    r"\b(?:keeps?|stores?|retains?) (?:[\w-]+ ){0,3}?(?P<object>[\w-]+) for\b"
    r"|(?P<subject>[\w-]+) (?:is|are) (?:kept|stored|retained) for\b",
    _FLAGS,
)
_ANY_RECORD = frozenset("data it them everything all records information content".split())  # noqa: SIM905


def kept_thing(sentence: str) -> str:
    """What is kept for a time, "" for data in general and what `qualifiers_in` tells apart by itself."""
    match = _KEPT.search(sentence)
    thing = (match["object"] or match["subject"]).lower() if match else ""
    return "" if thing in _ANY_RECORD or qualifiers_in(thing) else singular(thing)


def states_no_rule(sentence: str) -> bool:
    """True for examples, history, other companies' figures, and what only some keep."""
    return _NO_FACT.search(sentence) is not None


def is_exception(section: str) -> bool:
    """True if a section (its heading or one of its sentences) speaks about exceptions, examples or competitors."""
    return _SECTION_EXCEPTION.search(section) is not None


def provider(sentence: str) -> str:
    """The name that a sentence gives as the one who charges; "" if it names none."""
    match = _OTHERS_FEE.search(sentence)
    return match[1].lower() if match else ""


def qualifiers_in(*texts: str) -> set[str]:
    """The conditions that texts name, from a closed list."""
    found = {_NAMES[int(m.lastgroup[1:])] for text in texts for m in _QUALIFIER.finditer(text) if m.lastgroup}
    return found | {f"additional {singular(m['what'].lower())}" for text in texts for m in _ADDITIONAL.finditer(text)}


def edition_of(source: str) -> str:
    """The version among the folders of a path: parallel editions of a manual do not contradict each other."""
    folders = source.split("/")[:-1]
    return next((folder for folder in reversed(folders) if _EDITION.fullmatch(folder.lower())), "")
