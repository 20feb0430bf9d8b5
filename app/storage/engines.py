"""How each kind of database is opened: drivers, pools, pragmas, and which `BEGIN` a transaction gets."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, exc
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.errors import ConfigurationError, StorageUnavailable

POOL_SIZE = 5
POOL_TIMEOUT_SECONDS = 5.0
BUSY_TIMEOUT_SECONDS = 10
# A short transaction whose caller has gone holds its thread, and the end of the process, no longer than this.
SHORT_STATEMENT_SECONDS = 15
# The first release without the race between a checkpoint and a writer that resets the write-ahead log.
_SQLITE_REPAIRED = (3, 51, 3)
_CANCEL_SECONDS = 5.0
# Execution option that names the first statement of a transaction on SQLite.
BEGIN_OPTION = "sqlite_begin"


def sqlite_risk(url: str) -> str | None:
    """What the SQLite library in use may do to this database, and what to do about it; None if there is nothing.

    The race is described at https://www.sqlite.org/wal.html#walresetbug.
    """
    if make_url(url).get_backend_name() != "sqlite" or sqlite3.sqlite_version_info >= _SQLITE_REPAIRED:
        return None
    return (
        f"SQLite {sqlite3.sqlite_version} can, very rarely, damage a database that two processes write at the same "
        "moment; run Python with SQLite 3.51.3 or newer, or set DATABASE_URL to PostgreSQL."
    )


def parse_url(url: str) -> URL:
    """The URL of one of the two supported databases. Raises `ConfigurationError` for any other."""
    parsed = make_url(url)
    if parsed.drivername not in ("sqlite+aiosqlite", "postgresql+psycopg"):
        raise ConfigurationError(f"DATABASE_URL: {parsed.drivername} is not supported; use sqlite or postgresql")
    if parsed.drivername == "sqlite+aiosqlite" and parsed.database in (None, "", ":memory:"):
        raise ConfigurationError("DATABASE_URL: SQLite needs a file, because several connections share it")
    return parsed


def make_folder(url: URL) -> None:
    """Create the folder of a SQLite file. Raises `StorageUnavailable` if it cannot be created."""
    if url.get_backend_name() != "sqlite" or url.database is None:
        return
    try:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageUnavailable(f"The folder of the database file cannot be created: {error.strerror}.") from error


def build_engine(url: URL) -> AsyncEngine:
    """An engine that has not connected yet."""
    if url.get_backend_name() == "sqlite":
        engine = create_async_engine(
            url,
            pool_size=POOL_SIZE,
            max_overflow=0,
            pool_timeout=POOL_TIMEOUT_SECONDS,
            connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "factory": RollingBackConnection},
        )
        event.listen(engine.sync_engine, "connect", prepare_sqlite)
        event.listen(engine.sync_engine, "begin", begin_sqlite)
        return engine
    return create_async_engine(
        url,
        pool_size=POOL_SIZE,
        max_overflow=POOL_SIZE,
        pool_timeout=POOL_TIMEOUT_SECONDS,
        pool_pre_ping=True,
        connect_args=_POSTGRES_ARGUMENTS,
    )


def build_sync_engine(url: URL) -> Engine:
    """The same database through the driver's blocking interface: for threads."""
    pool: dict[str, Any] = {"pool_size": POOL_SIZE, "max_overflow": 0, "pool_timeout": POOL_TIMEOUT_SECONDS}
    if url.get_backend_name() == "sqlite":
        arguments = {"timeout": BUSY_TIMEOUT_SECONDS, "factory": RollingBackConnection}
        engine = create_engine(url.set(drivername="sqlite"), connect_args=arguments, **pool)
        event.listen(engine, "connect", prepare_sqlite)
        event.listen(engine, "begin", begin_sqlite)
        return engine
    options = f"{_POSTGRES_ARGUMENTS['options']} -c statement_timeout={SHORT_STATEMENT_SECONDS}s"
    return create_engine(url, pool_pre_ping=True, connect_args=_POSTGRES_ARGUMENTS | {"options": options}, **pool)


class RollingBackConnection(sqlite3.Connection):
    """Ends its transaction when it is closed.

    SQLite keeps a closed connection half alive, with its locks, while a statement of it is still referenced somewhere.
    A cancelled query leaves just that: its cursor lives on in the traceback, and no other writer would get the lock.
    """

    def close(self) -> None:
        try:
            if self.in_transaction:
                self.rollback()
        finally:
            super().close()


def interrupt(connection: Connection) -> None:
    """End the query that another thread runs on `connection`, if there is one and the server can be told."""
    with contextlib.suppress(exc.SQLAlchemyError, psycopg.Error):
        driver = connection.connection.driver_connection
        if isinstance(driver, sqlite3.Connection):
            driver.interrupt()
        elif isinstance(driver, psycopg.Connection):
            driver.cancel_safe(timeout=_CANCEL_SECONDS)


# Give up on a server that does not answer, notice one that has vanished, never wait for a lock without end.
_POSTGRES_ARGUMENTS: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "tcp_user_timeout": 15_000,
    "application_name": "lead-followup",
    "options": "-c lock_timeout=60s",
}


def prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection type
    """Set up a new SQLite connection.

    WAL lets readers go on while one connection writes. `synchronous=NORMAL` is safe against corruption and against a
    killed process; only a power failure may undo the last commits, and everything derived from them is reconciled at
    the next start. `secure_delete` overwrites what is deleted, because erasing a document must leave no bytes of it.
    The driver must not begin transactions by itself: `begin_sqlite` does.
    """
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_SECONDS * 1000}",
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "secure_delete = ON",
        "foreign_keys = ON",
        "temp_store = MEMORY",
        "cache_size = -16000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def begin_sqlite(connection: Connection) -> None:
    """Begin as the session asks: IMMEDIATE for writers.

    A deferred transaction that reads first and writes later cannot wait for another writer: SQLite answers "database
    is locked" at once, whatever the busy timeout. Taking the write lock at the start makes writers queue.
    """
    connection.exec_driver_sql(connection.get_execution_options().get(BEGIN_OPTION, "BEGIN IMMEDIATE"))
