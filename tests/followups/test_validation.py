import dataclasses
from time import monotonic
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.followups.rules import counts, form, links, sentences, wording
from app.followups.types import EdgeCase, LeadContext, Strategy, Tone
from app.followups.validation import RULES, validate
from tests.followups.leads import lead, rules, strategy

CONFIG = rules()
OPENING = "Hi Ramesh, your question was about the mid-tier plan."
FACT = "It costs $299 per month and includes automated invoice processing."
QUESTION = "Shall I put together a breakdown for your own numbers?"


def judge(message: str, record: LeadContext | None = None, plan: Strategy | None = None, **options: Any) -> list[str]:  # noqa: ANN401 - passed on
    report = validate(message, record or lead(), plan or strategy(), CONFIG, **options)
    assert report.passed is not bool(report.violations)
    return [violation.rule for violation in report.violations]


def with_sentence(sentence: str) -> str:
    return f"{OPENING} {FACT} {sentence} {QUESTION}"


GOOD_SENTENCES = """
It connects with Node.js and ASP.NET.
Invoices over $1,000,000 need an approval.
Support answers within 4 hours, i.e. on the same day.
Anderson Corp, also in manufacturing, did the same.
The U.S. team is available from 9 a.m. to 5 p.m. daily.
It was first sold on 2024-01-15.
iPhone users can approve too.
The plan (billed yearly) saves 15%.
Between 2023-2024 it grew.
That is what it is made for.
It covers C# clients and 1,200 invoices.
Thank you for waiting.
Dr. Lee leads the team.
Most teams know that that step takes a day.
The report shows "open" and "paid" invoices.
Tracking starts in the same hour.
""".strip().split("\n")


@pytest.mark.parametrize("sentence", ["", *GOOD_SENTENCES])
def test_ordinary_messages_pass(sentence: str) -> None:
    assert judge(with_sentence(sentence).replace("  ", " ")) == []


def test_paragraphs_pass() -> None:
    assert judge(f"Hi Ramesh,\n\nyour question was about the plan.\n\n{FACT}\n\n{QUESTION}") == []


BAD_SENTENCES = [
    ("Just checking in.", "banned_phrase"),
    ("I’d love to talk.", "banned_phrase"),
    ("We are TOUCHING-BASE again.", "banned_phrase"),
    ("It is leveraging AI.", "banned_phrase"),
    ("It works seamlessly.", "banned_phrase"),
    ("As per my last E-Mail it is good.", "banned_phrase"),
    ("It is a real game–changer.", "banned_phrase"),
    ("This is your last chance.", "pressure"),
    ("Please answer, it is URGENT.", "pressure"),
    ("Decide before it’s too late.", "pressure"),
    ("Write to [Name] about it.", "placeholder"),
    ("Write to {{first_name}} about it.", "placeholder"),
    ("Write to {name} about it.", "placeholder"),
    ("It suits <COMPANY> well.", "placeholder"),
    ("It costs XXX dollars.", "placeholder"),
    ("Lorem ipsum dolor.", "placeholder"),
    ("It suits %COMPANY% well.", "placeholder"),
    ("The date is TBD.", "placeholder"),
    ("See evil.com now.", "foreign_link"),
    ("See EVIL.COM now.", "foreign_link"),
    ("See еvil.com now.", "foreign_link"),
    ("See https://acme.example.evil.io/x now.", "foreign_link"),
    ("See http://acme.example@evil.io now.", "foreign_link"),
    ("Visit www.evil.org today.", "foreign_link"),
    ("Write to bob@evil.com today.", "foreign_link"),
    ("Contact evil dot com today.", "foreign_link"),
    ("Contact evil(dot)com today.", "foreign_link"),
    ("Open javascript:alert today.", "foreign_link"),
    ("Open 192.168.1.1 today.", "foreign_link"),
    ("Follow @techcorp today.", "foreign_link"),
    ("Call +1 (415) 555-0101 today.", "phone_number"),
    ("Call 020 7946 0958 today.", "phone_number"),
    ("It is **great**.", "plain_text"),
    ("It is *great*.", "plain_text"),
    ("Use `code` here.", "plain_text"),
    ("Plan | Price is the header.", "plain_text"),
    ("See [the page](x) here.", "plain_text"),
    ("It has <b>bold</b> text.", "plain_text"),
    ("Fast &amp; easy.", "plain_text"),
    ("\n- One item.\n- Two items.\n", "plain_text"),
    ("\n1. One item.\n2. Two items.\n", "plain_text"),
    ("\n# Heading\n", "plain_text"),
    ("Great news 🎉 today.", "emoji"),
    ("Great news :) today.", "emoji"),
    ("Orders \u2192 invoices.", "emoji"),
    ("Hid\u200bden text.", "emoji"),
    ("\nSubject: pricing\n", "subject_line"),
    ("\nRe: pricing\n", "subject_line"),
    ("It is good and.", "broken_sentence"),
    ("the plan is good.", "broken_sentence"),
    ("It is is good.", "broken_sentence"),
    ("It is good ..", "broken_sentence"),
    ("It costs (a lot.", "broken_sentence"),
    ("It is good , really.", "broken_sentence"),
    ("It costs $299 per month and includes automated invoice processing.", "repeated_sentence"),
    ("Ramesh knows it.", "name_mentions"),
    ("Is it good?", "question_count"),
    ("It is great!!", "exclamation"),
]


@pytest.mark.parametrize(("sentence", "rule"), BAD_SENTENCES)
def test_each_rule_catches_its_tricky_strings(sentence: str, rule: str) -> None:
    assert rule in judge(with_sentence(sentence))


@pytest.mark.parametrize(
    "ending",
    [
        "\n\nBest regards,\nTom",
        "\nThanks,\nTom Baker",
        "\nCheers, Tom",
        " Kind regards, Tom",
        "\nBest,\nTom\nAccount Executive",
    ]
    + ["\nSincerely", "\nTom Baker", "\nP.S. There is more.", "\nMit freundlichen Grüßen\nTom"],
)
def test_no_signature(ending: str) -> None:
    record = lead(sender={"name": "Tom Baker", "role": "AE"})
    assert "signature" in judge(with_sentence("It is good.") + ending, record)


@pytest.mark.parametrize(
    "last", ["Thank you.", "All the best with the rollout.", "Thank you for the call.", "Best of luck with it."]
)
def test_thanks_and_wishes_are_no_signature(last: str) -> None:
    assert "signature" not in judge(f"{OPENING} {QUESTION} {last}")


@pytest.mark.parametrize("host", ["acme.example", "docs.acme.example"])
def test_our_own_hosts_may_appear_and_only_exactly(host: str) -> None:
    for address in (f"https://{host}/plans", host, f"sales@{host}"):
        message = with_sentence(f"The list is at {address} for you.")
        assert "foreign_link" not in judge(message, allowed_hosts=[host.upper()])
        assert "foreign_link" in judge(message, allowed_hosts=["other.example"])
    for address in (
        f"https://{host}.evil.io",
        f"https://{host}\\@evil.io",
        f"https://x@{host}",
        f"not-{host}",
        f"sub.{host}",
    ):
        assert "foreign_link" in judge(with_sentence(f"The list is at {address} for you."), allowed_hosts=[host])


def test_a_company_whose_name_is_a_host_may_be_named() -> None:
    record = lead(lead_company="Monday.com")
    assert judge(with_sentence("Teams such as Monday.com use it."), record) == []
    assert "foreign_link" in judge(with_sentence("See Monday.com/login now."), record)


@pytest.mark.parametrize(
    "question",
    [
        "Would you like a call and when can you talk?",
        "Would it help, and should I send the details?",
        "What is your budget and how many users do you have?",
        "Do you have time, and who else should join?",
        "Would a call help or a note, and does it fit today?",
    ],
)
def test_double_questions_are_caught(question: str) -> None:
    assert judge(f"{OPENING} {FACT} {question}") == ["double_question"]


@pytest.mark.parametrize(
    "question",
    [
        "Would you like to see how it works and what it costs?",
        "Would a demo help, or would you rather see the prices?",
        "Which of the two would you look at first?",
        "Can you and your team try it?",
        "Would you look at approvals and reports first?",
        "Is speed and accuracy what matters to you?",
    ],
)
def test_one_question_with_a_choice_is_one_question(question: str) -> None:
    assert judge(f"{OPENING} {FACT} {question}") == []


def test_a_rejection_is_answered_without_a_question() -> None:
    plan = strategy(EdgeCase.REJECTION)
    thanks = "Hi Ramesh, thank you for telling me plainly, and good luck with the rollout. You know where to find us."
    assert judge(thanks, plan=plan) == []
    assert judge(f"{thanks} May I ask why?", plan=plan) == ["question_count"]
    assert judge(thanks) == ["question_count"]


def test_length_limits_come_from_the_configuration() -> None:
    assert "word_limit" in judge(with_sentence("It is good and it is fast. " * 20))
    assert "too_short" in judge("Hi Ramesh, shall we talk?")
    short = CONFIG.model_copy(update={"word_limit": 40, "min_words": 5})
    message = with_sentence("It was first sold in spring and it has been improved every single month since that time.")
    assert [v.rule for v in validate(message, lead(), strategy(), short).violations] == ["word_limit"]


@pytest.mark.parametrize(
    ("name", "opening", "passes"),
    [
        ("Ramesh Kumar", "Hi Ramesh,", True),
        ("Ramesh Kumar", "Hi Ramesh Kumar,", True),
        ("Ramesh Kumar", "Hello,", False),
        ("RAMESH", "Hi Ramesh,", True),
        ("Dr. Anna Weiss", "Dear Dr. Weiss,", True),
        ("Jean-Luc Picard", "Hi Jean-Luc,", True),
        ("Will Smith", "Hi Will,", True),
        ("Will Smith", "Hello,", False),
        ("N/A", "Hello,", True),
        ("Anderson Silva", "Hi Anderson,", True),
    ],
)
def test_the_first_name_is_used_once(name: str, opening: str, passes: bool) -> None:
    message = f"{opening} thank you for asking. Anderson Corp and others use the plan. Will it help to see the numbers?"
    assert ("name_mentions" not in judge(message, lead(lead_name=name))) is passes


def test_the_name_inside_a_product_name_is_not_the_person() -> None:
    record = lead(lead_name="Mark", product_name="Mark Billing")
    assert (
        judge(
            "Hi Mark, thank you for asking about prices. Mark Billing has three plans for teams. Shall we talk?", record
        )
        == []
    )


def test_exclamation_marks_are_informal() -> None:
    message = with_sentence("That is good news!")
    assert judge(message, plan=strategy(tone=Tone.FORMAL)) == ["exclamation"]
    assert judge(message, plan=strategy(tone=Tone.FRIENDLY)) == []


def test_the_language_is_the_one_asked_for() -> None:
    german = (
        "Hallo Ramesh, Sie haben nach dem Preis und der Laufzeit gefragt. Der Plan ist für kleine Teams und nicht für "
        "die ganze Firma gedacht. Wollen wir das mit Ihnen besprechen?"
    )
    assert judge(german) == ["language"]
    assert judge(german, lead(language="de-AT")) == []
    assert judge(with_sentence("It is good."), lead(language="de")) == ["language"]
    assert judge(with_sentence("It is good."), lead(language="fi")) == []
    assert "language" in judge("Здравствуйте, Ramesh, спасибо за вопрос о цене, расскажите подробнее о команде?")


def test_the_thread_is_not_repeated() -> None:
    ours = {
        "author": "us",
        "text": "Hello Ramesh, your question was about the mid-tier plan last week. Setup takes a single day.",
    }
    theirs = {"author": "lead", "text": FACT}
    record = lead(thread=[ours, theirs])
    assert judge(with_sentence("It is good."), record) == ["repeats_thread"]
    assert judge(f"Hi Ramesh, thank you for asking. {FACT} {QUESTION}", record) == []
    repeated = f"Hi Ramesh, thank you for asking about it. Setup takes a SINGLE day. {QUESTION}"
    assert judge(repeated, record) == ["repeats_thread"]


@pytest.mark.parametrize("last", ["Shall we talk", "Let us talk,", "It is good...", "It is good \u2013", "It is good…"])
def test_the_last_sentence_is_finished(last: str) -> None:
    assert {"ending", "broken_sentence"} & set(judge(f"{OPENING} {FACT} {QUESTION} {last}"))


def test_a_product_may_start_a_sentence_in_lower_case() -> None:
    message = (
        "Hi Ramesh, thank you for asking about prices. gitbill has three plans for teams. Shall we talk about them?"
    )
    assert judge(message, lead(product_name="gitbill")) == []
    assert judge(message) == ["broken_sentence"]


@given(st.text(max_size=300))
def test_any_text_can_be_judged_and_nothing_is_random(text: str) -> None:
    assert judge(text) == judge(text)


@pytest.mark.parametrize(
    "unit", ["a ", "and what is ", "\n", "Thanks,\n", "*", "a.", "1 ", "(", "Hi ", "is is ", "@", "<", "[", "regards\n"]
)
def test_long_hostile_drafts_are_judged_in_bounded_time(unit: str) -> None:
    text = unit * (20_000 // len(unit))
    started = monotonic()
    judge(text)
    assert monotonic() - started < 10, "a rule is not linear"


def test_every_rule_of_the_modules_is_in_force() -> None:
    names = {rule.__name__ for rule in RULES}
    public = {
        name
        for module in (counts, form, links, sentences, wording)
        for name, value in vars(module).items()
        if getattr(value, "__module__", None) == module.__name__ and not name.startswith("_")
    }
    assert names == public


def test_violations_tell_a_writer_what_to_change() -> None:
    report = validate("the plan", dataclasses.replace(lead(), lead_name="Ramesh"), strategy(), CONFIG)
    assert not report.passed
    assert all(violation.problem.endswith((".", '"')) for violation in report.violations)
