"""Runs the migrations as one exclusive transaction."""

from alembic import context
from sqlalchemy import Connection, text

from app.settings import load_settings
from app.storage.migrate import migration_engine
from app.storage.search_rows import SEARCH_TABLE
from app.storage.tables import Base

# Any constant will do: it names the lock that migrating processes of one PostgreSQL database queue on.
_LOCK = 7_341_902_115


def include_name(name: str | None, kind: str, parents: object) -> bool:
    """The search index differs between databases, so the mapped tables do not describe it."""
    del parents
    return not (kind == "table" and name is not None and name.startswith(SEARCH_TABLE))


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_name=include_name,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    context.run_migrations()


url = context.config.attributes.get("url") or load_settings().database_url
engine = migration_engine(url)
try:
    with engine.begin() as connection:
        run(connection)
finally:
    engine.dispose()
