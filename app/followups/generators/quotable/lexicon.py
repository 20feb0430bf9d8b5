"""Word lists behind the judgement whether a sentence can stand alone in a message."""

# Base forms of verbs that carry business prose; used to find out whether a sentence has a finite verb.
VERBS = frozenset(
    """
    accelerate accept achieve adapt add address adjust affect aim align allow analyse analyze answer appear apply
    approve archive arrive ask assign attach automate avoid balance become begin belong benefit bill block bring build
    calculate call cancel capture carry catch categorise categorize centralise centralize change charge check choose
    claim clean close collect combine come communicate compare complete comply compute configure confirm connect
    consist consolidate consume contain continue control convert coordinate cost cover create credit customise
    customize cut decide decrease deduct define deliver depend deploy describe detect determine develop differ
    digitise digitize disappear discover display distribute divide double drive drop earn eliminate embed employ
    enable encrypt end enforce enrich ensure enter establish estimate evaluate exceed exchange exist expand expect
    expire explain export extend extract fall filter find finish fit fix flag flow focus follow forecast forward free
    function gain generate get give go grant group grow guarantee guide halve handle happen have help hold host
    identify implement import improve include increase inform integrate invoice involve issue join keep last launch
    lead leave let let's lift limit link list live load log lose lower maintain make manage map mark match mean
    measure
    meet merge migrate minimise minimize monitor move multiply need notify occur offer open operate optimise optimize
    order organise organize own pair pass pay perform permit pick place play post prefer prepare present prevent
    price process produce promise protect prove provide publish pull purchase push put qualify raise range reach read
    receive recognise recognize reconcile record recover reduce reflect refund regain register reject release rely
    remain remind remove renew repeat replace replicate report represent require reserve resolve respond restore
    result retain retrieve return reuse review rise roll route run save say scale scan schedule score see sell send
    separate serve settle share ship shorten show shrink sign simplify sit solve sort span specialise specialize
    spend split stand start state stay stop store streamline strengthen submit suit supply support suppress surface
    switch sync synchronise synchronize take talk target test tie tolerate total track trade train transfer transform
    translate treat trigger triple trust turn understand unify update upgrade upload use validate vary verify view
    visit wait want warn work wrap write yield
    redirect remit itemise itemize resell consider treat equip preserve pause resume upgrade downgrade sell back ship
    accompany adopt advise archive arise assist attend authenticate authorise authorize boost bundle cause certify
    clarify commit compress contact contribute cooperate correct cost dedicate deny deserve destroy distinguish drive
    encourage enroll equal erase escalate exclude execute exempt favor favour feature feed fill fulfil fulfill gather
    anonymise anonymize deduplicate paginate prorate tokenise tokenize tunnel
    govern hand hire identify impose initiate inspect install invest invite judge label learn lend load localise
    localize lock mask matter mirror negotiate object observe originate outline oversee perform persist plan point
    populate possess post practise print prioritise prioritize prompt propose protect query quote rank rate refer refine
    refund rent repair repay reply request rescue reside retire retry reveal rotate route scale secure select shift
    signal simulate sponsor submit subscribe succeed suggest summarise summarize supervise survive sustain teach tell
    tend throttle tolerate touch travel trust type undergo undo validate value verify waive warn weigh welcome
    """.split()  # noqa: SIM905 - a word list reads better as text
)

# Forms that are finite by themselves.
FINITE = frozenset(
    """
    is are was were am has had does did can could will would may might isn't aren't wasn't doesn't don't can't
    won't let's it's there's that's you'll you're you've we're we've we'll they're
    began became bought brought built came caught chose cost cut dealt drew drove fell felt found gave gained got grew
    held kept knew laid led left lost made met paid put ran rose said sat saw sent set shrank sold spent split stood
    stopped switched took taught thought told understood went won wrote
    """.split()  # noqa: SIM905
)

# Verbs that open an instruction when they come first, unless the next word shows that they are a noun.
IMPERATIVES = frozenset(
    """
    access activate add adjust allow apply arrange ask assign assume authenticate authorize automate avoid backup be
    begin book boost bring browse build bypass calculate call change charge chat check choose clear click clone close
    collect combine come compare complete configure confirm connect consider consult contact continue control convert
    copy cover create cut customise customize debug decide define delete deliver deploy describe design determine
    develop disable discover display do don't download drag drop dive earn edit embed enable encourage enforce enjoy
    ensure enter establish evaluate execute expand experience explain explore export expose extend feel fetch fill
    filter find finish fix focus follow forget fork fund generate get give go grab grant group grow handle have head
    help hit hover identify ignore imagine implement import improve include increase ingest initialize inject insert
    inspect install integrate introduce invite issue join jump keep know launch lead learn leave let let's limit link
    list listen load locate log look make manage map mark match measure meet mention merge migrate modify monitor
    mount move name navigate note notice notify observe obtain offer open opt order override paste pass pay pick
    place please
    plug point post prebuild press prepare prevent proceed process promote protect provide pull purchase push put
    query raise reach read rebuild receive recall redeem redirect reduce refer register remember remove rename render
    repeat replace reply request require research reserve reset resolve restart return review rotate run save scale
    scan schedule scroll see select sell send serve set setup ship show sign simplify skip solve sort specify spend
    start stay stop store streamline submit subscribe suggest switch sync tap take talk tell test think toggle track
    transform treat trigger trust try turn type understand uninstall unzip update upgrade upload use validate verify
    view visit wait want watch wrap write
    """.split()  # noqa: SIM905
)

# After a first word of `IMPERATIVES` these show that it is a noun ("Support is included", "Access to ...").
AFTER_NOUN = frozenset(
    """
    is are was were has had can could will would may might does did of for and or to from in on at by between
    """.split()  # noqa: SIM905
)

# Openings that lean on an earlier sentence, or talk about the text rather than the thing.
DANGLING_OPENINGS = frozenset(
    """
    "
    it it's its they their them he she his her this that these those there's here here's however also but and or nor
    so then thus therefore hence moreover furthermore additionally besides instead otherwise alternatively similarly
    likewise meanwhile finally first firstly second secondly third thirdly last lastly next now yes sure well
    okay ok great please note remember again anyway still yet once rather though although because which who whose
    whom why what how another such both either neither others same afterwards afterward later earlier previously
    subsequently consequently accordingly nevertheless nonetheless conversely indeed actually basically essentially
    simply just only even especially specifically namely e.g i.e caution warning important tip hint attention
    disclaimer example today yesterday tomorrow recently currently lately soon ever unfortunately sadly luckily
    hopefully obviously clearly naturally overall generally hi hello hey dear welcome thanks thank congratulations
    sometimes occasionally let's maybe perhaps similar unlike like thereby whereas while until unless since whether
    being
    """.split()  # noqa: SIM905
)
DANGLING_PHRASES = tuple(
    " ".join(phrase.split())
    for phrase in """
    for example, for instance, in addition, as a result, as such, in this, in that, in these, in those, on the other
    hand, on top, in other words, in short, that said, of course, by the way, after that, after this, from there,
    from here, to do so, to do this, to do that, at that, at this, in such, in contrast, as well, as mentioned, as
    described, as shown, as noted, as you, as we, as always, not only, the same applies, the same is, the same goes,
    the other one, the other is, the former, the latter, the first one, the first group, the first is, the first
    step, the second one, the second is, the third is, the last one, the last is, the last step, the next step, the
    next one, the previous, the above, the resulting, the rest of, the rest is, the following, one of these, one of
    the, some of the, some of these, most of these, all of these, all of the, none of, each of these, many of these,
    one such, one caveat, one thing, one more, one last, one note, with this, with that, with these, by doing, for
    this, for that, for these, due to this, because of this, if so, if not, if this, if that, if it, if they, if
    these, when this, when it, when they, once this, once it, once they, once that, in case, apart from, other than,
    aside from, along with, instead of, in particular, at first, at the moment, at present, under the hood, in the
    future, over time, behind the scenes, there we, there you, in our case, in their, in its, in his, in her, with
    its, with their, by its, like the, on this, on that, from this, from that, the idea, the reason, the goal, the
    point, the answer, the problem, the question, the difference, the trick, the catch, the result, the results, in
    fact, for simplicity, for convenience, if left, if set, if empty, if enabled, if disabled, if provided, if
    omitted, when left, when set, when omitted, when enabled, in both, for both, in either, for more, for further,
    for details, for information, for now, for me, to me
    """.split(",")  # noqa: SIM905
)

# Heads of "The ..." subjects that only mean something in their manual.
MANUAL_SUBJECTS = frozenset(
    """
    action actions argument arguments array attribute attributes body box button callback changes class code column
    command commands component config configuration default diagram dialog directory endpoint endpoints error errors
    event events example examples expression field fields file files filter flag folder form function functions
    handler header headers hook icon image images installer key label line link list main menu message method
    methods modal
    module name names namespace node object objects option options output package page param parameter parameters
    parser path payload plugin pop-up popup prompt property properties prop props query repository request response
    route row schema screen screenshot script section sections server setting settings sidebar snapshot snippet
    statement step steps string syntax tab table tabs tag template terminal text title token type types url value
    values variable variables video widget window workflow
    """.split()  # noqa: SIM905
)

# Spellings with an odd capital that are names, not code.
NAMES_WITH_ODD_CAPITALS = frozenset(
    "ios macos iphone ipad ipados ebay ecommerce ecommerce's esignature mtls grpc vcpu kwh openid".split()  # noqa: SIM905
)
