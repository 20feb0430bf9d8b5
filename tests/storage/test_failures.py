"""Every kind of error of both drivers is either an outage or a bug; none is undecided."""

import sqlite3

import psycopg
import pytest
from psycopg import errors as postgres_errors
from sqlalchemy import exc

from app.storage.failures import is_unavailable

OUTAGES = {
    "08006": "connection failure",
    "25006": "read-only transaction",
    "40001": "serialization failure",
    "40P01": "deadlock",
    "53100": "disk full",
    "53300": "too many connections",
    "55P03": "lock not available",
    "57014": "query canceled",
    "57P01": "admin shutdown",
    "57P03": "cannot connect now",
    "58030": "io error",
}
BUGS = {
    "22P02": "invalid text representation",
    "23505": "unique violation",
    "23503": "foreign key violation",
    "25P02": "in failed transaction",
    "42601": "syntax error",
    "42703": "undefined column",
    "42P01": "undefined table",
}
SQLITE_OUTAGES = {"BUSY", "LOCKED", "NOMEM", "READONLY", "INTERRUPT", "IOERR", "CORRUPT", "FULL", "CANTOPEN"}
SQLITE_OUTAGES |= {"PROTOCOL", "PERM", "NOTADB", "IOERR_WRITE", "BUSY_SNAPSHOT", "READONLY_DBMOVED"}
SQLITE_BUGS = {"ERROR", "CONSTRAINT", "CONSTRAINT_UNIQUE", "MISMATCH", "MISUSE", "RANGE", "TOOBIG", "SCHEMA"}


def wrapped(error: Exception, dbapi: type[Exception]) -> exc.DBAPIError:
    """The error as SQLAlchemy would raise it."""
    found = exc.DBAPIError.instance("SELECT 1", {}, error, dbapi)
    assert isinstance(found, exc.DBAPIError)
    return found


def sqlite_error(kind: type[sqlite3.Error], name: str) -> exc.DBAPIError:
    error = kind(name)
    error.sqlite_errorcode = getattr(sqlite3, f"SQLITE_{name}")
    return wrapped(error, sqlite3.Error)


@pytest.mark.parametrize(("state", "expected"), [(s, True) for s in OUTAGES] + [(s, False) for s in BUGS])
def test_postgres_states(state: str, expected: bool) -> None:
    error = postgres_errors.lookup(state)("")
    assert is_unavailable(wrapped(error, psycopg.Error)) is expected


@pytest.mark.parametrize("kind", [psycopg.OperationalError, psycopg.InterfaceError])
def test_a_lost_connection_has_no_state(kind: type[psycopg.Error]) -> None:
    assert is_unavailable(wrapped(kind("server closed the connection unexpectedly"), psycopg.Error))


@pytest.mark.parametrize("name", sorted(SQLITE_OUTAGES))
def test_sqlite_outages(name: str) -> None:
    for kind in (sqlite3.OperationalError, sqlite3.DatabaseError):
        assert is_unavailable(sqlite_error(kind, name))


@pytest.mark.parametrize("name", sorted(SQLITE_BUGS))
def test_sqlite_bugs(name: str) -> None:
    """SQLite reports a missing table as an operational error, like a full disk."""
    for kind in (sqlite3.OperationalError, sqlite3.IntegrityError):
        assert not is_unavailable(sqlite_error(kind, name))


def test_a_disconnect_is_an_outage_whatever_the_error() -> None:
    error = wrapped(sqlite3.ProgrammingError("closed"), sqlite3.Error)
    assert not is_unavailable(error)
    error.connection_invalidated = True
    assert is_unavailable(error)
