"""BM25 on SQLite's FTS5, in time that grows with what can be found rather than with everything that is stored.

FTS5 scores each row that holds any of the words, and for each search counts all rows that hold each token. So common
words do not select rows where rarer ones select enough, and no token that most rows hold (the audience, a large tenant)
takes part in the match: whether a row is in scope is then read from the row, best rows first, until there are enough.
"""

import threading
from collections.abc import Sequence

from cachetools import TTLCache
from sqlalchemy import Connection, text

from app.storage.search_rows import scope_token

Hits = list[tuple[str, float]]

# Rows that are scored at most, unless the rarest word alone has more.
_MOST_SCORED = 4000
# Rows from which a tenant is so large that its token is no help.
_LARGE = 20_000
_COUNT_CAP = _LARGE + 1
_REMEMBERED_SECONDS = 60

# A word counts more in a heading, a little more in the title (which all chunks of a document share), nothing in the
# scope. The order is that of the columns of `chunk_search`.
_BM25 = "bm25(0.0, 0.0, 1.2, 2.0, 1.0)"
_SEARCH = text(
    f"""
    SELECT chunk_id, -rank FROM chunk_search
    WHERE chunk_search MATCH :expression AND rank MATCH '{_BM25}'
      AND instr(scope, :tenant) AND (:public = '' OR instr(scope, :public))
      AND (:any_type OR EXISTS (SELECT 1 FROM json_each(:types) WHERE instr(scope, value)))
    ORDER BY rank LIMIT :limit
    """
)
_COUNT = text("SELECT count(*) FROM (SELECT 1 FROM chunk_search WHERE chunk_search MATCH :expression LIMIT :cap)")


class Fts5Search:
    """Remembers for a minute how many rows hold a token: that only decides how a search is run, not what is right."""

    def __init__(self) -> None:
        self._counts: TTLCache[str, int] = TTLCache(16_384, _REMEMBERED_SECONDS)
        self._lock = threading.Lock()

    def search(
        self,
        connection: Connection,
        tenant: str,
        terms: Sequence[str],
        limit: int,
        source_types: Sequence[str],
        include_internal: bool,
    ) -> Hits:
        """At most `limit` chunk ids with their BM25, best first. `terms`: at least one word of letters and digits."""
        types = [scope_token("source_type", name) for name in source_types]
        values = {
            "expression": self._expression(connection, scope_token("tenant", tenant), terms),
            "tenant": scope_token("tenant", tenant),
            "public": "" if include_internal else scope_token("audience", "public"),
            "any_type": not types,
            "types": "[" + ",".join(f'"{token}"' for token in types) + "]",
            "limit": limit,
        }
        return [(chunk_id, score) for chunk_id, score in connection.execute(_SEARCH, values)]

    def _expression(self, connection: Connection, tenant: str, terms: Sequence[str]) -> str:
        """A MATCH expression: digits of our own making and quoted words, so no text can change its shape."""
        scope = f"scope : {tenant}"
        held = self._count(connection, scope)
        if held <= _MOST_SCORED:
            return f"({scope}) AND {_any_of(terms)}"
        counted = sorted((self._count(connection, f'{{title headings text}} : "{term}"'), term) for term in terms)
        # A word without rows stays: it may have got some since it was counted.
        selecting, others = _selecting(counted)
        words = _any_of(selecting)
        if held > _LARGE:
            return words
        # All rows of the tenant satisfy the last part: it only lets the common words count where a rare one is.
        return f"({scope}) AND {words}" + (f" AND ({scope} OR {_any_of(others)})" if others else "")

    def _count(self, connection: Connection, expression: str) -> int:
        """Rows that match, counted up to a cap."""
        with self._lock:
            known = self._counts.get(expression)
        if known is None:
            known = connection.execute(_COUNT, {"expression": expression, "cap": _COUNT_CAP}).scalar_one()
            with self._lock:
                self._counts[expression] = known
        return known


def _selecting(counted: Sequence[tuple[int, str]]) -> tuple[list[str], list[str]]:
    """Of words by rising count, those that select rows, and the others."""
    chosen: list[str] = []
    total = 0
    for count, term in counted:
        if chosen and total + count > _MOST_SCORED:
            break
        chosen.append(term)
        total += count
    return chosen, [term for _, term in counted[len(chosen) :]]


def _any_of(terms: Sequence[str]) -> str:
    quoted = " OR ".join(f'"{term}"' for term in terms)
    return f"{{title headings text}} : ({quoted})"
