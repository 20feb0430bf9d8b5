import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.config_files import LocalModels
from app.language_models.local import LocalEngine
from app.language_models.model_files import content_digest
from tests.fakes.chat_server import ChatServer
from tests.language_models.tiny_models import make_adapter, make_model


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as running:
        yield running


@pytest.fixture(scope="session")
def base_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random Llama with a chat template."""
    return make_model(tmp_path_factory.mktemp("models") / "tiny-base")


@pytest.fixture(scope="session")
def adapter(base_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter of `base_model`, with a card."""
    folder = tmp_path_factory.mktemp("adapters") / "voice"
    return make_adapter(base_model, folder, base_digest=content_digest(base_model))


@pytest.fixture(scope="session")
def second_adapter(base_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter that differs in weights and rank, without a card."""
    return make_adapter(base_model, tmp_path_factory.mktemp("adapters") / "other", seed=2, rank=2)


@pytest.fixture(scope="session")
def engine(base_model: Path) -> Iterator[LocalEngine]:
    """A loaded engine, which belongs to no event loop."""
    engine = LocalEngine(base_model, LocalModels(device="cpu", queue=4, batch_rows=8))
    engine.start()
    asyncio.run(engine.ready())
    yield engine
    asyncio.run(engine.close())
