"""Keeps a lead's personal data away from the model: placeholders go in, the model's text gets the values back.

Names are matched as whole words. A person's name is found in any case, unless it is also an ordinary word ("Will",
"May") or very short: then only as recorded, capitalised, or in capitals. Other parts of the name that are ordinary
words ("Anna Price") are hidden only within the full name or behind a title, since a price objection has to reach the
model. A company of one word is found as recorded, capitalised, or in capitals. Names of the product and of the
sending company stay, whatever they contain; with `ours` they get placeholders too, which a small model cannot misspell.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from app.followups.types import LeadContext
from app.language.names import first_name

LEAD_NAME = "[LEAD_NAME]"
LEAD_FULL_NAME = "[LEAD_FULL_NAME]"
LEAD_COMPANY = "[LEAD_COMPANY]"
LEAD_COMPANY_FULL = "[LEAD_COMPANY_FULL]"
PRODUCT = "[PRODUCT]"
OUR_COMPANY = "[OUR_COMPANY]"

# What models make of a placeholder: other brackets, other case, an escaped or missing underscore, none at all.
_GAP = r"[ _\\-]{0,3}"
_OURS = (
    rf"LEAD{_GAP}NAME(?:{_GAP}\d{{1,3}})?|LEAD{_GAP}FULL{_GAP}NAME|LEAD{_GAP}COMPANY(?:{_GAP}FULL)?"
    rf"|(?:EMAIL|PHONE|LINK|TEXT){_GAP}\d{{1,3}}|PRODUCT|OUR{_GAP}COMPANY"
)
_BARE = (
    r"LEAD\\?_NAME(?:\\?_\d{1,3})?|LEAD\\?_FULL\\?_NAME|LEAD\\?_COMPANY(?:\\?_FULL)?"
    r"|(?:EMAIL|PHONE|LINK|TEXT)\\?_\d{1,3}"
)
_PLACEHOLDER = (
    rf"\[\s{{0,3}}(?i:{_OURS})\s{{0,3}}\]|\{{{{1,2}}\s{{0,3}}(?i:{_OURS})\s{{0,3}}\}}{{1,2}}"
    rf"|<{{1,2}}\s{{0,3}}(?i:{_OURS})\s{{0,3}}>{{1,2}}|(?<![\w\\])(?:{_BARE})(?![\w\\])"
)
_LINK = (
    r"(?:https?://|www\.)[^\s<>\"')\]]{1,500}"
    r"|(?<![\w@.-])(?:[\w-]{1,63}\.){1,4}(?:com|net|org|io|eu|de|fr|es|it|nl|uk|ai|dev|app)(?![\w-])(?:/[^\s<>\"')\]]{0,500})?"
)
_EMAIL = r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"
# Dates and years look like phone numbers to a pattern of digits, so they are recognised first and kept.
_DATE = (
    r"(?<!\d)(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2}))(?!\d)"
    r"(?:[T ]\d{1,2}:\d{2}(?::\d{2})?)?|(?<!\d)\d{4}\s?[-–]\s?\d{4}(?!\d)"
)
_PHONE = (
    r"(?<![\w$€£+.,-])(?:\+\s?(?:\(\d{1,4}\)[\s./-]?)?\d(?:[\s./()-]{0,2}\d){6,14}"
    r"|1[\s.-]\d{3}[\s.-]\d{3}[\s.-]\d{4}|\(?\d{2,5}\)?(?:[\s./-]{1,2}\d{2,5}){2,4}"
    r"|0\d{2,5}[\s/-]\d{5,9}|\d{3}[-.]\d{4}|\d{9,15})(?![\w%]|[.,]\d)"
)
_TITLE = r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Herr|Frau|Sir|Madame|Mme)\.?"
_LEGAL_FORM = re.compile(
    r"[\s,]+(?:Inc|Incorporated|LLC|LLP|Ltd|Limited|Corp|Corporation|Company|Co|GmbH|AG|KG|SE|SA|SAS|SARL|SRL|SpA|BV|NV"
    r"|AB|AS|ASA|ApS|Oy|PLC|Pty|Pte|Kft|s\.r\.o|d\.o\.o)\.?$",
    re.IGNORECASE,
)
# Names of people that are also words of business mail.
_ORDINARY = frozenset(
    """
    amber april art august autumn banks bell best bill bills black bond brown bush butler carter case cash chance chase
    christian church city cliff cook cook cost crystal dawn day dean drew duke earl faith field fields fish fox frank
    free friend gene gold good grace grant green gray grey guy hall hand harmony heath hill hope house hunt hunter ivy
    jack jade joy june king lane law lily little long love low major mark market mason may melody miles mills moon moore
    more north page park parker parks pat pearl penny person plan porter price prime pay quick ray read reed rich rob
    rose ruby rush sales sandy self sharp short simple small snow south spring star state stone story street strong sue
    summer swift team test trade walker west white will win winter wise wood woods work world young
    """.split()  # noqa: SIM905 - a word list reads better as text
)
_PARTICLES = frozenset(
    "al ap bin da de del della den der di do dos du el ibn la le of ten ter the van von y zu".split()  # noqa: SIM905
)
_SHORT_NAME = 3


@dataclass(slots=True)
class Mask:
    """The placeholders of one lead. `hide` adds numbered ones (e-mails, phones, links) as it meets new values."""

    _names: dict[str, str]
    _forms: dict[str, str]
    _pattern: re.Pattern[str]
    _numbered: dict[str, str] = field(default_factory=dict)

    @property
    def placeholders(self) -> tuple[tuple[str, str], ...]:
        """`(placeholder, value)` pairs: names first, numbered ones in order of appearance."""
        return (*self._names.items(), *((name, value) for value, name in self._numbered.items()))

    def hide(self, text: str) -> str:
        """`text` with every name, e-mail address, phone number and link replaced. Linear in its length.

        `restore(hide(text)) == text`, but for names that `text` spells in another case than the record does.
        """
        return self._pattern.sub(self._replace, text)

    def restore(self, text: str) -> str:
        return restore(text, self.placeholders)

    def _replace(self, match: re.Match[str]) -> str:
        value, kind = match[0], match.lastgroup or "keep"
        if kind == "keep":
            return value
        if kind == "name" and _folded(value) in self._forms:
            return self._forms[_folded(value)]
        if kind == "titled":
            title, name = value.rsplit(None, 1)
            return f"{title} {self._forms[_folded(name)]}"
        # Two letters can be one to a pattern that ignores case, and still fold apart: such a name gets a number.
        kind = "TEXT" if kind == "name" else kind
        if value not in self._numbered:
            number = 1 + sum(name.startswith(f"[{kind}_") for name in self._numbered.values())
            self._numbered[value] = f"[{kind}_{number}]"
        return self._numbered[value]


def mask(lead: LeadContext, *, ours: bool = False) -> Mask:
    """The mask of a lead. `[LEAD_NAME]` is what to call the person; it is missing if no usable name is known.

    With `ours`, the names of the product and of the sending company are masked where they stand as recorded.
    """
    people, companies = dict(_person(lead.lead_name)), dict(_company(lead.lead_company or ""))
    named = {PRODUCT: lead.product_name, OUR_COMPANY: lead.company_name or ""}
    own = {place: name for place, name in named.items() if ours and name}
    names = people | companies | own
    forms: dict[str, str] = {}
    for placeholder, value in names.items():
        forms.setdefault(_folded(value), placeholder)
    kept = [name for name in named.values() if name and _folded(name) not in forms]
    titled = [value for name, value in people.items() if name != LEAD_NAME and _folded(value) in _ORDINARY]
    spellings = {value: _person_pattern(value) for value in people.values() if value not in titled}
    spellings |= {value: _company_pattern(value) for value in companies.values()}
    spellings |= {value: _word(value) for value in own.values() if value not in spellings}
    # Longest first, so that "Acme Ltd" is found before "Acme".
    longest_first = sorted(spellings, key=len, reverse=True)
    groups = {
        "LINK": _LINK,
        "EMAIL": _EMAIL,
        # Also where a word goes on: what follows may be hidden, and then it would read as a placeholder.
        "TEXT": f"{_PLACEHOLDER}|{_BARE}",
        "keep": "|".join([*(_word(name) for name in kept), _DATE]),
        "titled": "|".join(rf"(?<!\w)(?i:{_TITLE})\s" + _word(name) for name in titled),
        "name": "|".join(spellings[value] for value in longest_first),
        "PHONE": _PHONE,
    }
    pattern = "|".join(f"(?P<{group}>{expression})" for group, expression in groups.items() if expression)
    return Mask(names, forms, re.compile(pattern))


def restore(text: str, placeholders: Iterable[tuple[str, str]]) -> str:
    """Put the values back in one pass, so that a value is never itself replaced.

    Tolerates what models do to placeholders; unknown ones stay visible for validation to catch.
    """
    values = {_key(name): value for name, value in placeholders}
    return _ANY_PLACEHOLDER.sub(lambda match: values.get(_key(match[0]), match[0]), text)


_ANY_PLACEHOLDER = re.compile(_PLACEHOLDER)


def _person(name: str) -> Iterator[tuple[str, str]]:
    """Placeholder and value for each way the person may be named."""
    called = first_name(name)
    if called is None:
        return
    yield LEAD_NAME, called
    if _folded(name) != _folded(called):
        yield LEAD_FULL_NAME, name
    number = 2
    for part in dict.fromkeys(re.split(r"[\s,]+", name)):
        bare = part.strip(".")
        if len(bare) > 1 and part != called and bare.casefold() not in _PARTICLES and not re.fullmatch(_TITLE, part):
            yield f"[LEAD_NAME_{number}]", part
            number += 1


def _company(name: str) -> Iterator[tuple[str, str]]:
    """`[LEAD_COMPANY]` is the name without its legal form, as people write it."""
    full = short = name.strip()
    while (bare := _LEGAL_FORM.sub("", short).strip(" ,.")) and bare != short:
        short = bare
    if short:
        yield LEAD_COMPANY, short
    if short != full:
        yield LEAD_COMPANY_FULL, full


def _person_pattern(value: str) -> str:
    distinct = len(value) > _SHORT_NAME and _folded(value) not in _ORDINARY
    return f"(?i:{_word(value)})" if distinct else _cased_pattern(value)


def _company_pattern(value: str) -> str:
    return f"(?i:{_word(value)})" if " " in value else _cased_pattern(value)


def _cased_pattern(value: str) -> str:
    return "|".join(_word(form) for form in dict.fromkeys([value, value[:1].upper() + value[1:], value.upper()]))


def _word(text: str) -> str:
    """A pattern for `text` as a whole word, with any white space between its parts."""
    return r"(?<!\w)" + r"\s+".join(re.escape(part) for part in text.split()) + r"(?!\w)"


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _key(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())
