"""Full-text search over the current chunks: any of the query's words, best first."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Connection, TextClause, select, text

from app.knowledge.fts5_search import Fts5Search, Hits
from app.language.words import STOP_WORDS, words
from app.storage.database import Database
from app.storage.search_rows import plain_words
from app.storage.tables import TenantRow

MAX_WORDS = 32
_VERSION = select(TenantRow.knowledge_version)


@dataclass(frozen=True, slots=True)
class WordedHits:
    """What was found for each query, and the tenant's knowledge version at that moment."""

    knowledge_version: int
    hits: list[Hits]


class LexicalIndex:
    """Searches the rows that publishing maintains, so it always agrees with the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._fts5 = Fts5Search()

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
        return (await self.search_all(tenant, [query], limit, source_types, include_internal)).hits[0]

    async def search_all(
        self,
        tenant: str,
        queries: Sequence[str],
        limit: int,
        source_types: Sequence[str] = (),
        include_internal: bool = False,
    ) -> WordedHits:
        """`search` for each of `queries`, in order, all at the same moment of the database."""

        def read(connection: Connection) -> WordedHits:
            version = connection.execute(_VERSION.where(TenantRow.id == tenant)).scalar() or 0
            hits: list[Hits] = []
            for query in queries:
                terms = search_words(query)
                if not terms or limit <= 0:
                    hits.append([])
                    continue
                run = self._fts5.search if self._database.dialect == "sqlite" else _search_postgres
                hits.append(run(connection, tenant, terms, limit, source_types, include_internal))
            return WordedHits(version, hits)

        return await self._database.read(read)


def search_words(query: str) -> list[str]:
    """The different words of `query` that are worth looking for, in order: letters and digits only."""
    wanted = (word for word in words(query) if word not in STOP_WORDS)
    return list(dict.fromkeys(wanted))[:MAX_WORDS]


def _search_postgres(
    connection: Connection,
    tenant: str,
    terms: Sequence[str],
    limit: int,
    source_types: Sequence[str],
    include_internal: bool,
) -> Hits:
    values = {
        **{f"word{number}": term for number, term in enumerate(terms)},
        "tenant": tenant,
        "limit": limit,
        "any_type": not source_types,
        "source_types": list(source_types),
        "include_internal": include_internal,
    }
    return [(chunk_id, score) for chunk_id, score in connection.execute(_postgres_search(len(terms)), values)]


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
