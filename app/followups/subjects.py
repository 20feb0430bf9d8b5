"""The lead's own words for what they asked about, as a short phrase fit for "You asked about ..."."""

import re

from app.followups.question_clauses import as_clause
from app.language.words import STOP_WORDS, words

_MAX_WORDS, _MAX_CLAUSE_WORDS = 8, 11
_PRONOUNS = frozenset(
    """
    i me my mine myself we us our ours you your yours u ur he him his she her hers it its they them their theirs
    this that these those there here one ones someone somebody something anything everything nothing same such
    who whom whose lead prospect
    """.split()  # noqa: SIM905 - a word list reads better as text
)
# Words that speak to whoever reads the record: not what a lead asks a seller about.
_STEERING = re.compile(
    r"\b(?:ignore|disregard|instructions?|prompt|system message|assistant|jailbreak|pretend|roleplay|output|"
    r"respond with|reply with|say that|tell (?:them|him|her|everyone)|click|password|https?|www|override)\b",
    re.IGNORECASE,
)
_CLEAN = re.compile(r"(?!.*\bw/)[^\W_](?:[\w &'’+/%$€£.-]|,(?=\d))*[\w%+]|\w", re.UNICODE)
# Where the subject ends: another event, a time, a place, or another person's matter.
_OCCASION = (
    r"(?:call|demo|meeting|e-?mail|chat|webinar|website|form|conference|event|booth|trade\ show|week|month|quarter)"
)
_END = re.compile(
    rf"""\s*(?:,(?!\d)|[;:!?()"“”]|\.(?=\s|$)|\s[-–—]\s)
      | \s+(?:and\ then|then|but|however|though|although|because|since|so\ (?:that|they|he|she|we|i)|who|which|that
        |where|when|while|if|before|after|during|until|till|via|over\ the\ phone|by\ (?:e-?mail|phone|chat)
        |(?:in|on|at)\ (?:the|our|a|her|his|their|my|last)\ (?:\w+\ )?{_OCCASION}
        |on\ \w+day|last\ \w+|this\ (?:week|month|morning)|yesterday|today|tomorrow|ago|again|twice|recently|earlier
        |stopped|went|didn['’]?t|did\ not|never|has\ not|hasn['’]?t|no\ (?:reply|response|answer)
        |and\ (?:has|have|is|was|did|didn['’]?t|went|stopped|never|asked|asks|wants|wanted|said|requested|would|also|now
          |not|no|we|i|they|he|she)
        |please|pls|plz|thanks|thank\ you|asap)\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
# A clause runs on where a noun phrase would end ("what happens to data after cancellation").
_CLAUSE_END = re.compile(
    r"""\s*(?:,(?!\d)|[;:!?()"“”]|\.(?=\s|$)|\s[-–—]\s)
      | \s+(?:and\ then|but|however|though|although|last\ \w+|yesterday|today|ago|twice|recently|please|pls|thanks
        |stopped|went\ \w+|no\ (?:reply|response|answer)|(?:in|on|at|during)\ (?:the|our|a|last)\ (?:\w+\ )?"""
    + _OCCASION
    + r""")\b""",
    re.VERBOSE | re.IGNORECASE,
)
# Whoever writes a CRM note: "they" are the lead, "you" and "we" the seller.
_RETOLD = {"they": "you", "their": "your", "them": "you", "you": "we", "your": "our", "u": "we"}
# "whether customers can see their invoices": not the lead's.
_OF_OTHERS = frozenset({"they", "their", "them"})
_OTHERS = frozenset(
    """
    customers clients buyers users members employees guests visitors subscribers students patients tenants partners
    people contractors drivers suppliers vendors
    """.split()  # noqa: SIM905 - a word list reads better as text
)
_KEPT = frozenset({"it", "there", "same", *_RETOLD})
# Behind "we" these show that the note's "we" is the seller.
_SELLERS_VERBS = frozenset(
    "offer support integrate have provide handle charge store host include comply guarantee accept cover work".split()  # noqa: SIM905
)
_CLAUSE_START = re.compile(r"(?:whether|how|what|which|when|where|why|who)\b", re.IGNORECASE)
_LEADING = re.compile(
    r"""(?:(?:(?:more|further|additional|some|general|detailed)\s+)?
        (?:information|info|details?|questions?|clarification|clarity|insights?)\s+(?:about|on|regarding|of|around)\s+
      | (?:more|some|any|further|additional|general|your|our|the\ following|a\ few|detailed|about|on|regarding|for|of
        |to\ (?:see|get|have|know(?:\ more)?))\s+
    )+""",
    re.IGNORECASE | re.VERBOSE,
)
_TRAILING = frozenset(
    """
    a an the and or of for to with in on at by from about as per is are was be can could would will our your their than
    into via vs etc more some any if whether how what very also not no
    """.split()  # noqa: SIM905 - a word list reads better as text
)
# "what the fees are" ends on what would hang at the end of a noun phrase, as does "which countries you pay out to".
_ENDS_CLAUSE = frozenset({"is", "are", "was"})
_ENDS_WHOLE_CLAUSE = _ENDS_CLAUSE | {"to", "for", "with", "on", "in", "from", "about", "by", "at", "of"}
_NO_NOUN_PHRASE = frozenset(
    """
    to be not no is are and or as too very already if in at by from with out off up down on of for so just yes ok
    """.split()  # noqa: SIM905 - a word list reads better as text
)
_EMPTY_NOUNS = frozenset(
    """
    help time info information detail details question questions call callback back meeting reply response answer email
    chat talk conversation contact thing things stuff lot bit someone follow followup update way
    team company business product solution solutions tool goals needs workflow boss manager
    """.split()  # noqa: SIM905 - a word list reads better as text
)
# What announces the subject, most telling first. The subject follows the match.
_ASKED = r"(?:ask(?:ed|s|ing)?|inquir(?:ed|es)|enquir(?:ed|es)|queried|wonder(?:ed|s|ing))"
_ANNOUNCED = tuple(
    re.compile(pattern, re.IGNORECASE | re.VERBOSE)
    for pattern in (
        rf"""\b{_ASKED}(?:\s+(?:me|us|him|her|them|the\s+team))?(?:\s+(?:an?\s+)?(?:\w+\s+)?questions?)?
            \s+(?:about|regarding|around|on|for|after|re:?)\s+""",
        rf"""\b(?:{_ASKED}|wants?\s+to\s+know|wanted\s+to\s+know|would\s+like\s+to\s+know|curious|unclear|unsure|explain
            |clarify|understand|know|tell\s+(?:me|us))\s+(?=(?:whether|if|how|what|which|when|where|who|why)\b)""",
        r"""\b(?:questions?|inquiry|enquiry|query|clarification|curious|concerns?|concerned|worried|worries|hesitant|nervous
            |unsure|objections?|doubts?)\s+(?:about|on|regarding|around|re:?|concerning|over|with|to)\s+""",
        r"""\b(?:requested|requests|requesting)\s+""",
        r"""\b(?:know|learn|hear|talk|see|find\s+out|tell\s+(?:me|us)|understand)\s+(?:more\s+)?about\s+""",
        r"""\b(?:do|does|can|could|will|would)\s+(?:you|u|it|the\s+\w+|your\s+\w+|this)
            (?:\s+(?:guys|also|already|currently|ever|have\s+to|please))*
            \s+(?:offer|have|sell|support|provide|include|handle|cover|accept|allow|come\s+with|supply|do|give|send|share|show
            |explain|clarify)(?:\s+(?:me|us))?\s+""",
        r"""\b(?:is|are)\s+there\s+""",
        r"""\bhow\s+much\s+(?:is|are)\s+|\b(?:how\s+much|what)\s+(?:does|do|would|will)\s+(?=(?:\w+\s+){1,5}costs?\b)""",
        r"""\bwhat(?:['’]s|\s+is|\s+are|s)\s+(?=(?:the|your|a|an)\b)""",
        r"""\b(?:please\s+|pls\s+|plz\s+|kindly\s+)?(?:send|share|provide|clarify|explain)\s+(?:me\s+|us\s+|over\s+|across\s+)?""",
        r"""\b(?:interested\s+in|interest\s+in|looking\s+(?:for|at|into)|evaluating|exploring|wants?|wanted|needs?|needed
            |would\s+like|requires?)\s+(?!to\b)""",
    )
)
_WORKS_WITH = re.compile(
    r"\b(?:integrat\w+|works?|connects?|syncs?|compatible|plugs?|link|export|import)"
    r"\s+(?:\w+\s+){0,2}?(?:with|to|into|from)\s+",
    re.IGNORECASE,
)
_MAX_FRAGMENT = 8
_THIRD_PERSON = re.compile(r"\b(?:they|their|them)\b", re.IGNORECASE)
_GREETED = re.compile(
    r"^(?:hi|hello|hey|dear|thanks|thank you)\b[^,.!?]{0,30}[,.!]\s*(?:and |but |so )?", re.IGNORECASE
)
# Words that tell what happened rather than what is wanted.
_EVENT = re.compile(
    r"\b(?!need\b|embed|fixed\b|shared\b|advanced\b|automated\b|integrated\b|hosted\b|managed\b|dedicated\b|unlimited\b"
    r"|embedded\b|seed\b|speed\b)\w{2,}ed\b|\b(?:met|saw|read|came|went|spoke|left|sent|got|had|has|was|were|is|are|will|due"
    r"|lead|visitor|attendee|contact|referral|inbound|outbound|newsletter|linkedin|fair|booth)\b",
    re.IGNORECASE,
)
_STATE = re.compile(r"(?:^|\s)(?:available|possible|included|supported|allowed|provided)$", re.IGNORECASE)
_NOT_A_FRAGMENT = re.compile(
    r"(?:(?:after|at|by|for|from|in|on|since|to|until|with) (?:how|what|which|when|whom?)"
    r"|how|what|which|when|where|why|who|do|does|did|can|could|is|are|will|would|should|may|have|has|we|i|they|it|he|she"
    r"|you|not|no|too|very|says?|wants?|needs?|likes?|likely|maybe|already|still|send|please|compare|install|connect|migrate"
    r"|switch|move|talk|call|discuss|follow)\b",
    re.IGNORECASE,
)
_NAMED = re.compile(r"(?:[A-Z][\w.]*[\w]|[a-z]+[A-Z]\w*)(?:\s+(?:[A-Z0-9]\w*))*")


def subject_in(text: str, own_names: frozenset[str] = frozenset()) -> str | None:
    """What `text` (a clause of the record) says that the lead asked about or wants, in its own words, or None.

    At most eight words without pronouns, starting in lower case unless it is a name. `own_names` (lower case) are
    words such as the lead's name that cannot be a subject.
    """
    for pattern in _ANNOUNCED:
        match = pattern.search(text)
        found = phrase_from(text[match.end() :], own_names) if match else None
        if found is not None:
            return found
    match = _WORKS_WITH.search(text)
    named = _NAMED.match(text, match.end()) if match else None
    return phrase_from(named[0], own_names) if named else None


def asked_in(text: str, own_names: frozenset[str] = frozenset(), *, reported: bool = True) -> str | None:
    """What a question asks, fit for "You asked ...": a clause, a noun phrase behind "about", or None.

    `reported`: the words are a CRM's ("asked whether ..."), not the lead's own.
    """
    told = subject_in(text, own_names) if reported else None
    if told is not None and _CLAUSE_START.match(told):
        return told
    clause = as_clause(_GREETED.sub("", text))
    if clause is not None and _fits(clause, True) and not own_names & set(words(clause)):
        return clause
    if not reported and _THIRD_PERSON.search(text):
        return None
    return told or subject_in(text, own_names) or fragment_in(text, own_names)


def fragment_in(text: str, own_names: frozenset[str] = frozenset()) -> str | None:
    """A note that is nothing but a noun phrase ("SSO with Okta", "free trial?"), or None."""
    bare = _STATE.sub("", text.strip(" .?!"))
    tokens = bare.split()
    if not 1 <= len(tokens) <= _MAX_FRAGMENT or _EVENT.search(bare) or _NOT_A_FRAGMENT.match(bare):
        return None
    return phrase_from(bare, own_names, begins=True)


def phrase_from(text: str, own_names: frozenset[str] = frozenset(), *, begins: bool = False) -> str | None:
    """The clean phrase that `text` starts with, or None. `begins`: its capital may only mean that a sentence begins."""
    rest = _LEADING.sub("", text.strip(), count=1) if _LEADING.match(text.strip()) else text.strip()
    rest = re.sub(r"^if\s", "whether ", rest, flags=re.IGNORECASE)
    clause = _CLAUSE_START.match(rest)
    start = clause.end() if clause else 0
    end = (_CLAUSE_END if clause else _END).search(rest, start)
    tokens = (rest[: end.start()] if end else rest).split()
    told = _retold(tokens) if clause else _before_pronoun(tokens)
    ended = end is None or not rest[end.start() :].strip(" .?!")
    is_whole = ended and len(told) == len(tokens) and not rest.lower().startswith("whether ")
    trailing = _TRAILING - (_ENDS_WHOLE_CLAUSE if is_whole else _ENDS_CLAUSE) if clause else _TRAILING
    tokens = told
    while tokens and tokens[-1].casefold().strip(".,") in trailing:
        tokens = tokens[:-1]
    phrase = " ".join(tokens).strip(" .-'’")
    if not _fits(phrase, clause is not None) or own_names & set(words(phrase)):
        return None
    return _in_sentence(phrase, begins)


def _retold(tokens: list[str]) -> list[str]:
    """A reported clause as the seller would say it to the lead, up to the first pronoun that points nowhere."""
    told = [tokens[0]]
    for index, token in enumerate(tokens[1:], 1):
        bare = token.casefold().strip(".,'’")
        following = tokens[index + 1].casefold() if index + 1 < len(tokens) else ""
        if bare in _PRONOUNS - _KEPT and not (bare == "we" and following in _SELLERS_VERBS):
            break
        of_others = bare in _OF_OTHERS and bool(_OTHERS.intersection(word.casefold() for word in told))
        told.append(token if of_others else _RETOLD.get(bare, token))
    return told


def _before_pronoun(tokens: list[str]) -> list[str]:
    """Tokens up to the first pronoun: a record's "their team" cannot stand in a message to them."""
    for index, token in enumerate(tokens):
        if token.casefold().strip(".,'’") in _PRONOUNS:
            return tokens[:index]
    return tokens


def _fits(phrase: str, is_clause: bool) -> bool:
    tokens = phrase.split()
    meaningful = [word for word in words(phrase) if word not in STOP_WORDS]
    longest = _MAX_CLAUSE_WORDS if is_clause else _MAX_WORDS
    if not 1 <= len(tokens) <= longest or not meaningful or not _CLEAN.fullmatch(phrase) or _STEERING.search(phrase):
        return False
    return len(tokens) >= 3 if is_clause else not _is_fragment(tokens, meaningful)


def _is_fragment(tokens: list[str], meaningful: list[str]) -> bool:
    """Starts with a word that no noun phrase starts with, or names nothing in particular."""
    return tokens[0].casefold() in _NO_NOUN_PHRASE or all(word in _EMPTY_NOUNS for word in meaningful)


def _in_sentence(phrase: str, begins: bool) -> str:
    """Capitals that only began a sentence, or shouted, become small; names keep theirs."""
    if phrase.isupper() and len(phrase) > 5:
        return phrase.lower()
    first = phrase.partition(" ")[0]
    return phrase[0].lower() + phrase[1:] if begins and first[:1].isupper() and first[1:].islower() else phrase
