"""Which figures of a business are comparable between documents: prices, fees, terms and allowances, by name."""

import re
from dataclasses import dataclass

_FEE_WORDS = r"(?:fee|rate|cost|charge|price|premium|commission)s?"


@dataclass(frozen=True, slots=True)
class Measure:
    """`words` must occur beside a figure of one of `kinds`. `of_plan`: means something only for a named subject."""

    name: str
    kinds: frozenset[str]
    words: re.Pattern[str]
    of_plan: bool = False


def _measure(name: str, kinds: str, words: str, *, of_plan: bool = False) -> Measure:
    return Measure(
        name, frozenset(kinds.split()), re.compile(rf"(?:(?<![^\W_])|(?<=\d))(?:{words})", re.IGNORECASE), of_plan
    )


_SPAN = r"(?:days?|weeks?|months?)"

# The first that fits decides, so the particular stands before the general.
MEASURES = (
    _measure("setup fee", "money", rf"(?:set-?\s?up|implementation|onboarding|activation|installation) {_FEE_WORDS}\b"),
    _measure(
        "dispute fee",
        "money",
        rf"per (?:dispute|chargeback)\b|(?:dispute|chargeback) {_FEE_WORDS}|(?:disputes|chargebacks) (?:cost|are)\b",
    ),
    _measure("payout fee", "money percent fee", rf"per (?:payout|withdrawal)\b|(?:payout|withdrawal) {_FEE_WORDS}"),
    _measure("late fee", "money percent", rf"late(?: payment)? {_FEE_WORDS}"),
    _measure("overage price", "money", r"(?:additional|extra|overages?)\b"),
    _measure(
        "transaction fee",
        "money percent fee",
        rf"(?:per|(?:of|on|from) (?:every|each)) (?:successful |paid )?(?:transaction|charge|sale|order|payment)\b"
        rf"|(?:transaction|processing|platform|payment) {_FEE_WORDS}",
    ),
    _measure(
        "discount",
        "percent",
        r"discount|off\b|rebate|(?:pay|bill)\w* (?:annually|yearly|by the year)[\w ]{0,20} saves?\b",
    ),
    _measure(
        "free trial",
        "duration",
        rf"{_SPAN}[- ](?:\w+[- ])?trial|trial(?: period| version)?(?: of [\w ]{{1,40}})?"
        rf"(?: runs| lasts| is| period)?(?: for)?:? ?\d|{_SPAN} to (?:try|test)\b"
        r"|(?:(?:try|test|use) (?:[\w-]+ ){1,4}|accounts? (?:is|are) )free(?: of charge)? for\b",
    ),
    _measure(
        "notice period",
        "duration",
        rf"{_SPAN}(?:['’]s?)? (?:prior |written |advance |in advance )*notice|notice periods?\b",
    ),
    _measure(
        "refund processing",
        "duration",
        r"refunds? (?:usually |normally )?(?:takes?|(?:are|is) processed|appears?|arrives?)",
    ),
    _measure("refund period", "duration", r"refund|money[- ]back"),
    _measure(
        "contract term",
        "duration",
        r"(?:contract|commitment|subscription) (?:term|period|length)|minimum (?:term|contract|commitment)"
        r"|contracts? (?:runs?|lasts?)",
    ),
    _measure("uptime", "percent", r"uptime|availability"),
    _measure(
        "response time",
        "duration",
        r"(?:first|initial|support|guaranteed|target) respon[sd]\w*|response times?\b|first reply"
        r"|(?:we|support|team) (?:responds?|repl(?:y|ies)|answers?)\b"
        r"|(?:we|support|(?:our|the|support) team) gets? back\b"
        r"|(?:tickets|support (?:requests|questions|e-?mails)) are answered\b",
    ),
    _measure(
        "retention",
        "duration",
        r"retention|retain(?:ed|s)?\b|(?:kept|stored) for\b|(?:keeps?|stores?) (?:[\w-]+ ){1,4}for\b",
    ),
    _measure(
        "implementation time",
        "duration",
        r"(?:implementation|onboarding|set-?\s?up|go-?live|going live|rollout)(?: time| phase| period)?"
        r"(?: (?:usually|typically|generally|normally))?(?: takes?\b| lasts?\b| is\b| within\b|:)",
    ),
    _measure(
        "price",
        "money",
        r"pric|cost|fees?\b|per (?:user|seat|month|year|member)\b|/|monthly|is\b|are\b|for\b|at\b|:|\(|month\b|each\b",
        of_plan=True,
    ),
    _measure("users", "count", r"users?\b|seats?\b|members?\b|people\b", of_plan=True),
    _measure("projects", "count", r"projects?\b", of_plan=True),
    _measure("workspaces", "count", r"workspaces?\b", of_plan=True),
    _measure("invoices", "count", r"invoices?\b", of_plan=True),
    _measure("integrations", "count", r"integrations?\b|connectors?\b", of_plan=True),
    _measure("contacts", "count", r"contacts?\b|subscribers?\b", of_plan=True),
    _measure("storage", "size", r"storage|space|files|data", of_plan=True),
    _measure("hours", "duration", r"hours?\b(?:\s?(?:/|per|a|each)\s?(?:month|mo)\b|.{0,20}\bmonthly)", of_plan=True),
)


def measure_of(kind: str, clause: str) -> Measure | None:
    """What a figure of `kind` measures, by the words of its clause."""
    return next((item for item in MEASURES if kind in item.kinds and item.words.search(clause)), None)
