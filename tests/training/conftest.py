"""One tiny base model and one prepared set for all training tests."""

from datetime import date
from pathlib import Path

import pytest

from app.followups.generators.base import GenerationInput
from app.followups.types import ChatTurn, Prompt
from app.settings import load_settings
from app.training.dataset import Prepared, PrepareOptions, prepare
from app.training.prompting import ExampleRenderer
from tests.training.csv_files import demo_rows, write_csv
from tests.training.tiny_models import write_tiny_model

AS_OF = date(2026, 1, 15)


class ShortPrompts:
    """A prompt of a few words, so that tests train in seconds."""

    version = "short.v1"

    def build(self, task: GenerationInput) -> Prompt:
        return Prompt((ChatTurn("user", task.lead.interaction_history),), self.version)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    settings = load_settings()
    path = write_csv(tmp_path_factory.mktemp("csv") / "demo.csv", demo_rows(90))
    return prepare(path, settings.scoring, settings.validation, PrepareOptions(as_of=AS_OF))


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory, prepared: Prepared) -> Path:
    texts = [example.response for example in prepared.train]
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny-base", texts)


@pytest.fixture(scope="session")
def renderer() -> ExampleRenderer:
    settings = load_settings()
    return ExampleRenderer(ShortPrompts(), settings.scoring, settings.validation, AS_OF)
