"""Words that the gate treats specially: which carry no fact, which mean the same, which limit or soften a claim."""

from functools import lru_cache

from app.language.words import STOP_WORDS, stem


def _split(text: str) -> frozenset[str]:
    return frozenset(text.split())


# These change what a sentence says, so they are no mere function words here.
_MEANINGFUL_STOP_WORDS = _split(
    "all any both each few more most no nor not only once other some without before after during against under over"
)
_ALWAYS_EMPTY = _split("any some other each both once under over about during")
FUNCTION_WORDS = (
    (STOP_WORDS - _MEANINGFUL_STOP_WORDS - {"have", "has"})
    | _ALWAYS_EMPTY
    | _split(
        "upon onto since although though whether while whereas because if unless like etc let lets please ok "
        "okay yes hi "
        "hello hey dear whenever wherever it's i'm we're you're there's that's what's here's i've we've "
        "you've s t re ll ve d "
        "itself themselves yourself yourselves ourselves myself himself herself"
    )
)

NEGATORS = _split(
    "not no never without none neither nor cannot cant dont doesnt isnt wont arent lacks lack unable zero"
)

# Verbs and nouns that only link a subject to its fact, and words for the product itself.
_NEUTRAL = """
    let lets allow allows allowing enable enables enabling help helps helping make makes making mean means see sees
    seeing know knows use uses used using need needs want wants keep keeps take takes find found look looks say says go
    goes means lie lies
    plan plans tier tiers option options thing things way ways part product products solution solutions software
    platform tool tools system package packages edition
    also too already simply just even currently now today still well actually so then plus additionally moreover
    furthermore however instead meanwhile overall indeed especially specifically namely particularly right out
    typical typically usually generally often normally exactly precisely said mentioned stands ready
    able ability possible based according thanks due exact detail details yours ours briefly addition example instance
    note noted fact turn regard regarding concerning terms side case context question questions answer short
    company companies business businesses firm firms customer customers client clients user organisation organization
    team teams people person someone relevant useful helpful interesting worth
"""
_PLAIN_WORDS = frozenset(_NEUTRAL.split())

# Verbs that say no more than "it is there". Rows and list items state that by themselves; a sentence must say it.
OFFERING = "include"
_OFFERING = """
    include includes included including offer offers offered offering provide provides provided providing give gives
    given giving come comes coming get gets getting feature features featuring contain contains cover covers covered
    covering available availability deliver delivers bring brings have has add adds added adding builtin equipped access
"""
_SAME = (
    _OFFERING,
    """
    reduce reduces reduced reducing reduction cut cuts cutting lower lowers lowered lowering decrease decreases
    decreased shorten shortens shortened shorter fewer less drop drops dropped shrink shrank fall fell slash slashed
    """,
    "increase increases increased increasing raise raised grow grew grown growth rise rose boost boosted higher",
    "price prices priced pricing cost costs costing charge charges charged fee fees",
    "customer customers client clients",
    "company companies firm firms business businesses organisation organisations organization organizations",
    "quick quickly fast rapid rapidly",
    "quicker faster",
    "automatic automatically automated automate automates automating automation",
    "integrate integrates integrated integrating integration integrations",
    "connect connects connected connecting connection connections connector connectors",
    "implement implements implemented implementation",
    "set setup setting",
    "manufacturing manufacturer manufacturers manufacture",
    "buy buys bought purchase purchases purchased purchasing",
    "begin begins start starts started starting",
    "annual annually yearly year",
    "month monthly",
    "week weekly",
    "day daily",
    "email emails mail mails",
    "onboarding onboard onboarded",
    "subscribe subscribes subscriber subscribers subscription subscriptions",
    "refund refunds refunded refunding refundable",
    "encrypt encrypts encrypted encryption",
    "host hosts hosted hosting",
    "migrate migrates migrated migrating migration migrations",
    "reconcile reconciles reconciled reconciling reconciliation",
    "approve approves approved approving approval approvals",
    "invoice invoices invoiced invoicing",
    "pay pays paid paying payment payments",
    "analyse analyze analytics analysis analytical",
    "notify notifies notified notification notifications",
    "respond responds response responses reply replies replied",
    "cancel cancels cancelled canceled cancellation cancelling canceling",
    "configure configures configured configuration configurable",
    "customise customize customised customized customisable customizable customization custom",
    "save saves saved saving savings",
    "ship ships shipped shipping",
    "own owns owned",
    "show shows showed shown showing display displays",
    "live real-time realtime",
    "log logs logged logging",
    "manage manages managed managing management",
    "calculate calculates calculated calculation calculations calculator",
    "verify verifies verified verification",
    "sync syncs synced synchronise synchronize synchronisation synchronization",
    "process processes processed processing",
    "return returns returned",
    "store stores stored storage storing",
    "switch switches switched switching",
    "discount discounts discounted",
    "colour color colours colors",
    "licence license licences licenses",
    "support supports supported supporting",
    "error errors mistake mistakes",
    "employee employees staff",
    "hours hour",
)

# Softeners of the evidence that a claim must keep, by kind.
HEDGES: dict[str, str] = {
    **dict.fromkeys(("may", "might", "could", "possibly", "potentially", "perhaps"), "possible"),
    **dict.fromkeys(
        ("planned", "roadmap", "upcoming", "soon", "planning", "considering", "future", "forthcoming"), "planned"
    ),
    **dict.fromkeys(("beta", "preview", "alpha", "experimental", "pilot"), "early"),
    **dict.fromkeys(("formerly", "previously", "deprecated", "discontinued", "retired", "sunset", "legacy"), "past"),
    **dict.fromkeys(("typically", "usually", "generally", "often", "sometimes", "average", "typical"), "typical"),
    **dict.fromkeys(("expected", "estimated", "aims", "aim", "target", "targets", "hopes", "hope", "should"), "hoped"),
}
# Words of the evidence that narrow a fact; a claim without them says more than its source.
LIMITS = _split("only except unless excluding solely exclusively if until few some most request optional optionally")

# Two of these in one place are different facts, however many other words agree.
PLAN_NOUNS = _split("plan plans tier tiers package packages edition editions subscription subscriptions bundle bundles")
PLAN_WORDS = _split(
    "free starter basic standard team pro professional business growth premium plus enterprise mid-tier entry-level "
    "advanced ultimate scale essential essentials individual personal core lite hobby launch top-tier entry"
)
COMPANY_SUFFIXES = _split("corp corporation inc incorporated ltd limited llc gmbh ag plc bv sa sas oy ab kg pty co")
PRICE_KEYS = _split("price pricing cost charge fee rate pay bill subscription")

VERBS = _split(
    """
    is are was were be been has have had does do did can will would could should may might must includes include costs
    cost offers offer supports support takes take starts start gives give lets let helps help works work connects
    connect integrates integrate runs run provides provide comes come gets get goes covers cover adds add keeps keep
    makes make saves save saved reduces reduce reduced cuts cut pays pay paid handles handle syncs sync begins sends
    send sent lasts needs need lowers lower shortens allows allow enables enable means applies apply stays stay shows
    show uses use used sits ships holds hold stores store processes charges charge gets got saw sees see grew went
    became brings bring brought allows automates automate tracks track generates generate manages manage accepts accept
    renews renew requires require reaches reach matches match answers answer ranges depends remains remain
    """
)

# Words that promise something of value: they need support even in a question.
PROMISING = _split(
    "free trial discount guarantee guaranteed warranty refund waive waived complimentary unlimited certified compliant "
    "promo promotion coupon rebate bonus gift credit voucher cheaper"
)


@lru_cache(maxsize=32_768)
def key_of(word: str) -> str:
    """The normal form of a word: inflected forms and safe synonyms share one. `word` is lower case."""
    return _SYNONYMS.get(word) or _SYNONYMS.get(_plain(word)) or _plain(word)


def _plain(word: str) -> str:
    base = stem(word)
    for suffix in ("ation", "at"):
        if base.endswith(suffix) and len(base) - len(suffix) >= 5:
            return base[: -len(suffix)]
    return base


_SYNONYMS = {word: group.split()[0] for group in reversed(_SAME) for word in group.split()}
_SYNONYMS |= {_plain(word): group.split()[0] for group in reversed(_SAME) for word in group.split()}

NEUTRAL_KEYS = frozenset(key_of(word) for word in _PLAIN_WORDS)
