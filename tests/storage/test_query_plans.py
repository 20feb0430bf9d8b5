"""How SQLite finds rows by their keys: at a cost that does not grow with the tenant."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from app.knowledge.filtered_search import Scope
from app.storage.chunk_vectors import ChunkVectorRepository
from app.storage.database import Database
from app.storage.documents import DocumentRepository
from app.storage.migrate import upgrade

# Many more than the rows that SQLite believes an index on tenants to find.
_IDS = [f"version:{ordinal}" for ordinal in range(150)]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite+aiosqlite:///{tmp_path}/plans.db"
    upgrade(url)
    database = Database(url)
    await database.connect()
    yield database
    await database.close()


async def test_chunks_are_picked_by_their_keys(database: Database) -> None:
    statements: list[tuple[str, tuple[object, ...]]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: tuple[object, ...], *_: object) -> None:
        if "FROM chunks" in statement:
            statements.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        vectors = ChunkVectorRepository(database, "model-digest")
        await DocumentRepository(database).chunks("acme", _IDS)
        await vectors.read("acme", _IDS)
        await vectors.prepared("acme", _IDS, lambda chunk, vector: (chunk, vector))
        await vectors.among("acme", _IDS, Scope(frozenset({"pricing"}), internal=False))
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(statements) == 4
    for statement, parameters in statements:
        steps = await database.read(partial(_plan, statement=statement, parameters=parameters))
        assert any("chunks USING INDEX sqlite_autoindex_chunks_1 (id=?)" in step for step in steps), steps


def _plan(connection: Connection, statement: str, parameters: tuple[object, ...]) -> list[str]:
    return [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
