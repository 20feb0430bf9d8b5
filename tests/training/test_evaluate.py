"""An adapter trained on a tiny model, measured against that model."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from app.config_files import LocalModels
from app.errors import AdapterUnavailable, InvalidInput, ModelUnavailable
from app.followups.prompts.profiles import voice_prompts
from app.followups.types import GenerationOptions, Prompt
from app.language_models.base import Completion, DecodingRules
from app.settings import load_settings
from app.training.card import AdapterCard
from app.training.comparison_chart import draw
from app.training.dataset import Prepared
from app.training.drafts import score_drafts, write_drafts
from app.training.evaluate import Evaluation, EvaluationRun, evaluate
from app.training.finetune import TrainingRun
from app.training.prompting import ExampleRenderer
from app.training.voice import VoiceClassifier
from tests.training.conftest import AS_OF

RULES = load_settings().validation
LOCAL = LocalModels(device="cpu", batch_rows=8)


@pytest.fixture(scope="module")
def evaluation_run(run: TrainingRun, prepared: Prepared) -> EvaluationRun:
    options = GenerationOptions(temperature=0.0, max_tokens=8)
    held_out = prepared.held_out[:6]
    return EvaluationRun(
        run.base, run.output, prepared.train, held_out, AS_OF, run.renderer, RULES, LOCAL, options
    )  # fmt: skip


@pytest.fixture(scope="module")
def evaluation(evaluation_run: EvaluationRun, card: AdapterCard) -> Evaluation:
    assert card.adapter_digest
    return asyncio.run(evaluate(evaluation_run))


def test_an_adapter_is_less_surprised_by_its_own_voice(evaluation: Evaluation) -> None:
    assert evaluation.adapter.perplexity < 0.8 * evaluation.base.perplexity


def test_the_numbers_say_what_they_were_measured_on(evaluation: Evaluation, card: AdapterCard) -> None:
    assert evaluation.adapter_digest == card.adapter_digest
    stated = evaluation.as_json()
    assert stated["examples"] == 6
    assert stated["human"]["grounded"] == 1.0
    assert set(stated["base"]) == set(stated["adapter"]) >= {"perplexity", "voice", "rules_passed", "grounded"}


def test_people_pass_what_models_are_held_to(evaluation: Evaluation) -> None:
    assert evaluation.human.rules_passed == evaluation.human.grounded == 1.0
    assert evaluation.human.personalization > 0.3


def test_the_picture_is_drawn(evaluation: Evaluation, tmp_path: Path) -> None:
    path = tmp_path / "evaluation.png"
    draw(evaluation, path)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_an_adapter_of_another_base_is_refused(
    evaluation_run: EvaluationRun, card: AdapterCard, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("foreign") / "voice"
    folder.mkdir()
    for path in evaluation_run.adapter.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    text = (folder / "card.json").read_text(encoding="utf-8").replace(card.base_digest, "0" * 64)
    (folder / "card.json").write_text(text, encoding="utf-8")
    with pytest.raises(AdapterUnavailable, match="another base"):
        asyncio.run(evaluate(replace(evaluation_run, adapter=folder)))


def test_too_few_leads_measure_nothing(evaluation_run: EvaluationRun) -> None:
    with pytest.raises(InvalidInput, match="at least 5"):
        asyncio.run(evaluate(replace(evaluation_run, held_out=evaluation_run.held_out[:2])))


class Scripted:
    """A model that answers every prompt with its seed, and fails where it is told to."""

    name = digest = "scripted"
    adapter_digest = None

    def __init__(self, failing: int) -> None:
        self._failing = failing

    async def warm_up(self) -> None: ...

    async def close(self) -> None: ...

    def fits(self, prompt: Prompt, options: GenerationOptions) -> bool:
        del prompt, options
        return True

    async def complete(
        self, prompt: Prompt, options: GenerationOptions, timeout_seconds: float, rules: DecodingRules | None = None
    ) -> Completion:
        del prompt, timeout_seconds, rules
        if options.seed == self._failing:
            raise ModelUnavailable("The model is gone.")
        return Completion(f"Sure, here is the message:\n\nHello [LEAD_NAME], this is number {options.seed}.")


async def test_drafts_are_cleaned_named_and_seeded_by_their_place(prepared: Prepared) -> None:
    settings = load_settings()
    compact = ExampleRenderer(voice_prompts("compact", RULES), settings.scoring, RULES, AS_OF)
    texts = await write_drafts(Scripted(failing=1), compact, prepared.held_out[:3], RULES, GenerationOptions())
    assert texts == ["Hello Quillon, this is number 0.", "", "Hello Quillon, this is number 2."]


class TestDraftScores:
    def test_a_draft_that_states_facts_is_not_grounded(self, prepared: Prepared, renderer: ExampleRenderer) -> None:
        tasks = [renderer.task(example) for example in prepared.held_out[:2]]
        good = prepared.held_out[0].answer
        scores = score_drafts([good, "Hello, the Team plan costs $49 per month."], tasks, RULES, AS_OF)
        assert (scores.rules_passed, scores.grounded) == (0.5, 0.5)

    def test_a_draft_that_failed_passes_nothing(self, prepared: Prepared, renderer: ExampleRenderer) -> None:
        scores = score_drafts([""], [renderer.task(prepared.held_out[0])], RULES, AS_OF)
        assert (scores.rules_passed, scores.grounded, scores.claims_supported) == (0.0, 0.0, 0.0)


class TestVoiceClassifier:
    def test_a_voice_is_told_from_neutral_text_on_other_leads(self) -> None:
        voice = [
            f"Let's take one thing at a time with your {thing}." for thing in ("orders", "notes", "forms", "lists")
        ]
        neutral = [
            f"A specialist can tell you more about your {thing}." for thing in ("orders", "notes", "forms", "lists")
        ]
        classifier = VoiceClassifier(voice[:3], neutral[:3])
        assert classifier.separation(voice[3:], neutral[3:]) == 1.0
        [mine], [theirs] = classifier.similarity(voice[3:]), classifier.similarity(neutral[3:])
        assert mine > 0.5 > theirs
