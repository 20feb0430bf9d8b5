"""Shared fixtures. Those named after a service use a real one (`tests.services`)."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.storage.database import Database
from app.storage.migrate import upgrade
from tests.services import (
    empty_postgres,
    empty_redis,
    postgres_database,
    postgres_server,
    redis_server,
)

if TYPE_CHECKING:
    from app.language_models.local import LocalEngine

# Read when the libraries are imported, so a fixture would come too late.
os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
# Threads that wait for each other on a busy machine make tiny models many times slower.
os.environ.setdefault("OMP_NUM_THREADS", "1")

DIALECTS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server, by the URL of its maintenance database."""
    with postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy from."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    upgrade(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_url: str) -> Iterator[str]:
    """A migrated PostgreSQL database that the tests of a session share, one after another."""
    with postgres_database(postgres_url) as url:
        upgrade(url)
        yield url


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    """`sqlite` and `postgresql`; override it in a class or file that needs only one."""
    return str(request.param)


@pytest.fixture
def database_url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database without rows, on each dialect in turn."""
    if dialect == "sqlite":
        path = tmp_path / "followup.db"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), path)
        return f"sqlite+aiosqlite:///{path}"
    url = str(request.getfixturevalue("migrated_postgres"))
    empty_postgres(url)
    return url


@pytest.fixture
def blank_database_url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables, on each dialect in turn."""
    if dialect == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'var' / 'blank.db'}"
        return
    with postgres_database(request.getfixturevalue("postgres_url")) as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A connected, migrated, empty database, on each dialect in turn."""
    database = Database(database_url)
    await database.connect()
    yield database
    await database.close()


@pytest.fixture(scope="session")
def shared_redis() -> Iterator[str]:
    with redis_server() as url:
        yield url


@pytest.fixture
def redis_url(shared_redis: str) -> str:
    """An empty Redis database."""
    empty_redis(shared_redis)
    return shared_redis


# Models: their modules import torch, which most tests can do without.


@pytest.fixture(scope="session")
def base_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random Llama with a chat template."""
    from tests.language_models.tiny_models import make_model

    return make_model(tmp_path_factory.mktemp("models") / "tiny-base")


@pytest.fixture(scope="session")
def adapter(base_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter of `base_model`, with a card."""
    from app.language_models.model_files import content_digest
    from tests.language_models.tiny_models import make_adapter

    return make_adapter(base_model, tmp_path_factory.mktemp("voices") / "voice", base_digest=content_digest(base_model))


@pytest.fixture(scope="session")
def second_adapter(base_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter that differs in weights and rank, without a card."""
    from tests.language_models.tiny_models import make_adapter

    return make_adapter(base_model, tmp_path_factory.mktemp("voices") / "other", seed=2, rank=2)


@pytest.fixture(scope="session")
def engine(base_model: Path) -> "Iterator[LocalEngine]":
    """A loaded engine, which belongs to no event loop."""
    from app.config_files import LocalModels
    from app.language_models.local import LocalEngine

    engine = LocalEngine(base_model, LocalModels(device="cpu", queue=4, batch_rows=8))
    engine.start()
    asyncio.run(engine.ready())
    yield engine
    asyncio.run(engine.close())
