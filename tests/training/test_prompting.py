"""The prompts of training examples are those of requests, whatever the profile."""

from datetime import date

import pytest

from app.followups.prompts.masking import LEAD_NAME, PRODUCT, restore
from app.followups.prompts.profiles import Profile, voice_prompts
from app.settings import load_settings
from app.training.examples import Example
from app.training.prompting import ExampleRenderer

EXAMPLE = Example(
    lead="a",
    fields={
        "lead_name": "[LEAD_FULL_NAME]",
        "product_name": "RouteDesk",
        "lead_industry": "logistics",
        "lead_score": 64.0,
        "interaction_history": "[LEAD_NAME] asked what RouteDesk costs, reply to [EMAIL_1]",
    },
    response="Hello [LEAD_NAME], you asked what RouteDesk costs. Shall I share the details?",
)


def exchange_of(profile: Profile) -> tuple[str, str, dict[str, str]]:
    settings = load_settings()
    source = voice_prompts(profile, settings.validation)
    renderer = ExampleRenderer(source, settings.scoring, settings.validation, date(2026, 1, 15))
    exchange = renderer.exchange(EXAMPLE)
    return "\n".join(t.content for t in exchange.prompt.turns), exchange.answer, dict(exchange.prompt.placeholders)


@pytest.mark.parametrize("profile", ["instruct", "compact"])
def test_personal_data_reaches_neither_prompt_nor_answer(profile: Profile) -> None:
    prompt, answer, placeholders = exchange_of(profile)
    assert answer.startswith(f"Hello {LEAD_NAME}, you asked")
    assert LEAD_NAME in prompt
    for value in ("Quillon", "Zabriskie", "example.com"):
        assert value not in prompt + answer
    assert restore(answer, placeholders.items()) == EXAMPLE.answer


@pytest.mark.parametrize(("profile", "masked"), [("instruct", False), ("compact", True)])
def test_the_answer_hides_the_product_where_the_prompt_does(profile: Profile, masked: bool) -> None:
    prompt, answer, _ = exchange_of(profile)
    assert (PRODUCT in prompt, PRODUCT in answer) == (masked, masked)
    assert ("RouteDesk" in prompt) is not masked
