"""Mails: the newest message and nothing else."""

from email.message import EmailMessage

import pytest

from app.errors import DocumentRefused
from app.knowledge.loaders.eml import load_eml


def mail(text: str = "", html: str = "", subject: str = "Our new prices", **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = "Ann <ann@example.com>"
    message["Date"] = "Mon, 03 Jun 2024 10:00:00 +0200"
    for name, value in headers.items():
        message[name] = value
    if text:
        message.set_content(text)
    if html and text:
        message.add_alternative(html, subtype="html")
    elif html:
        message.set_content(html, subtype="html")
    return message


def texts(message: EmailMessage) -> list[str]:
    return [block.text for block in load_eml(message.as_bytes()).blocks]


def test_subject_is_the_title_and_the_date_is_kept() -> None:
    document = load_eml(mail("Team costs €9.", subject="Re: AW: Größere Pläne").as_bytes())
    assert document.title == "Größere Pläne"
    assert dict(document.metadata) == {"subject": "Größere Pläne", "date": "2024-06-03"}


def test_history_signature_and_attachments_stay_out() -> None:
    message = mail(
        "Team costs $9 now.\n\n-- \nAnn\nSales\n\nOn Mon, 3 Jun 2024 at 09:00, Bob wrote:\n> Team costs $7.\n> Fine.\n"
    )
    message.add_attachment("Team,5\n", subtype="csv", filename="old.csv")
    assert texts(message) == ["Team costs $9 now."]


def test_html_mails_lose_what_they_quote() -> None:
    page = "<p>Team costs <b>$9</b>.</p><div class='gmail_quote'>On Monday Bob wrote:<blockquote>$7</blockquote></div>"
    assert texts(mail(html=page)) == ["Team costs $9."]


def test_plain_text_is_preferred_and_a_pure_quote_is_kept() -> None:
    assert texts(mail("Plain.", "<p>Page.</p>")) == ["Plain."]
    assert texts(mail("> Only quoted.")) == ["> Only quoted."]


@pytest.mark.parametrize(
    "data",
    [
        b"Subject: x\nContent-Type: text/plain; charset=no-such-charset\n\nCaf\xc3\xa9.",
        b"Subject: x\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\nQ2Fmw6ku",
        b"Subject: x\nContent-Type: text/plain; charset=ascii\n\nCaf\xc3\xa9.",
        b"Subject: x\nDate: nonsense\nContent-Type: multipart/mixed\n\nCaf\xc3\xa9.",
        b"Subject: =?no-such?q?x?=\n\nCaf\xc3\xa9.",
    ],
)
def test_damaged_headers_do_not_matter(data: bytes) -> None:
    assert [block.text for block in load_eml(data).blocks] in (["Café."], [])


def test_no_mail_is_malformed() -> None:
    with pytest.raises(DocumentRefused, match="no mail"):
        load_eml(b"Dear reader,\n\nthis is a letter.")


def test_attached_files_are_counted_but_not_logos() -> None:
    message = mail("Team costs $9 now.")
    message.add_attachment("Team,5\n", subtype="csv", filename="old.csv")
    message.add_attachment(
        b"%PDF-1.7", maintype="application", subtype="pdf", filename="plans.pdf", disposition="inline"
    )
    message.add_attachment(b"PNG", maintype="image", subtype="png", filename="logo.png", disposition="inline")
    assert dict(load_eml(message.as_bytes()).metadata)["attachments"] == "2"
    assert "attachments" not in dict(load_eml(mail("Plain.").as_bytes()).metadata)
