import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.followups.generators.cleaning import clean_message
from tests.growth import assert_linear

MESSAGE = (
    "Hi Ramesh, you asked what Ledger Cloud costs. The Team plan is $49 per month, as it isn't tied to seats. "
    "Shall I walk you through it?"
)
GOOD = [
    MESSAGE,
    "Hi Tom, thank you for telling me plainly. If billing comes up again, you know where to find us.",
    'Hi Jo, the "Team" plan fits up to 20 people. Is that your size?',
    "Hello,\n\nwhich of the two would help you more?",
    "Dear Dr. Weiss, to your question on data protection: data can be kept in the EU region. Who would review that?",
    "Hi Ana, sure, the export is included. Here is the short version: it runs nightly. Does that work for you?",
    "Hi Ana, note that the price holds until June. Best plan for you is Team. Which one do you use?",
    "Of course, the export is included in every plan. Would nightly be enough for you?",
    "Hi Ana, thanks for the details. This version of the export runs nightly. Is that enough?",
    "'Team' is the plan you asked about, and 'Business' adds approvals. Which one fits?",
    "Hi Jürgen, the plan costs 49 € – per month… “really”. Passt das?",
]


@pytest.mark.parametrize("message", GOOD)
def test_a_plain_message_comes_back_unchanged(message: str) -> None:
    assert clean_message(message) == message
    assert clean_message(message, truncated=True) == message


WRAPPED = {
    "straight quotes": f'"{MESSAGE}"',
    "curly quotes": f"“{MESSAGE}”",
    "single quotes": f"'{MESSAGE}'",
    "announcement": f"Sure! Here's a follow-up message for Ramesh:\n\n{MESSAGE}",
    "announcement in the same line": f"Here is the message: {MESSAGE}",
    "several announcements": f"Certainly!\n\n**Follow-up message:**\n\n{MESSAGE}",
    "revised": f"Here's a revised version that fixes the issues:\n{MESSAGE}",
    "label": f"Message: {MESSAGE}",
    "label of a role": f"Assistant: {MESSAGE}",
    "subject": f"Subject: Team plan\n\n{MESSAGE}",
    "bold subject": f"**Subject:** Team plan\n---\n{MESSAGE}",
    "announcement and subject": f"Here is the e-mail:\n\nSubject: Team plan\n\n{MESSAGE}",
    "signature": f"{MESSAGE}\n\nBest regards,\n[Your Name]\nNorthwind Tools",
    "short signature": f"{MESSAGE}\n\nThanks,\nMira",
    "signature in the same line": f"{MESSAGE} Best regards, Mira Stone",
    "German signature": f"{MESSAGE}\n\nMit freundlichen Grüßen\nMira Stone",
    "sign-off alone": f"{MESSAGE}\nCheers",
    "quotes and signature": f'"{MESSAGE}\n\nBest,\nMira"',
    "quotes, then signature": f'"{MESSAGE}"\n\nKind regards,\nMira',
    "note": f"{MESSAGE}\n\nNote: I kept it under 120 words.",
    "count": f"{MESSAGE}\n\n(32 words)",
    "remark": f"{MESSAGE}\n\nThis message avoids any pressure.",
    "offer to change": f"{MESSAGE}\n\nLet me know if you'd like any changes!",
    "rules": f"---\n{MESSAGE}\n---\nI used a friendly tone.",
    "thoughts": f"<think>The lead is Ramesh.\nI should greet.</think>\n\n{MESSAGE}",
    "end of thoughts": f"The lead is Ramesh.\n</think>\n{MESSAGE}",
    "other thoughts": f"<Reasoning>x</Reasoning>{MESSAGE}",
    "fence": f"```\n{MESSAGE}\n```",
    "named fence": f"Here you go, the message:\n```text\n{MESSAGE}\n```",
    "open fence": f"```text\n{MESSAGE}",
    "JSON": '{"message": "' + MESSAGE + '"}',
    "fenced JSON": '```json\n{"subject": "x", "text": "' + MESSAGE + '"}\n```',
    "citations": MESSAGE.replace("month", "month [1]").replace("seats", "seats [2, 3]【4†source】 (passages 1 and 2)"),
    "emphasis": MESSAGE.replace("$49", "**$49**").replace("Team", "*Team*"),
    "block quote": f"> {MESSAGE}",
    "wrapped lines": MESSAGE.replace(". ", ".\n").replace(", ", ",\n"),
    "invisible characters": "\ufeff" + MESSAGE.replace(" ", " \u200b", 3),
    "Windows line ends": f"Sure!\r\n\r\n{MESSAGE}\r\n",
}


@pytest.mark.parametrize("answer", WRAPPED.values(), ids=WRAPPED)
def test_takes_the_message_out_of_its_wrapping(answer: str) -> None:
    assert clean_message(answer) == MESSAGE


@pytest.mark.parametrize(
    "answer",
    [
        "",
        " \n ",
        "<think>never ends",
        "<think>ends</think>",
        "I'm sorry, but I can't help with that.",
        "I cannot write this message.",
        "As an AI language model, I do not send mail.",
        "```\n```",
    ],
)
def test_no_message(answer: str) -> None:
    assert clean_message(answer) == ""


def test_keeps_paragraphs_and_lists_for_the_rules_to_judge() -> None:
    assert clean_message("Hi A,\n\nwe have\n- one\n- two\n\nWhich?") == "Hi A,\n\nwe have\n- one\n- two\n\nWhich?"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("Hi A, it costs $49. It includes the", "Hi A, it costs $49."),
        ("Hi A, it costs $4", ""),
        ("Hi A, it costs $49. Shall we talk?", "Hi A, it costs $49. Shall we talk?"),
    ],
)
def test_an_unfinished_sentence_is_dropped_if_the_model_was_cut_off(answer: str, expected: str) -> None:
    assert clean_message(answer, truncated=True) == expected


def test_placeholders_stay() -> None:
    assert clean_message("Hi [LEAD_NAME], is [LEAD_COMPANY] ready?") == "Hi [LEAD_NAME], is [LEAD_COMPANY] ready?"


@given(
    st.text()
    | st.lists(st.sampled_from([*WRAPPED.values(), "\n", '"', "```", "<think>", "---"]), max_size=4).map("".join)
)
def test_anything_gives_printable_text_without_surroundings(answer: str) -> None:
    cleaned = clean_message(answer)
    assert cleaned == cleaned.strip()
    assert "<think>" not in cleaned
    assert "\r" not in cleaned
    assert "\n\n\n" not in cleaned


def test_long_answers_take_linear_time() -> None:
    pieces = (
        "a",
        " ",
        "\n",
        "<think>",
        "</think>",
        "```",
        "**a",
        "[1]",
        '"',
        "Best regards,\n",
        "Sure! ",
        "here is ",
        "{",
        "the ",
    )
    for piece in pieces:
        assert_linear(lambda text: clean_message(text, truncated=True), piece)


def test_a_mark_inside_a_figure_is_no_citation() -> None:
    assert "$299" not in clean_message("It costs $2[15]99 a month.")
