"""PDFs written with reportlab and read back."""

import io
from collections.abc import Callable, Sequence
from contextlib import suppress

import pytest
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Table, TableStyle

from app.errors import DocumentRefused
from app.followups.types import BlockKind
from app.knowledge.loaders.pdf import load_pdf
from app.knowledge.types import Block

H, P, L, ROW = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.TABLE_ROW
STYLES = getSampleStyleSheet()
RULED = TableStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.black)])
BODY = (
    "The Professional plan is made for finance teams that send between five hundred and two thousand invoices every "
    "month, and it includes automated invoice processing for all of them."
)


def pdf(story: Sequence[Flowable], *, footer: str = "", password: StandardEncryption | None = None) -> bytes:
    buffer = io.BytesIO()
    document = SimpleDocTemplate(buffer, pagesize=A4, encrypt=password)

    def decorate(canvas: Canvas, page: object) -> None:
        if footer:
            canvas.drawString(72, 30, f"{footer} {canvas.getPageNumber()}")

    document.build(list(story), onFirstPage=decorate, onLaterPages=decorate)
    return buffer.getvalue()


def drawn(draw: Callable[[Canvas], None]) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4)
    draw(canvas)
    canvas.save()
    return buffer.getvalue()


def test_headings_paragraphs_and_a_ruled_table() -> None:
    table = Table([["Plan", "Price"], ["Pro", "$299"], ["Scale", "$899"]], style=RULED)
    story = [
        Paragraph("Pricing 2024", STYLES["Title"]),
        Paragraph(BODY, STYLES["BodyText"]),
        Paragraph("Who is it for?", STYLES["Heading2"]),
        table,
        Paragraph(BODY, STYLES["BodyText"]),
    ]
    assert load_pdf(pdf(story)).blocks == (
        Block(H, "Pricing 2024", 1, 1),
        Block(P, BODY, page=1),
        Block(H, "Who is it for?", 2, 1),
        Block(ROW, "Plan: Pro; Price: $299", page=1),
        Block(ROW, "Plan: Scale; Price: $899", page=1),
        Block(P, BODY, page=1),
    )


def test_running_lines_go_and_pages_count() -> None:
    story = [Paragraph(f"Text one. {BODY}", STYLES["BodyText"]), PageBreak(), Paragraph(BODY, STYLES["BodyText"])]
    blocks = load_pdf(pdf(story, footer="TechCorp, page")).blocks
    assert [(block.text, block.page) for block in blocks] == [(f"Text one. {BODY}", 1), (BODY, 2)]


def test_a_table_goes_on_over_the_page_break() -> None:
    rows = [["Plan", "Price"], *([f"Plan {number}", f"${number}"] for number in range(60))]
    texts = [block.text for block in load_pdf(pdf([Table(rows, style=RULED)])).blocks]
    assert texts == [f"Plan: Plan {number}; Price: ${number}" for number in range(60)]


def test_an_unruled_table() -> None:
    rows = [
        ("Plan", "Users", "Price"),
        ("Starter", "3", "$99"),
        ("Professional", "10", "$299"),
        ("Enterprise", "50", "$899"),
    ]

    def draw(canvas: Canvas) -> None:
        for y, row in enumerate(rows):
            for x, cell in enumerate(row):
                canvas.drawString(72 + 150 * x, 700 - 18 * y, cell)

    assert [block.text for block in load_pdf(drawn(draw)).blocks] == [
        "Plan: Starter; Users: 3; Price: $99",
        "Plan: Professional; Users: 10; Price: $299",
        "Plan: Enterprise; Users: 50; Price: $899",
    ]


def test_two_columns_are_read_one_after_the_other() -> None:
    left = [f"left line {number} goes on and" for number in range(12)]
    right = [f"right line {number} goes on and" for number in range(12)]

    def draw(canvas: Canvas) -> None:
        for number in range(12):
            canvas.drawString(72, 700 - 14 * number, left[number])
            canvas.drawString(310, 700 - 14 * number, right[number])

    text = " ".join(block.text for block in load_pdf(drawn(draw)).blocks)
    assert text == " ".join([*left, *right])


def test_words_split_at_line_ends() -> None:
    lines = [
        "Our real-time analytics save time for the finance de-",
        "partment, as it is real-",
        "time for everyone here.",
    ]

    def draw(canvas: Canvas) -> None:
        for number, line in enumerate(lines):
            canvas.drawString(72, 700 - 14 * number, line)

    assert [block.text for block in load_pdf(drawn(draw)).blocks] == [
        "Our real-time analytics save time for the finance department, as it is real-time for everyone here."
    ]


def test_raised_note_marks_do_not_join_prices() -> None:
    story = [
        Paragraph("The plan costs $299<super size=6>1</super> per month for all of your users.", STYLES["BodyText"])
    ]
    assert [block.text for block in load_pdf(pdf(story)).blocks] == [
        "The plan costs $299 per month for all of your users."
    ]


def test_doubled_letters_of_fake_bold_are_read_once() -> None:
    def draw(canvas: Canvas) -> None:
        for offset in (0, 0.3):
            canvas.drawString(72 + offset, 700, "All bills follow well")

    assert [block.text for block in load_pdf(drawn(draw)).blocks] == ["All bills follow well"]


def test_bullets_are_list_items_and_repeated_pages_go() -> None:
    def draw(canvas: Canvas) -> None:
        for _ in range(2):
            canvas.drawString(72, 700, "\u2022 The first thing that this list tells")
            canvas.drawString(72, 680, "\u2022 The second thing that this list tells")
            canvas.showPage()

    assert load_pdf(drawn(draw)).blocks == (
        Block(L, "The first thing that this list tells", page=1),
        Block(L, "The second thing that this list tells", page=1),
    )


def test_owner_password_is_no_hindrance_and_a_user_password_is() -> None:
    story = [Paragraph(BODY, STYLES["BodyText"])]
    assert load_pdf(pdf(story, password=StandardEncryption("", "owner"))).blocks[0].text == BODY
    with pytest.raises(DocumentRefused) as caught:
        load_pdf(pdf(story, password=StandardEncryption("secret", "owner")))
    assert caught.value.reason == "encrypted"


@pytest.mark.parametrize("data", [b"no pdf", b"%PDF-1.7\ntorn", b""])
def test_damaged_files_are_refused(data: bytes) -> None:
    with pytest.raises(DocumentRefused) as caught:
        load_pdf(data)
    assert caught.value.reason == "malformed"


def test_every_truncation_is_read_or_refused() -> None:
    whole = pdf([Paragraph(BODY, STYLES["BodyText"]), Table([["a", "b"], ["c", "d"]], style=RULED)])
    for cut in range(0, len(whole), max(len(whole) // 40, 1)):
        with suppress(DocumentRefused):
            assert all(block.text for block in load_pdf(whole[:cut]).blocks)
