"""Migrations go up, down and up again on both databases, and build what the code maps."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from app.errors import ConfigurationError, StorageUnavailable
from app.storage.migrate import current, downgrade, head, migration_engine, upgrade
from app.storage.search_rows import SEARCH_TABLE
from app.storage.tables import Base

ROOT = Path(__file__).resolve().parents[2]


def tables(url: str) -> set[str]:
    engine = migration_engine(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def run_module(url: str, folder: Path) -> subprocess.Popen[str]:
    environment = os.environ | {"DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "app.storage.migrate"]
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_up_down_up(blank_database_url: str) -> None:
    assert current(blank_database_url) is None
    upgrade(blank_database_url)
    assert current(blank_database_url) == head()
    assert {*Base.metadata.tables, SEARCH_TABLE} <= tables(blank_database_url)

    downgrade(blank_database_url, "base")
    assert current(blank_database_url) is None
    assert tables(blank_database_url) <= {"alembic_version", "sqlite_sequence"}

    upgrade(blank_database_url)
    upgrade(blank_database_url)
    assert current(blank_database_url) == head()


def test_tenants_that_were_there_get_a_name_for_what_they_published(blank_database_url: str) -> None:
    upgrade(blank_database_url, "0004")
    engine = migration_engine(blank_database_url)
    try:
        with engine.begin() as connection:
            for tenant in ("acme", "globex"):
                values = {"id": tenant, "created_at": "2026-01-05 10:00:00"}
                connection.execute(text("INSERT INTO tenants VALUES (:id, 7, :created_at)"), values)
        upgrade(blank_database_url, "0005")
        with engine.connect() as connection:
            rows = connection.execute(text("SELECT knowledge_version, publication FROM tenants")).all()
        assert [row.knowledge_version for row in rows] == [7, 7]
        assert len({row.publication for row in rows} - {""}) == 2
        engine.dispose()
        downgrade(blank_database_url, "0004")
        with engine.connect() as connection:
            assert connection.execute(text("SELECT knowledge_version FROM tenants")).scalars().all() == [7, 7]
    finally:
        engine.dispose()


def test_mapped_tables_equal_migrated_ones(database_url: str) -> None:
    def include_name(name: str | None, kind: str, _parents: object) -> bool:
        return not (kind == "table" and (name or "").startswith(SEARCH_TABLE))

    engine = migration_engine(database_url)
    try:
        with engine.connect() as connection:
            options = {"include_name": include_name, "compare_type": True}
            context = MigrationContext.configure(connection, opts=options)
            assert compare_metadata(context, Base.metadata) == []
    finally:
        engine.dispose()


def test_two_at_once(blank_database_url: str) -> None:
    """In threads here, in processes below: the first migrates, the others wait and find nothing to do."""
    with ThreadPoolExecutor(4) as threads:
        outcomes = [threads.submit(upgrade, blank_database_url) for _ in range(4)]
    for outcome in outcomes:
        outcome.result()
    assert current(blank_database_url) == head()


def test_as_a_module_from_any_folder_and_in_two_processes(blank_database_url: str, tmp_path: Path) -> None:
    processes = [run_module(blank_database_url, tmp_path) for _ in range(2)]
    for process in processes:
        output, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, "")
        assert output == f"The database is at revision {head()}.\n"


def test_a_failed_migration_leaves_nothing(blank_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("stopped half way")

    with monkeypatch.context() as patch:
        patch.setattr("alembic.op.create_index", fail)
        with pytest.raises(RuntimeError, match="half way"):
            upgrade(blank_database_url)
    assert tables(blank_database_url) == set()
    upgrade(blank_database_url)


def test_percent_signs_in_a_path(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / '50% off' / 'a.db'}"
    upgrade(url)
    assert current(url) == head()


@pytest.mark.parametrize("url", ["sqlite+aiosqlite:///:memory:", "sqlite+aiosqlite://", "mysql+pymysql://h/d"])
def test_unsupported_urls(url: str) -> None:
    with pytest.raises(ConfigurationError, match="DATABASE_URL"):
        upgrade(url)


def test_an_unusable_database(tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"not a database, but long enough to look at" * 100)
    for url in (f"sqlite+aiosqlite:///{broken}", "postgresql+psycopg://nobody@127.0.0.1:1/none"):
        with pytest.raises(StorageUnavailable):
            upgrade(url)
        with pytest.raises(StorageUnavailable):
            current(url)
