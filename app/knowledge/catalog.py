"""Which products a company's documents speak about."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Protocol

from cachetools import LRUCache

from app.knowledge.types import StoredChunk
from app.language.words import content_stems

_CANDIDATES = 30
# Share of a product's words that one document must hold: names in a CRM are often longer than those in documents.
_ENOUGH = 2 / 3


class LexicalSearch(Protocol):
    async def search(self, tenant: str, query: str, limit: int) -> list[tuple[str, float]]: ...


class ChunkSource(Protocol):
    async def chunks(self, tenant: str, ids: Sequence[str]) -> Mapping[str, StoredChunk]: ...


class VersionSource(Protocol):
    async def version(self, tenant: str) -> int: ...


class DocumentCatalog:
    """Answers whether a product name occurs in a tenant's documents; remembers answers per knowledge version."""

    def __init__(self, lexical: LexicalSearch, documents: ChunkSource, versions: VersionSource) -> None:
        self._lexical = lexical
        self._documents = documents
        self._versions = versions
        self._known: LRUCache[tuple[str, int, tuple[str, ...]], bool] = LRUCache(4096)

    async def mentions(self, tenant: str, product: str) -> bool:
        """True if one document holds at least two thirds of the product's words; names without words pass."""
        stems = tuple(dict.fromkeys(content_stems(product)))
        if not stems:
            return True
        key = (tenant, await self._versions.version(tenant), stems)
        if key not in self._known:
            self._known[key] = await self._search(tenant, product, stems)
        return self._known[key]

    async def _search(self, tenant: str, product: str, stems: tuple[str, ...]) -> bool:
        hits = await self._lexical.search(tenant, product, _CANDIDATES)
        chunks = await self._documents.chunks(tenant, [chunk_id for chunk_id, _ in hits])
        words: dict[str, set[str]] = defaultdict(set)
        for chunk in chunks.values():
            text = " ".join((chunk.text, chunk.title, *chunk.heading_path))
            words[chunk.document_id].update(content_stems(text))
        return any(len(found.intersection(stems)) / len(stems) >= _ENOUGH - 1e-9 for found in words.values())
