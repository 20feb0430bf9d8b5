"""Words and signs that give a sentence away as unfit for a message, by reason."""

import re

_MONTHS = "January February March April May June July August September October November December"
_NOT_A_POINTER = "by|how|which|what|when|who|exactly|every|their|your|all|in real"
_HOW_TO_VERBS = (
    "click|select|navigate|go to|choose|add|run|open|enter|use the|set|copy|paste|type|install|visit|contact|"
    "reach out|head|check|refer|see|follow|consult|create an?|make|press|tap|sign in|log in"
)


def _any(*fragments: str) -> re.Pattern[str]:
    """Whole words or phrases, any case."""
    return re.compile(r"\b(?:" + "|".join(fragments) + r")(?!\w)", re.IGNORECASE)


def _signs(*fragments: str) -> re.Pattern[str]:
    """Exactly these signs or spellings."""
    return re.compile("|".join(fragments))


# The order matters only for the reason that is reported.
GIVEAWAYS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("question", _signs(r"\?")),
    ("exclamation", _signs("!")),
    ("ellipsis", _signs("…", r"\.\.")),
    (
        "markup",
        _signs(
            r"[*_`#|<>{}\[\]\\^~=@→←↑↓•·●■▪◆★☆✓✔✗✘©®™†‡§¶¹²³⁴-⁹]",
            "--",
            "::",
            r"&\w+;",
            r"[\U0001F000-\U0001FAFF\u2600-\u27BF\uFE0F]",
        ),
    ),
    (
        "link or path",
        re.compile(
            r"https?:|www\.|\w\.(?:com|io|dev|org|net|app|ai|sh|co|eu|de|uk|html?)\b|(?:^|\s)[./]\w|\w/\w+/\w",
            re.IGNORECASE,
        ),
    ),
    (
        "code",
        _signs(
            r"\w\.(?:ya?ml|json|tsx?|jsx|py|mdx?|rs|sql|env|toml|xml|txt|lock)\b",
            r"\w\(",
            r"\$[A-Za-z]",
            r"\b[a-z]+[a-z0-9]*[A-Z]\w*",
            r"\w_\w",
            r"\s-[a-z]\b",
            r"\b[45]\d\d\b (?:error|status|response)",
        ),
    ),
    ("version", _any(r"v?\d+\.\d+\.\d+", r"v\d[\d.]*", r"versions? \d[\d.]*")),
    (
        "points elsewhere",
        _any(
            r"(?:above|below)(?! (?:\$?€?£?\d|average|your|the|an?|market|cost|\$|€|£))",
            "the above|the below|as follows|here|click|docs|documentation|tutorials?|appendix|footnote|though|elsewhere",
            "examples?|samples?|as well(?! as)|(?:can|could|will|may|you|we|is|are|they|it) also|(?:is|are|will|can) then|yes|still|templates?",
            r"following(?! (?:month|day|year|week|quarter|business|working|billing))",
            rf"(?:see|refer to|shown|listed|mentioned|described|discussed|outlined|explained)(?! (?:{_NOT_A_POINTER}))",
            r"(?:the|our|next|previous|last) (?:page|guides?|section|article|post|chapter|walkthrough|documentation|"
            r"documents?|handbook|screenshot|table|figure|list|video|examples?|steps?)",
            "(?:read|learn|find out) more|more (?:info|information|details)|(?:earlier|later|previously|already) (?:in|on)",
        ),
    ),
    (
        "demonstrative",
        _any(
            "this|these",
            "those(?! (?:who|that|with|in|of))",
            "(?:of|for|with|like|do|does|did|than|to|by|on|from|after|about|in|at|during|until|within|beyond|and) that",
            "that['’]s|that (?:one|way|case|said|being)|that \\w+(?=[.,;])|(?:let|letting) (?:them|you|us) know",
            "(?:do|doing|does|did) so",
            "such(?! as)",
            "the (?:former|latter|same)",
            "respectively",
        ),
    ),
    ("first person singular", _signs(r"\bI\b", r"\b[Mm](?:y|e|ine|yself)\b")),
    (
        "instruction",
        _any(
            "(?:has|have|needs?) to be|it (?:is|['’]s) (?:important|necessary|essential|possible|best|worth|recommended)",
            "you need(?! no)|you(?: are|['’]re) (?:now|being|redirected|done|ready|all set|prompted|asked)|successfully",
            "drop-?downs?|checkbox(?:es)?|sidebars?|toggles?|pop-?ups?|tabs?|icons?|menus?|buttons?|toolbars?|bullets?",
            "must|should|ought|make sure|be sure|keep in mind|please|note|do not forget|be aware|be careful|beware",
            "(?:you|users?|customers?|teams?|we|they|admins?|administrators?|developers?|merchants?|clients?) "
            "(?:need to|needs to|have to|has to|are required|is required|(?:may|might|will) (?:need|want))",
            "you(?: will|['’]ll) (?:need|want|have|see|find|then|also|be|get|notice|receive)",
            "(?:we (?:strongly )?)?(?:recommend|suggest|advise|encourage)s?|recommended|if you wish|right-click",
            "steps?(?= (?:to|is|are))|prerequisites?|troubleshoot\\w*|workaround|requires?|required|responsible|assumes?",
        ),
    ),
    (
        "instruction",
        re.compile(
            r"(?:[,;:–—]|\band|\bthen|\bor|\bcan|\band then)\s+(?:please |then |just |simply |now )*"
            rf"(?:{_HOW_TO_VERBS})\s(?!up|off)",
            re.IGNORECASE,
        ),
    ),
    (
        "future",
        _any(
            r"(?:we|our team|the team)(?: will|['’]ll| (?:plan|hope|aim|intend|expect)|(?: are|['’]re) "
            r"(?:working|planning|building|going|currently|also|still|constantly|actively))",
            "will be (?:migrated|removed|renamed|retired|discontinued|sunset|replaced)|ambition|one day|in a world",
            "soon|roadmap|planned|beta|alpha|previews?|experimental|deprecat\\w+|upcoming|in the future|not yet|"
            "work in progress|early access|eventually|future (?:release|version)s?|at the moment|currently|"
            "for now|at this time|temporar\\w+",
        ),
    ),
    (
        "news",
        _any(
            "today['’]?s?|yesterday|tomorrow|tonight|recently|lately|nowadays|ago|new(?:est)?|latest",
            "(?:last|this|next|past) (?:week|month|year|night|few)",
            "excited|thrilled|proud|delighted|happy|pleased|glad|announc\\w+|introduc(?:e|es|ed|ing)|launched|launching",
            "just shipped|shipped|now (?:available|supports?|live|possible|generally|you|also|fully|be)",
            "(?:has|have|had|was|were|been) (?:been )?(?:added|released|introduced|renamed|removed|fixed|improved|updated)",
            "we(?:['’]ve| have)? (?:added|shipped|released|launched|raised|fixed|renamed|removed|introduced|changed|"
            "improved|updated|moved|migrated|switched)",
            "backed by|seed|advisors?|investors?|funding|hackathon|conference|meetup|webinar|podcast",
        ),
    ),
    (
        "dated",
        _signs(
            rf"\b(?:{_MONTHS.replace(' ', '|')}|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.? \d",
            rf"\b\d{{1,2}}(?:st|nd|rd|th)? (?:of )?(?:{_MONTHS.replace(' ', '|')})\b",
            r"\b\d{4}-\d\d-\d\d\b",
            r"\b\d{1,2}/\d{1,2}/\d{2,4}\b",
        ),
    ),
    (
        "internal talk",
        _any(
            "todo|fixme|tbd|xxx+|lorem|our team should|engineers? at|internal(?:ly)?|prospects?|objections?|talk track",
            "the (?:lead|reps?|buyer|caller|seller|salesperson|prospect)|sales ?(?:team|person|people|reps?)",
            "account executives?|battle ?cards?|co-?founders?|hiring|candidates?|employees? at|interns?",
            "we(?:['’]ve| have) (?:created|built|made|prepared|seen|got|come|developed|designed|written|heard|learn\\w+)",
            "we (?:are|['’]re) living|our (?:applications?|app|project|store|shop|code|components?|database|function|industry)",
            "we['’]d|we (?:decided|discussed|chose|think|believe|want|wanted|felt|feel|know|reali[sz]ed|learned|learnt|found|"
            "used to|like|love|care|built|wrote|hired?|started|founded|came|saw|had|were|was|did|tried|made|needed|"
            "ended|went|got|took|knew|asked|spent|began)",
            "our (?:founders?|mission|vision|journey|story|culture|values|codebase|backend|frontend|engineers|ceo|cto|"
            "philosophy|goal|blog|repository|repo|monorepo|users|users['’]|community|co-?founder)",
        ),
    ),
    (
        "legal",
        _any(
            "hereby|herein|hereof|hereto|hereunder|thereof|therein|pursuant|notwithstanding|indemnif\\w+|liab\\w+|shall",
            "warrant(?:y|ies|s)|governing law|without limitation|reserves? the right|sole discretion|breach\\w*",
            "terms of (?:service|use)|terms and conditions|force majeure|jurisdiction\\w*|data subjects?|the parties",
            "infring\\w+|arbitration|applicable laws?|prohibited|hold harmless|agrees? (?:to|that)|privacy policy",
        ),
    ),
    (
        "talk about others",
        _any(
            "unlike|competitors?|competing|rivals?|better than|worse than|(?:cheaper|faster|easier) than",
            "(?:other|most|many|traditional|legacy) (?:\\w+ )?(?:tools|vendors|providers|solutions|products|platforms|services)",
            "alternatives? to|versus|vs",
        ),
    ),
    (
        "hype or slang",
        _any(
            "game.?chang\\w+|world-class|best-in-class|cutting-edge|revolution\\w+|different approach|wrapper|non-default|seamless\\w*|leverag\\w+|unlock\\w*",
            "supercharg\\w+|turbocharg\\w+|magic\\w*|awesome|amazing\\w*|incredibl\\w+|delightful\\w*|blazing\\w*",
            "rock-solid|really|truly|simply|insane\\w*|super|cool|fancy|fast-paced|paradigm|synerg\\w+|disrupt\\w*|ninja|rockstar|stuff",
            "gonna|wanna|kinda|lol|yay|btw|imho|hassle\\w*|painful\\w*|nightmare|hell|crazy|guys|folks|etc",
        ),
    ),
    (
        "glitch",
        re.compile(
            r"\w- \w|[a-z]{2}\.[A-Z]|\s[,.;:)]|\(\s|,,|;\s*\.|\b([A-Za-z]+) \1\b|[\u00ad\ufb00-\ufb06\ufffd]|^\W*\d+[.)]|"
            r"[^\x00-\u024f\u2010-\u2027\u2030-\u203a\u20a0-\u20bf]|\b[a-z]\)"
        ),
    ),
    ("shouting", _signs(r"\b[A-Z]{7,}\b", r"\b[A-Z]{4,}\s+[A-Z]{3,}\b")),
)

NEGATIVE = re.compile(
    r"\b(?:not|no|never|cannot|none|nothing|neither|nor|unable|impossible|lacks?|unsupported|unavailable|limitations?|"
    r"fails?|failed|failures?|bugs?|broken|problems?|only (?:available|supports?|works|possible|be|accepts?|allows?)|we only|except|unfortunately)\b|n['’]t\b",
    re.IGNORECASE,
)
# Negations that speak for the product; what they cover does not count as negative.
WELCOME_NEGATION = re.compile(
    r"\bno (?:additional|extra|hidden|separate|set-?up|start-?up|minimum|long-term|credit card|code|coding|contract|"
    r"cancellation|monthly|further|obligation|lock-in|training|change|manual|installation|surcharge|commitment|fixed|data "
    r"loss|downtime|limit|cost|charge|fees?|matter|need|risk|per-\w+)s?\b|\bnot (?:only|just)\b|\bno-\w+|"
    r"\b(?:(?:do|does|did|is|are) not|(?:do|does|is|are)n['’]t|never) (?:add|charged?|stored?|sell|sold|shared?|need|"
    r"required?|used?|uses|leaves?|change|affect(?:ed)?|train(?:ed)?|have to|count(?:ed)?|limited|billed|touch\w*|sells|"
    r"shares|stores|charges|counts)\b|\bno longer (?:wait|need|have|type|spend|re-?enter|copy)\w*\b",
    re.IGNORECASE,
)
