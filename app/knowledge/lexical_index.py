"""Full-text search over the current chunks: any of the query's words, best first."""

from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import TextClause, text

from app.language.words import STOP_WORDS, words
from app.storage.database import Database
from app.storage.search_rows import plain_words, scope_token

Hits = list[tuple[str, float]]
MAX_WORDS = 32

# A word counts more in a heading, a little more in the title (which all chunks of a document share), nothing in the
# scope. The order is that of the columns of `chunk_search`.
_BM25 = "bm25(0.0, 0.0, 1.2, 2.0, 1.0)"
_SQLITE_SEARCH = text(
    f"""
    SELECT chunk_id, -rank FROM chunk_search
    WHERE chunk_search MATCH :expression AND rank MATCH '{_BM25}' ORDER BY rank LIMIT :limit
    """
)


class LexicalIndex:
    """Searches the rows that publishing maintains, so it always agrees with the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def search(
        self,
        tenant: str,
        query: str,
        limit: int,
        source_types: Sequence[str] = (),
        include_internal: bool = False,
    ) -> Hits:
        """At most `limit` pairs of chunk id and score (> 0, only comparable within one search), best first.

        `query` may be any text: its words are looked for, except stop words, at most `MAX_WORDS` different ones.
        An empty `source_types` means all. Expired documents are found too. Raises `StorageUnavailable`.
        """
        return (await self.search_all(tenant, [query], limit, source_types, include_internal))[0]

    async def search_all(
        self,
        tenant: str,
        queries: Sequence[str],
        limit: int,
        source_types: Sequence[str] = (),
        include_internal: bool = False,
    ) -> list[Hits]:
        """`search` for each of `queries`, in order, all at the same moment of the database."""
        hits: list[Hits] = []
        async with self._database.snapshot() as session:
            for query in queries:
                terms = search_words(query)
                if not terms or limit <= 0:
                    hits.append([])
                    continue
                statement, values = self._statement(tenant, terms, source_types, include_internal)
                rows = await session.execute(statement, values | {"tenant": tenant, "limit": limit})
                hits.append([(chunk_id, score) for chunk_id, score in rows])
        return hits

    def _statement(
        self, tenant: str, terms: Sequence[str], source_types: Sequence[str], include_internal: bool
    ) -> tuple[TextClause, dict[str, object]]:
        if self._database.dialect == "sqlite":
            return _SQLITE_SEARCH, {"expression": _fts5_expression(tenant, terms, source_types, include_internal)}
        return _postgres_search(len(terms)), {
            **{f"word{number}": term for number, term in enumerate(terms)},
            "any_type": not source_types,
            "source_types": list(source_types),
            "include_internal": include_internal,
        }


def search_words(query: str) -> list[str]:
    """The different words of `query` that are worth looking for, in order: letters and digits only."""
    wanted = (word for word in words(query) if word not in STOP_WORDS)
    return list(dict.fromkeys(wanted))[:MAX_WORDS]


def _fts5_expression(tenant: str, terms: Sequence[str], source_types: Sequence[str], include_internal: bool) -> str:
    """A MATCH expression. It holds only digits of our own making and quoted words, so no text can change its shape."""
    filters = [scope_token("tenant", tenant)]
    if not include_internal:
        filters.append(scope_token("audience", "public"))
    if source_types:
        filters.append("(" + " OR ".join(scope_token("source_type", name) for name in source_types) + ")")
    any_word = " OR ".join(f'"{term}"' for term in terms)
    return f"scope : ({' AND '.join(filters)}) AND {{title headings text}} : ({any_word})"


@lru_cache(maxsize=MAX_WORDS)
def _postgres_search(count: int) -> TextClause:
    """A search for `count` words that reads each matching row once.

    BM25 in spirit: rare words weigh more, repeated ones ever less (`ts_rank`), long chunks a little less (its option
    1). The four numbers weigh body, -, title and headings. How rare a word is, is counted among the tenant's chunks.
    Everything is MATERIALIZED because a planner without statistics expects one row and would count again for each.
    """
    numbers = range(count)
    terms = [f"plainto_tsquery('english', {plain_words(f'CAST(:word{n} AS text)')})" for n in numbers]
    weights = [f"ts_rank('{{0.4, 0.4, 0.5, 0.8}}', words, {term}, 1) AS weight{n}" for n, term in enumerate(terms)]
    rarity = "ln(1 + (total.chunks - matches.with{n} + 0.5) / (matches.with{n} + 0.5))"
    scores = [f"weight{n} * {rarity.format(n=n)}" for n in numbers]
    matches = [f"CAST(count(*) FILTER (WHERE weight{n} > 0) AS float8) AS with{n}" for n in numbers]
    return text(
        f"""
        WITH found AS MATERIALIZED (
            SELECT chunk_id, {", ".join(weights)} FROM chunk_search
            WHERE tenant_id = :tenant AND words @@ ({" || ".join(terms)})
              AND (:any_type OR source_type = ANY(:source_types)) AND (:include_internal OR NOT internal)
        ), matches AS MATERIALIZED (
            SELECT {", ".join(matches)} FROM found
        ), total AS MATERIALIZED (
            SELECT count(*) AS chunks FROM chunk_search WHERE tenant_id = :tenant
        )
        SELECT chunk_id, {" + ".join(scores)} AS score
        FROM found CROSS JOIN matches CROSS JOIN total ORDER BY score DESC, chunk_id LIMIT :limit
        """
    )
