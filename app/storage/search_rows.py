"""The full-text rows of current chunks: written in the transaction that publishes, so that search never drifts.

On SQLite `chunk_search` is an FTS5 table. Its column `scope` holds one token each for the tenant, the version, the
source type and the audience, so that these filters are answered from the index like any other word. On PostgreSQL it
is a table with one weighted tsvector per chunk.
"""

import hashlib
from collections.abc import Sequence

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.storage.tables import VersionRow

SEARCH_TABLE = "chunk_search"

_SQLITE_ADD = text(
    """
    INSERT INTO chunk_search (chunk_id, scope, title, headings, text)
    SELECT c.id, :scope, :title, (SELECT group_concat(value, ' ') FROM json_each(c.heading_path)), c.text
    FROM chunks c WHERE c.version_id = :version_id ORDER BY c.ordinal
    """
)
_SQLITE_REMOVE = text(
    "DELETE FROM chunk_search WHERE rowid IN (SELECT rowid FROM chunk_search WHERE chunk_search MATCH :scope)"
)


def plain_words(expression: str) -> str:
    """SQL that reduces `expression` to words without accents, as FTS5 sees them.

    PostgreSQL's own parser would keep `299/month` or `4.5` as one word, which no query of words can find.
    """
    bare = f"regexp_replace(normalize({expression}, NFKD), '[\\u0300-\\u036F]', '', 'g')"
    return f"regexp_replace({bare}, '(\\W|_)+', ' ', 'g')"


_HEADINGS = "coalesce((SELECT string_agg(value, ' ') FROM jsonb_array_elements_text(c.heading_path)), '')"
_POSTGRES_ADD = text(
    f"""
    INSERT INTO chunk_search (chunk_id, version_id, tenant_id, source_type, internal, words)
    SELECT c.id, c.version_id, c.tenant_id, c.source_type, c.internal,
           setweight(to_tsvector('english', {plain_words("CAST(:title AS text)")}), 'B')
           || setweight(to_tsvector('english', {plain_words(_HEADINGS)}), 'A')
           || setweight(to_tsvector('english', {plain_words("c.text")}), 'D')
    FROM chunks c WHERE c.version_id = :version_id ORDER BY c.ordinal
    """
)
_POSTGRES_REMOVE = text("DELETE FROM chunk_search WHERE version_id = :version_id")


def scope_token(kind: str, value: str) -> str:
    """One word for the scope column: digits only, so that no stemmer changes it."""
    digest = hashlib.sha256(f"{kind}\0{value}".encode()).digest()
    return str(int.from_bytes(digest[:16], "big"))


async def add_search_rows(session: AsyncSession, dialect: str, version_ids: Sequence[str]) -> None:
    """Make the chunks of these versions searchable."""
    fields = select(VersionRow.tenant_id, VersionRow.title, VersionRow.source_type, VersionRow.internal)
    for version_id in version_ids:
        row = (await session.execute(fields.where(VersionRow.id == version_id))).one()
        values = {"version_id": version_id, "title": row.title}
        if dialect == "sqlite":
            tokens = (
                scope_token("tenant", row.tenant_id),
                scope_token("version", version_id),
                scope_token("source_type", row.source_type),
                scope_token("audience", "internal" if row.internal else "public"),
            )
            await session.execute(_SQLITE_ADD, values | {"scope": " ".join(tokens)})
        else:
            await session.execute(_POSTGRES_ADD, values)


async def remove_search_rows(session: AsyncSession, dialect: str, version_ids: Sequence[str]) -> None:
    """Make the chunks of these versions unfindable."""
    for version_id in version_ids:
        if dialect == "sqlite":
            await session.execute(_SQLITE_REMOVE, {"scope": f"scope : {scope_token('version', version_id)}"})
        else:
            await session.execute(_POSTGRES_REMOVE, {"version_id": version_id})
