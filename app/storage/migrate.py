"""Bring a database to a revision of `migrations/`, from any working directory: `python -m app.storage.migrate`."""

import sys
import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event

from app.settings import load_settings
from app.storage.engines import BEGIN_OPTION, begin_sqlite, make_folder, parse_url, prepare_sqlite
from app.storage.failures import storage_errors

# Alembic keeps the migration that runs in globals.
_alone = threading.Lock()

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def upgrade(url: str, revision: str = "head") -> None:
    """Apply what is missing, as one transaction; does nothing at `revision`.

    Safe to call from several threads and processes at once: the others wait for the first. Raises
    `StorageUnavailable`.
    """
    with _alone, storage_errors():
        command.upgrade(_config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Go back to `revision` (`base` = no tables). The data of dropped tables is lost. Raises `StorageUnavailable`."""
    with _alone, storage_errors():
        command.downgrade(_config(url), revision)


def current(url: str) -> str | None:
    """The revision a database is at; None if it was never migrated. Raises `StorageUnavailable`."""
    engine = migration_engine(url)
    try:
        with storage_errors(), engine.execution_options(**{BEGIN_OPTION: "BEGIN"}).connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def head() -> str | None:
    """The newest revision there is."""
    return ScriptDirectory.from_config(_config("")).get_current_head()


def migration_engine(url: str) -> Engine:
    """A synchronous engine on the same database. The caller disposes it."""
    parsed = parse_url(url)
    make_folder(parsed)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(parsed, connect_args={"connect_timeout": 5})
    engine = create_engine(parsed.set(drivername="sqlite"), connect_args={"timeout": 60})
    event.listen(engine, "connect", prepare_sqlite)
    event.listen(engine, "begin", begin_sqlite)
    return engine


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["url"] = url
    return config


def main() -> None:
    """Bring the configured database to the newest revision, and say where it is."""
    url = load_settings().database_url
    upgrade(url)
    sys.stdout.write(f"The database is at revision {current(url)}.\n")


if __name__ == "__main__":
    main()
