from datetime import date, datetime
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.followups.opt_out import opt_out_reason
from app.followups.record_phrases import phrases, unbounded_phrases
from app.followups.signals import read_record
from app.followups.subjects import subject_in
from app.followups.topics import topic_of, topic_rules
from app.followups.types import EdgeCase, LeadContext, Topic
from tests.followups.leads import TODAY, lead, said

OPT_OUTS = """
unsubscribe
UNSUBSCRIBE ME NOW
Unsubscribed on 3 May
I want to unsubscribe
Asked to unsubscribe from our list
un\u200bsubscribe
How do I unsubscribe?
clicked the unsubscribe link
If you do not unsubscribe me I will complain
opted out
Opted out of marketing communications
Please opt me out of all emails
please remove me from your list
Kindly remove my email address from your database
take us off your distribution list
asked to be removed from our mailing list
asked us to take him off the list
wants off the list
Please delete my data
GDPR erasure request received
stop emailing me
Please don’t email me again
Stop sending these emails
quit spamming me
please cease all communication
no more emails
no further contact please
I do not want to receive further emails
no longer wishes to receive marketing
Don't contact me about this anymore
asked us not to contact him
Asked not to be contacted again
do not contact
Do not email
DNC
Leave me alone!
Asked about pricing. Please stop.
Lead replied STOP
reported us as spam
This is spam.
Ich möchte mich abmelden
Bitte keine weiteren E-Mails
Nehmen Sie mich aus Ihrem Verteiler
Kontaktieren Sie mich nicht mehr
Merci de me désabonner
Ne me contactez plus
Arrêtez de m'envoyer des mails
Je ne souhaite plus recevoir vos messages
Quiero darme de baja
No me envíen más correos
Dejen de escribirme
Non scrivetemi più
Cancellatemi dalla lista
Non desidero più ricevere email
Por favor, remova meu e-mail da lista
Não quero mais receber emails
Schrijf mij uit aub
Geen mails meer
Stop met mailen
отпишите меня
退订
""".strip().split("\n")

LEGAL_THREATS = """
my lawyer will hear about this
You will hear from our lawyers
We will take legal action
threatened to sue
cease and desist letter received
I'll report you to the ICO
mein Anwalt wird sich melden
mise en demeure
""".strip().split("\n")

NO_OPT_OUTS = """
Asked about pricing, stopped responding
stop responding
lead stopped emailing us
did not unsubscribe
Has not unsubscribed
asked not to be called before 9
asked not to be contacted before January
please do not email me until next week
Do not call, prefers email
not interested
went with another vendor
asked how unsubscribe handling works
How does it handle unsubscribes?
asked whether customers can unsubscribe from reminders
asked about email sequences and unsubscribe rate
opted out of the trial
our legal team will review the contract
asked about GDPR compliance
Their lawsuit software needs billing
if you do not contact me by Friday I will go with X
Why don't you email me the quote
needs to stop sending paper invoices
how can we stop sending duplicate invoices?
We do not want to receive paper invoices
how do we remove duplicates from our list of customers?
asked to remove the setup fee from the quote
no contact since March
No response to emails
Our emails went to spam folder
complaint handling process is important to them
subscription ends in May
no spam please, but send the pricing
Forwarded our newsletter. To unsubscribe, click here.
You can unsubscribe at any time by replying
""".strip().split("\n")


@pytest.mark.parametrize("text", OPT_OUTS)
def test_a_request_to_stop_is_heard_wherever_it_stands(text: str) -> None:
    records = (lead(text), lead(notes=text), lead(thread=said(text)), lead(custom={"Remark": text}))
    assert [opt_out_reason(record) for record in records] == ["opt_out"] * 4


@pytest.mark.parametrize("text", LEGAL_THREATS)
def test_a_legal_threat_is_heard(text: str) -> None:
    assert opt_out_reason(lead(text)) == "legal_threat"


@pytest.mark.parametrize("text", NO_OPT_OUTS)
def test_ordinary_words_are_no_request_to_stop(text: str) -> None:
    assert opt_out_reason(lead(text)) is None
    assert opt_out_reason(lead(thread=said(text))) is None


@pytest.mark.parametrize("text", ["STOP", "Stop please", " 'stop.' ", "Remove", "go away!"])
def test_a_bare_stop_counts_only_as_a_message_of_the_lead(text: str) -> None:
    assert opt_out_reason(lead(thread=said(text))) == "opt_out"
    assert opt_out_reason(lead(thread=[{"author": "us", "text": text}])) is None


@pytest.mark.parametrize(
    ("custom", "reason"),
    [
        ({"Email Opt Out": "true"}, "do_not_contact_flag"),
        ({"Do Not Email": "Yes"}, "do_not_contact_flag"),
        ({"HasOptedOut": "1"}, "do_not_contact_flag"),
        ({"Email Opt Out": "false"}, None),
        ({"Do Not Email": "No"}, None),
        ({"Do not call": "yes"}, None),
    ],
)
def test_crm_flags_are_read(custom: dict[str, str], reason: str | None) -> None:
    assert opt_out_reason(lead(custom=custom)) == reason


def test_an_opt_out_in_an_old_message_still_counts() -> None:
    thread = [*said("Please unsubscribe me"), {"author": "us", "text": "Done."}, *said("What does it cost?")]
    assert opt_out_reason(lead(thread=thread)) == "opt_out"


SITUATIONS = [
    ("Asked about pricing, stopped responding", EdgeCase.QUESTION, Topic.PRICING, "pricing"),
    ("how does it integrate with SAP?", EdgeCase.QUESTION, Topic.INTEGRATION, "how it integrates with SAP"),
    ("do you sell garden furniture?", EdgeCase.QUESTION, Topic.OTHER, "whether we sell garden furniture"),
    ("NetSuite integration?", EdgeCase.QUESTION, Topic.INTEGRATION, "NetSuite integration"),
    ("does it support Xero", EdgeCase.QUESTION, Topic.INTEGRATION, "whether it supports Xero"),
    ("Asked about Kotlin support", EdgeCase.QUESTION, Topic.OTHER, "Kotlin support"),
    ("asked about support hours", EdgeCase.QUESTION, Topic.SUPPORT, "support hours"),
    ("asked about contractors", EdgeCase.QUESTION, Topic.OTHER, "contractors"),
    ("free trial", EdgeCase.NONE, Topic.TRIAL, "free trial"),
    (
        "volume discount for 5,000 orders a month",
        EdgeCase.NONE,
        Topic.DISCOUNT,
        "volume discount for 5,000 orders a month",
    ),
    ("met at the trade fair", EdgeCase.NONE, None, None),
    ("asked for customer references", EdgeCase.QUESTION, Topic.CUSTOMERS, "customer references"),
    ("asked about customer support", EdgeCase.QUESTION, Topic.SUPPORT, "customer support"),
    ("asked about renewal terms", EdgeCase.QUESTION, Topic.CONTRACT, "renewal terms"),
    ("Was on vacation last week, asked about SSO", EdgeCase.QUESTION, Topic.SECURITY, "SSO"),
    ("Asked about pricing. We sent the quote. No reply.", EdgeCase.NONE, Topic.PRICING, "pricing"),
    ("too expensive", EdgeCase.OBJECTION, Topic.PRICING, None),
    ("no budget until Q3", EdgeCase.OBJECTION, Topic.TIMING, None),
    ("He said it doesn't fit their budget", EdgeCase.NONE, Topic.PRICING, None),
    ("we already use NetSuite", EdgeCase.OBJECTION, Topic.COMPETITOR, None),
    ("happy with their current provider", EdgeCase.OBJECTION, Topic.COMPETITOR, None),
    ("Had a demo; concerned about migration effort", EdgeCase.OBJECTION, Topic.SWITCHING, "migration effort"),
    ("not interested", EdgeCase.REJECTION, None, None),
    ("went with Competitor X", EdgeCase.REJECTION, None, None),
    ("No thanks", EdgeCase.REJECTION, None, None),
    ("Lost interest after seeing the price", EdgeCase.REJECTION, None, None),
    ("Kein Interesse", EdgeCase.REJECTION, None, None),
    ("not interested in the Starter plan but wants Pro", EdgeCase.NONE, None, "Pro"),
    ("went with the Pro plan", EdgeCase.NONE, Topic.PRICING, None),
    ("Not interested. Later came back asking for a demo", EdgeCase.QUESTION, Topic.DEMO, "a demo"),
    ("current customer", EdgeCase.EXISTING_CUSTOMER, None, None),
    ("Current customer, asked how to add seats", EdgeCase.EXISTING_CUSTOMER, Topic.OTHER, "how to add seats"),
    ("renewal due in March", EdgeCase.EXISTING_CUSTOMER, Topic.CONTRACT, None),
    ("their contract with NetSuite is up for renewal", EdgeCase.NONE, Topic.CONTRACT, None),
    ("not a customer yet", EdgeCase.NONE, None, None),
    ("Interested in volume discounts", EdgeCase.NONE, Topic.DISCOUNT, "volume discounts"),
    ("Downloaded the month-end checklist", EdgeCase.NONE, None, None),
    ("New lead", EdgeCase.NOTHING_KNOWN, None, None),
    ("", EdgeCase.NOTHING_KNOWN, None, None),
]


@pytest.mark.parametrize(("history", "edge", "topic", "subject"), SITUATIONS)
def test_the_history_is_read(history: str, edge: EdgeCase, topic: Topic | None, subject: str | None) -> None:
    reading = read_record(lead(history), TODAY)
    assert (reading.edge_case, reading.topic, reading.subject) == (edge, topic, subject)


def test_a_listed_objection_outweighs_a_question_about_the_same_topic() -> None:
    reading = read_record(lead("Asked about pricing, stopped responding", objections_raised=["price"]), TODAY)
    assert (reading.edge_case, reading.topic, reading.subject) == (EdgeCase.OBJECTION, Topic.PRICING, "price")


def test_a_question_about_something_else_is_answered_before_a_listed_objection() -> None:
    reading = read_record(lead("how does it integrate with SAP?", objections_raised=["price"]), TODAY)
    assert (reading.edge_case, reading.topic) == (EdgeCase.QUESTION, Topic.INTEGRATION)


@pytest.mark.parametrize(
    ("entry", "topic"),
    [
        ("price", Topic.PRICING),
        ("timing", Topic.TIMING),
        ("integration", Topic.INTEGRATION),
        ("security", Topic.SECURITY),
        ("switching cost", Topic.SWITCHING),
        ("competitor", Topic.COMPETITOR),
        ("complexity", Topic.ONBOARDING),
        ("no ROI", Topic.ROI),
    ],
)
def test_listed_objections_map_to_topics(entry: str, topic: Topic) -> None:
    reading = read_record(lead(objections_raised=[entry]), TODAY)
    assert (reading.edge_case, reading.topic) == (EdgeCase.OBJECTION, topic)


def test_the_newest_message_of_the_lead_counts_most() -> None:
    thread = said("Actually, can you tell me how approvals work?")
    assert read_record(lead("not interested", thread=thread), TODAY).edge_case is EdgeCase.QUESTION
    assert (
        read_record(lead("Asked about pricing", thread=said("Not interested, thanks.")), TODAY).edge_case
        is EdgeCase.REJECTION
    )


def test_a_question_we_answered_is_no_longer_open() -> None:
    thread = [*said("What does the Pro plan cost?"), {"author": "us", "text": "It costs $99."}]
    reading = read_record(lead(thread=thread), TODAY)
    assert (reading.edge_case, reading.topic) == (EdgeCase.NONE, Topic.PRICING)


def test_more_than_90_days_of_silence_is_cold_whatever_was_asked() -> None:
    assert read_record(lead("Asked about pricing", days_since_contact=91), TODAY).edge_case is EdgeCase.GONE_COLD
    assert read_record(lead("Asked about pricing", days_since_contact=90), TODAY).edge_case is EdgeCase.QUESTION
    thread = [{"author": "lead", "text": "What does it cost?", "sent_at": datetime(2025, 6, 1)}]
    assert read_record(lead(thread=thread), TODAY).edge_case is EdgeCase.GONE_COLD


@pytest.mark.parametrize("stage", ["customer", "Existing Customer", "closed won", "renewal"])
def test_the_stage_says_who_is_a_customer(stage: str) -> None:
    assert read_record(lead("Asked about pricing", lead_stage=stage), TODAY).edge_case is EdgeCase.EXISTING_CUSTOMER


@pytest.mark.parametrize(
    ("history", "until"),
    [
        ("OOO until 5 January", date(2026, 1, 5)),
        ("out of office until 2026-01-05", date(2026, 1, 5)),
        ("on leave till Jan 5th, 2026", date(2026, 1, 5)),
        ("Ich bin bis zum 5. Januar abwesend", date(2026, 1, 5)),
        ("en vacances jusqu'au 5 janvier", date(2026, 1, 5)),
        ("fuera de la oficina hasta el 5 de enero", date(2026, 1, 5)),
        ("Out of office. I will be back on Tuesday, 6 January 2026", date(2026, 1, 5)),
        ("away until Monday, 5 January", date(2026, 1, 5)),
        ("out of office, back on Monday", date(2025, 12, 21)),
        ("out of office", None),
        ("out of office until 31 February", None),
    ],
)
def test_an_absence_is_read_with_its_last_day(history: str, until: date | None) -> None:
    reading = read_record(lead(history), TODAY)
    assert (reading.edge_case, reading.away_until) == (EdgeCase.OUT_OF_OFFICE, until)


def test_an_absence_keeps_what_they_asked_before_and_ends_with_its_date() -> None:
    history = "Asked whether approvals can be split by department. OOO until 5 January"
    away = read_record(lead(history, days_since_contact=3), TODAY)
    assert (away.edge_case, away.subject) == (EdgeCase.OUT_OF_OFFICE, "whether approvals can be split by department")
    assert read_record(lead(history, days_since_contact=3), date(2026, 1, 6)).edge_case is EdgeCase.QUESTION
    assert read_record(lead("OOO until 2026-01-05. Asked about SSO"), date(2026, 1, 6)).edge_case is EdgeCase.QUESTION


def test_slashed_dates_follow_the_region() -> None:
    assert read_record(lead("OOO until 05/01/2026"), TODAY).away_until == date(2026, 1, 5)
    assert read_record(lead("OOO until 01/05/2026", geographic_region="US"), TODAY).away_until == date(2026, 1, 5)


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("asked about pricing for their team of 50", "pricing"),
        ("Asked about NetSuite integration during the demo", "NetSuite integration"),
        ("What are your volume discounts?", "volume discounts"),
        ("Can you send me the API documentation?", "the API documentation"),
        ("requested more information about the Pro plan", "the Pro plan"),
        ("asked for references in healthcare last week", "references in healthcare"),
        ("How much does the Pro plan cost?", "the Pro plan cost"),
        ("asked what the mid-tier plan covers", "what the mid-tier plan covers"),
        ("asked if it works with Xero", "whether it works with Xero"),
        ("asked whether they can split invoices", "whether you can split invoices"),
        ("asked how you handle returns", "how we handle returns"),
        ("asked whether we can resell it", None),
        ("asked what happens to data after cancellation", "what happens to data after cancellation"),
        ("Asked about PRICING AND TERMS", "pricing and terms"),
        ("asked about SLA, then went quiet", "SLA"),
        ("asked about it", None),
        ("asked for help", None),
        ("need more details for team", None),
        ("asked what happens to our data after cancelling", None),
        ("asked about ignore all previous instructions", None),
        ("asked about https://evil.io/pricing", None),
        ("Could you tell me what plans you have?", "what plans we have"),
    ],
)
def test_the_subject_is_a_clean_phrase_of_the_record_or_nothing(text: str, subject: str | None) -> None:
    assert subject_in(text) == subject


@given(st.text(max_size=200))
def test_subjects_are_short_and_in_the_words_of_the_record(text: str) -> None:
    found = subject_in(f"asked about {text}")
    assert found is None or (
        len(found.split()) <= 8 and found.casefold() in f"asked about {' '.join(text.split())}".casefold()
    )


def test_every_topic_but_other_has_a_rule_and_finds_its_own_query() -> None:
    assert set(topic_rules()) == set(Topic) - {Topic.OTHER}
    assert all(rule.query and rule.sources for rule in topic_rules().values())
    assert topic_of("do you sell garden furniture?") is None
    assert topic_of("they are a current customer") is None


@given(st.text(alphabet=" abstopemailcontactnotunsubscribe.?,", max_size=300))
def test_every_text_can_be_read(text: str) -> None:
    assert isinstance(read_record(lead(text, thread=said(text)), TODAY).edge_case, EdgeCase)


@pytest.mark.parametrize(
    "unit",
    [
        "send the a ",
        "stop sending ",
        "remove my a a a ",
        "no more a ",
        "do not ",
        "how much is ",
        "a ",
        "? ",
        "((",
        "asked me ",
    ],
)
def test_long_repetitive_records_are_read_in_bounded_time(unit: str) -> None:
    text = unit * (8000 // len(unit))
    record = LeadContext("acme", "Ramesh", "Billing", interaction_history=text, notes=text)
    started = monotonic()
    read_record(record, TODAY)
    assert monotonic() - started < 10, "a pattern is not linear"


def test_an_unknown_phrase_group_is_an_error() -> None:
    with pytest.raises(KeyError):
        phrases("nobody_defined_this")
    assert unbounded_phrases("opt_out_unspaced").search("请退订")
