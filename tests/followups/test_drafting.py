"""Drafting with the real gate, the real rules and the real template; only what writes is scripted."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import AdapterUnavailable, InternalError, ModelUnavailable
from app.followups.drafting import CheckedDraft, DraftingStage
from app.followups.generators.base import GenerationInput, Generator
from app.followups.generators.phrases import Phrase, PhraseBank, load_phrases
from app.followups.generators.template import SafeTemplate
from app.followups.types import Draft
from app.followups.validation import validate
from app.grounding.gate import GroundingGate
from app.observability import Metrics, Stopwatch
from tests.followups.generators.building import lead, strategy, task
from tests.followups.leads import rules

TODAY = date(2026, 1, 15)
RULES = rules()
TASK = task(lead(interaction_history="Asked about pricing"), strategy())

TRUE = "The Harbor plan costs $240 per month and includes route planning."
FALSE = "The Dock plan costs $7 per month."
PUSHY = "Act now, before it's too late."
QUESTION = "Would a short call this week help you?"


def message(*sentences: str) -> str:
    return "\n\n".join(("Hi Greta,", " ".join(sentences), QUESTION))


GOOD = message(TRUE)
HALF_TRUE = message(TRUE, FALSE)
LIE = message(FALSE)
TWO_QUESTIONS = message(TRUE, "Shall I send you the details?")
SAYS_NOTHING = message("Thanks for your interest in Depot Planner.")


@dataclass
class Scripted:
    """Answers with each text in turn, the last one again and again; raises where an error stands instead."""

    answers: Sequence[str | Exception]
    name: str = "rag"
    can_repair: bool = True
    fingerprint: str = "scripted"
    asked: list[GenerationInput] = field(default_factory=list)

    async def generate(self, task: GenerationInput) -> Draft:
        self.asked.append(task)
        answer = self.answers[min(len(self.asked), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return Draft(answer, self.name, "fake-model", "digest", "rag@1")


@dataclass
class CarelessTemplate(Scripted):
    """Writes the first text when there is evidence, else the second."""

    name: str = "template"
    can_repair: bool = False

    async def generate(self, task: GenerationInput) -> Draft:
        self.asked.append(task)
        text = self.answers[0 if task.evidence.knowledge else 1]
        return Draft(str(text), self.name, "safe", "digest", "template@1", fallback="template")


class Writing:
    """One stage with its metrics; `write` asks it for a message."""

    def __init__(self, template: Generator | None = None) -> None:
        self.metrics = Metrics()
        self.template = template or SafeTemplate(RULES)
        self.stage = DraftingStage(GroundingGate(RULES), self.template, RULES, self.metrics)

    async def write(self, generator: Generator | None = None, seconds: float = 10.0) -> CheckedDraft:
        watch = Stopwatch(self.metrics)
        return await self.stage.write(generator or self.template, TASK, TODAY, lambda: seconds, watch)

    def counted(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(f"followup_{name}_total", labels) or 0.0


async def test_a_passing_draft_goes_out_as_it_is() -> None:
    model = Scripted([GOOD])
    writing = Writing()
    checked = await writing.write(model)
    assert checked.draft.text == GOOD
    assert (checked.draft.generator, checked.dropped, checked.repairs, checked.model_failed) == ("rag", 0, 0, False)
    assert len(model.asked) == 1
    assert writing.counted("claims", verdict="supported") == 1


async def test_a_failing_draft_is_repaired_once_with_its_violations_named() -> None:
    model = Scripted([message(FALSE, PUSHY), GOOD])
    writing = Writing()
    checked = await writing.write(model)
    assert (checked.draft.text, checked.repairs, checked.dropped) == (GOOD, 1, 0)
    first, second = model.asked
    assert (first.repair_of, first.violations) == (None, ())
    assert second.repair_of == message(FALSE, PUSHY)
    problems = [violation.problem for violation in second.violations if violation.rule == "grounding"]
    assert any(FALSE in problem for problem in problems)
    assert "pressure" in {violation.rule for violation in second.violations}
    assert writing.counted("repairs", outcome="passed") == 1
    assert writing.counted("violations", rule="pressure") == 1


async def test_what_still_fails_loses_its_unsupported_sentences() -> None:
    model = Scripted([LIE, HALF_TRUE])
    writing = Writing()
    checked = await writing.write(model)
    assert TRUE in checked.draft.text
    assert FALSE not in checked.draft.text
    assert (checked.draft.generator, checked.dropped, checked.repairs) == ("rag", 1, 1)
    assert checked.report.verified
    assert len(model.asked) == 2
    assert writing.counted("repairs", outcome="failed") == 1


async def test_a_generator_that_cannot_repair_is_asked_once() -> None:
    model = Scripted([HALF_TRUE, GOOD], can_repair=False)
    checked = await Writing().write(model)
    assert (len(model.asked), checked.repairs, checked.dropped) == (1, 0, 1)


@pytest.mark.parametrize("text", [LIE, TWO_QUESTIONS, "", "{{ lead_name }}", "no"])
async def test_a_draft_with_nothing_to_keep_gives_way_to_the_template(text: str) -> None:
    checked = await Writing().write(Scripted([text]))
    assert (checked.draft.generator, checked.draft.fallback) == ("template", "template")
    assert checked.report.verified
    assert not checked.model_failed


async def test_a_template_that_fails_loses_its_unsupported_sentences() -> None:
    checked = await Writing(CarelessTemplate([HALF_TRUE, SAYS_NOTHING])).write()
    assert TRUE in checked.draft.text
    assert checked.dropped == 1


async def test_the_bare_template_is_asked_when_the_template_fails() -> None:
    template = CarelessTemplate([LIE, SAYS_NOTHING])
    checked = await Writing(template).write(Scripted([LIE]))
    assert checked.draft.text == SAYS_NOTHING
    tried = [(bool(asked.evidence.knowledge), asked.lead.lead_name) for asked in template.asked]
    assert tried == [(True, "Greta"), (True, "Greta"), (False, "Greta")]
    assert "lead_name_unusable" not in checked.draft.warnings
    assert all(asked.evidence.lead == TASK.evidence.lead for asked in template.asked)


async def test_a_closing_that_fails_gives_way_to_another_not_the_fact_or_the_name() -> None:
    bank = load_phrases()
    closings = (Phrase("Which matters more to you, the price or what is included?"), Phrase(QUESTION))
    writing = Writing(SafeTemplate(RULES, PhraseBank({**bank.slots, "high_pricing": closings}, bank.labels)))
    texts = []
    for name in ("Greta", "Ada", "Bo", "Cy", "Di"):
        given = task(lead(lead_name=name, interaction_history="Asked about pricing"), strategy())
        checked = await writing.stage.write(writing.template, given, TODAY, lambda: 9.0, Stopwatch(writing.metrics))
        assert (name in checked.draft.text, "$240" in checked.draft.text, checked.draft.warnings) == (True, True, ())
        texts.append(checked.draft.text)
    assert all(text.endswith(QUESTION) for text in texts)


async def test_nothing_is_returned_when_even_the_bare_template_breaks_a_rule() -> None:
    with pytest.raises(InternalError) as caught:
        await Writing(CarelessTemplate([LIE, TWO_QUESTIONS])).write(Scripted([LIE]))
    assert "Greta" not in caught.value.message


async def test_a_model_that_fails_is_replaced_and_reported() -> None:
    model = Scripted([ModelUnavailable("down")])
    checked = await Writing().write(model)
    assert (checked.draft.fallback, checked.model_failed, checked.repairs) == ("template", True, 0)
    assert len(model.asked) == 1


async def test_a_model_that_fails_during_the_repair_leaves_the_supported_part() -> None:
    checked = await Writing().write(Scripted([HALF_TRUE, ModelUnavailable("down")]))
    assert (checked.draft.generator, checked.dropped, checked.repairs) == ("rag", 1, 0)
    assert checked.model_failed


async def test_an_adapter_that_goes_missing_during_the_repair_leaves_the_supported_part() -> None:
    checked = await Writing().write(Scripted([HALF_TRUE, AdapterUnavailable("gone")]))
    assert (checked.draft.generator, checked.dropped, checked.model_failed) == ("rag", 1, True)


async def test_a_missing_adapter_is_the_caller_s_to_know() -> None:
    with pytest.raises(AdapterUnavailable):
        await Writing().write(Scripted([AdapterUnavailable("none")]))


@pytest.mark.parametrize("seconds", [0.4, 0.0, -5.0])
async def test_without_time_the_model_is_not_called(seconds: float) -> None:
    model = Scripted([GOOD])
    checked = await Writing().write(model, seconds)
    assert model.asked == []
    assert (checked.draft.fallback, checked.model_failed) == ("template", True)


async def test_the_model_gets_less_than_the_time_that_is_left() -> None:
    model = Scripted([GOOD])
    await Writing().write(model, 2.0)
    assert 1.0 < model.asked[0].timeout_seconds < 2.0


sentences = st.sampled_from([TRUE, FALSE, PUSHY, QUESTION, "Hi Greta,", "We guarantee a 40% saving.", "[LEAD_NAME]"])
drafts = st.one_of(st.text(max_size=200), st.lists(sentences, max_size=7).map(" ".join))


@settings(max_examples=40, deadline=None)
@given(drafts, drafts)
def test_nothing_unchecked_is_ever_returned(first: str, second: str) -> None:
    checked = asyncio.run(Writing().write(Scripted([first, second])))
    text = checked.draft.text
    judged_again = GroundingGate(RULES).check(text, TASK.lead, TASK.evidence, TODAY)
    assert judged_again == checked.report
    assert judged_again.verified
    assert validate(text, TASK.lead, TASK.strategy, RULES, allowed_hosts=RULES.own_hosts).passed


def test_the_prepared_texts_are_what_their_names_say() -> None:
    verdicts = {
        text: GroundingGate(RULES).check(text, TASK.lead, TASK.evidence, TODAY).verified for text in (GOOD, LIE)
    }
    assert verdicts == {GOOD: True, LIE: False}
    bare = replace(TASK.evidence, knowledge=())
    assert GroundingGate(RULES).check(SAYS_NOTHING, TASK.lead, bare, TODAY).verified
