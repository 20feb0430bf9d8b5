"""Length, name, questions and exclamation marks."""

import re

from app.followups.rules.base import Judged
from app.followups.types import EdgeCase, Tone, Violation
from app.language.names import first_name

_AUXILIARY = r"(?:do|does|did|can|could|is|are|was|were|will|would|should|shall|may|have|has)"
_ASKING_WORD = r"(?:what|which|when|where|why|who|whom|how)"
_OPENS_QUESTION = re.compile(rf"\b(?:{_ASKING_WORD}|{_AUXILIARY})\b", re.IGNORECASE)
# "..., and would you ...", "... and when can ...": a second question in the same breath. "or would you rather" is a
# choice, and "and what it costs" belongs to the first question.
_SECOND_QUESTION = re.compile(
    rf"""(?:\band|[;&]|\balso,)\s+(?:also,?\s+|if\ so,?\s+|then\s+)?(?:
        {_AUXILIARY}(?:n['’]t)?\s+(?:you|we|i|it|there|they|that|this|the|your|our|anyone|someone|he|she)\b
      | {_ASKING_WORD}(?:\s+else)?(?:['’]s|\s+(?:{_AUXILIARY}|many|long|often|soon|much)\b
        (?!\s+(?:it|this|that|they|you|the\s+\w+)\s+\w+s\b))
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_QUESTION_MARKS = re.compile(r"[?？¿؟]+(?:[!?？؟]*)")
# Names that are English words or months: at the start of a sentence they may be just that.
_WORD_NAMES = frozenset(
    """
    will may mark grace hope art bill rob sue pat jack june april august faith joy rose drew chase grant frank miles
    rich dean guy gene ray sky summer autumn dawn eve lily ivy olive rusty sandy sunny wade lane brook cliff dale glen
    heath herb jasmine melody mercy norm penny peg robin sage tony victor violet wayne bob buck chance chip christian
    clay cole colt daisy destiny ernest forest hunter iris ginger holly honor joe max major mason nick page parker
    paris porter price reed
    """.split()  # noqa: SIM905 - a word list reads better as text
)
_GREETING_WORD = re.compile(r"\b(?:hi|hello|dear|hey|morning|afternoon|evening|day)\s+$", re.IGNORECASE)
_NAME_PART = r"(?<![\w@./-]){name}(?![\w@]|['’](?!s\b)|\.\w|-\w)"


def word_limit(judged: Judged) -> Violation | None:
    """At most `word_limit` words."""
    count = _count_words(judged.message)
    limit = judged.config.word_limit
    return Violation("word_limit", f"It has {count} words; use at most {limit}.") if count > limit else None


def minimum_words(judged: Judged) -> Violation | None:
    """At least `min_words` words."""
    count = _count_words(judged.message)
    least = judged.config.min_words
    return Violation("too_short", f"It has {count} words; use at least {least}.") if count < least else None


def name_mentions(judged: Judged) -> Violation | None:
    """The first name as often as `name_mentions` says; never where the record holds no usable name."""
    name = first_name(judged.lead.lead_name) if judged.lead.lead_name else None
    if name is None:
        return None
    count = _mentions(judged, name)
    wanted = judged.config.name_mentions
    if count == wanted:
        return None
    return Violation("name_mentions", f"The lead's name occurs {count} times; use it exactly {wanted} times.")


def question_count(judged: Judged) -> Violation | None:
    """As many questions as `questions` says, none in the answer to a rejection."""
    wanted = 0 if judged.strategy.edge_case is EdgeCase.REJECTION else judged.config.questions
    count = len(_QUESTION_MARKS.findall(judged.message))
    if count == wanted:
        return None
    return Violation("question_count", f"It asks {count} questions; ask exactly {wanted}.")


def double_question(judged: Judged) -> Violation | None:
    """No two questions joined in one sentence."""
    for sentence in judged.sentences:
        if not sentence.rstrip("\"'”’)").endswith("?"):
            continue
        opening = _OPENS_QUESTION.search(sentence)
        if opening and _SECOND_QUESTION.search(sentence, opening.end()):
            return Violation("double_question", "One sentence asks two questions; keep the more useful one.")
    return None


def exclamation(judged: Judged) -> Violation | None:
    """No exclamation mark in a formal message, and never a row of them."""
    if judged.strategy.tone is Tone.FORMAL and "!" in judged.message:
        return Violation("exclamation", "A formal message has no exclamation marks.")
    if re.search(r"!\s*!|\?!|!\?", judged.message):
        return Violation("exclamation", "Use a single punctuation mark.")
    return None


def _count_words(text: str) -> int:
    return sum(any(char.isalnum() for char in token) for token in text.split())


def _mentions(judged: Judged, name: str) -> int:
    """How often the person is named. The name inside a product's or company's name is not the person."""
    text = judged.message
    lead, sender = judged.lead, judged.lead.sender
    for other in (lead.product_name, lead.company_name, lead.lead_company, sender.name):
        if other and other.casefold() not in (name.casefold(), lead.lead_name.casefold()):
            text = re.sub(rf"(?<!\w){re.escape(other)}(?!\w)", " ", text)
    titled = " " in name
    core = name.split()[-1] if titled else name
    pattern = re.compile(
        _NAME_PART.format(name=re.escape(core)), 0 if core.casefold() in _WORD_NAMES else re.IGNORECASE
    )
    return sum(not _is_plain_word(text, match, lead.lead_name) for match in pattern.finditer(text))


def _is_plain_word(text: str, match: re.Match[str], full_name: str) -> bool:
    """Whether the match is a common word, or part of another's name ("Anderson Corp" for a lead called Anderson)."""
    following = re.match(r"\s([A-Z][\w&-]*)", text[match.end() :])
    if following and following[1].casefold() not in full_name.casefold().split() and not _greets(text, match):
        return match[0][:1].isupper()
    before = text[: match.start()].rstrip("\"'“‘( ")
    begins = not before or before[-1] in ".!?:\n" or text[: match.start()].endswith("\n")
    vocative = re.match(r"\s*[,!.]", text[match.end() :]) is not None
    return match[0].casefold() in _WORD_NAMES and begins and not vocative


def _greets(text: str, match: re.Match[str]) -> bool:
    return (
        re.search(r"\b(?:hi|hello|dear|hey|morning|afternoon|evening|day)\s+$", text[: match.start()], re.IGNORECASE)
        is not None
    )
