"""A price of another plan or thing than the one asked about is no answer."""

import pytest

from app.followups.generators.template import SafeTemplate
from tests.followups.generators.building import Block, lead, paragraph, passage, strategy, task

TEMPLATE = SafeTemplate()
STARTER = paragraph("The Starter plan costs $49 per month.")
GROWTH = paragraph("The Growth plan costs $99 per month.")
SETUP = paragraph("Setup costs $500 once for the Growth plan.")


async def written(subject: str, *blocks: Block) -> str:
    given = task(
        lead(interaction_history=f"Asked about {subject}"),
        strategy(subject=subject),
        (passage(*blocks),),
        word_limit=120,
    )
    return (await TEMPLATE.generate(given)).text


@pytest.mark.parametrize(
    "subject",
    [
        "the Business price",
        "Business pricing",
        "the price of the Business plan",
        "the business plan",
        "how much Business costs",
        "the setup fee",
        "the price of onboarding",
        "how much support costs",
    ],
)
async def test_the_price_of_something_else_is_left_to_a_specialist(subject: str) -> None:
    text = await written(subject, STARTER, GROWTH)
    assert "$" not in text
    assert "specialist" in text


@pytest.mark.parametrize(
    ("subject", "price"),
    [
        ("the Growth price", "$99"),
        ("the price of the Growth plan", "$99"),
        ("the starter plan", "$49"),
        ("the setup fee", "$500"),
        ("the price for our business", "$"),
        ("pricing", "$"),
    ],
)
async def test_the_price_that_was_asked_for_is_given(subject: str, price: str) -> None:
    assert price in await written(subject, STARTER, GROWTH, SETUP)
