"""One tiny base model and one prepared set for all training tests."""

from datetime import date
from pathlib import Path

import pytest

from app.followups.generators.base import GenerationInput
from app.followups.types import ChatTurn, Prompt
from app.settings import load_settings
from app.training.card import AdapterCard
from app.training.dataset import Prepared, PrepareOptions, prepare
from app.training.finetune import TrainingRun, finetune
from app.training.hyperparameters import Hyperparameters
from app.training.prompting import ExampleRenderer
from tests.language_models.tiny_models import make_model
from tests.training.csv_files import demo_rows, write_csv

AS_OF = date(2026, 1, 15)
OPTIONS = Hyperparameters(epochs=2, batch_size=8, learning_rate=2e-2, rank=4, alpha=8, evaluations_per_epoch=1)


class ShortPrompts:
    """A prompt of a few words, so that tests train in seconds."""

    version = "short.v1"
    can_repair = False

    def build(self, task: GenerationInput) -> Prompt:
        return Prompt((ChatTurn("user", task.lead.interaction_history),), self.version)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    settings = load_settings()
    path = write_csv(tmp_path_factory.mktemp("csv") / "demo.csv", demo_rows(90))
    return prepare(path, settings.scoring, settings.validation, PrepareOptions(as_of=AS_OF))


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("models") / "tiny-base", window=1024)


@pytest.fixture(scope="session")
def renderer() -> ExampleRenderer:
    settings = load_settings()
    return ExampleRenderer(ShortPrompts(), settings.scoring, settings.validation, AS_OF)


@pytest.fixture(scope="session")
def run(
    tiny_base: Path, prepared: Prepared, renderer: ExampleRenderer, tmp_path_factory: pytest.TempPathFactory
) -> TrainingRun:
    output = tmp_path_factory.mktemp("adapters") / "demo-voice"
    return TrainingRun(tiny_base, prepared.train, AS_OF, output, renderer, OPTIONS)


@pytest.fixture(scope="session")
def card(run: TrainingRun) -> AdapterCard:
    """The card of an adapter that was trained by `run`."""
    return finetune(run)
