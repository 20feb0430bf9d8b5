"""Drop unsupported sentences from a message so that the rest still reads."""

import re
from collections.abc import Sequence

from app.grounding.types import ClaimKind, ClaimResult, GroundingReport, Verdict
from app.language.words import STOP_WORDS

# Openings that lean on the sentence before. The first kind can be cut off; a sentence of the second kind goes too.
_CONNECTOR = re.compile(
    r"(?:also|additionally|in addition|plus|moreover|furthermore|besides(?: that)?|on top of that"
    r"|what(?:'s|’s| is) more|"
    r"likewise|similarly|however|that said|having said that|then again|still|even so|meanwhile|as well|next|secondly|"
    r"second|finally|and|but|so|in fact|indeed|for example|for instance|in short|overall)\b,?\s+",
    re.IGNORECASE,
)
_LEANS = re.compile(
    r"(?:that(?:'s|’s| is| was| means| way| makes)|this\b|these\b|those\b|it\b|its\b|they\b|their\b"
    r"|both\b|as a result|therefore|"
    r"thus|hence|consequently|because of (?:that|this)|which\b|in other words|the (?:same|latter|former)\b)",
    re.IGNORECASE,
)
_GOOD = (Verdict.SUPPORTED, Verdict.EXEMPT)
_STATES = (ClaimKind.ASSERTION, ClaimKind.COMMITMENT, ClaimKind.OFFER)


def without_failures(message: str, report: GroundingReport) -> str:
    """The message without failing sentences, orphaned connectors and sentences that leaned on dropped ones.

    Paragraphs and the greeting stay. Returns "" when no statement is left: a greeting and a question alone are no
    follow-up.
    """
    if not report.failures:
        return message
    kept = _without_signature(_kept(report.claims), report.claims)
    if not any(_is_substance(claim) for claim, _ in kept):
        return ""
    pieces: list[str] = []
    previous: ClaimResult | None = None
    for claim, text in kept:
        if previous is not None:
            pieces.append(_gap(message, previous, claim))
        joined = previous is not None and previous.kind is ClaimKind.GREETING and "\n" not in pieces[-1]
        pieces.append(_after_greeting(text, previous) if joined and previous is not None else text)
        previous = claim
    text = "".join(pieces).strip()
    return text[:1].upper() + text[1:] if kept[0][0] is not report.claims[0] else text


def _is_substance(claim: ClaimResult) -> bool:
    return claim.kind in _STATES and (claim.verdict is Verdict.SUPPORTED or claim.kind is ClaimKind.COMMITMENT)


def _without_signature(
    kept: list[tuple[ClaimResult, str]], claims: Sequence[ClaimResult]
) -> list[tuple[ClaimResult, str]]:
    """A closing "Best regards," goes with the name that was dropped after it."""
    if len(kept) > 1 and kept[-1][0].kind is ClaimKind.GREETING and kept[-1][0] is not claims[-1]:
        return kept[:-1]
    return kept


def _kept(claims: Sequence[ClaimResult]) -> list[tuple[ClaimResult, str]]:
    kept: list[tuple[ClaimResult, str]] = []
    dropped_before = False
    for claim in claims:
        if claim.verdict not in _GOOD:
            dropped_before = True
            continue
        text = claim.text
        if (
            dropped_before
            and claim.kind in _STATES
            and claim.verdict is not Verdict.EXEMPT
            or dropped_before
            and _leads_on(text)
        ):
            text = _without_connector(text)
            if _LEANS.match(text) and claim.kind is not ClaimKind.QUESTION:
                continue
        kept.append((claim, text))
        dropped_before = False
    return kept


def _leads_on(text: str) -> bool:
    return _CONNECTOR.match(text) is not None or _LEANS.match(text) is not None


def _without_connector(text: str) -> str:
    match = _CONNECTOR.match(text)
    if match is None or match.end() >= len(text):
        return text
    rest = text[match.end() :]
    return rest[0].upper() + rest[1:]


def _gap(message: str, previous: ClaimResult, claim: ClaimResult) -> str:
    """The widest white space between two kept sentences: a paragraph break survives what stood in between."""
    between = message[previous.end : claim.start]
    breaks = max((len(run) for run in re.findall(r"\n+", re.sub(r"[ \t\r]", "", between))), default=0)
    return "\n" * min(breaks, 2) if breaks else " "


def _after_greeting(text: str, greeting: ClaimResult | None) -> str:
    """`Hi Ana, The plan ...` continues in lower case when the first word is an ordinary one."""
    if greeting is None or not greeting.text.endswith(","):
        return text
    first = text.split(maxsplit=1)[0]
    ordinary = first.lower() in STOP_WORDS and first != "I" and first.istitle()
    return text[0].lower() + text[1:] if ordinary else text
