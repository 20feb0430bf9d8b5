"""The one place where errors of the database become `StorageUnavailable`."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from app.errors import StorageUnavailable

# SQLite calls nearly everything an operational error; only these say that the file cannot be used now.
_SQLITE_CODES = frozenset({
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_NOTADB,
})
# A server that became read-only (failover), or closed the session because it was idle too long.
_POSTGRES_STATES = frozenset({"25006", "25P03"})


@contextmanager
def storage_errors() -> Iterator[None]:
    """Translate "the database cannot serve this now". Integrity and programming errors are bugs and pass through."""
    try:
        yield
    except exc.TimeoutError as error:
        raise StorageUnavailable("The database has no free connection; try again.") from error
    except exc.DBAPIError as error:
        if not is_unavailable(error):
            raise
        raise StorageUnavailable("The database is not available; try again.") from error


def is_unavailable(error: exc.DBAPIError) -> bool:
    """Whether the same statement could succeed later, once the database is well again."""
    original = error.orig
    if error.connection_invalidated:
        return True
    if isinstance(original, sqlite3.Error):
        # Errors of the driver itself, for example on a closed connection, carry no code.
        code = getattr(original, "sqlite_errorcode", None)
        return isinstance(error, exc.InterfaceError) if code is None else code & 0xFF in _SQLITE_CODES
    if getattr(original, "sqlstate", None) in _POSTGRES_STATES:
        return True
    return isinstance(error, exc.OperationalError | exc.InterfaceError)
