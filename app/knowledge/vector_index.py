"""The vector index: embedded Chroma, derived from SQL, rebuilt from it at any time.

Chroma only ever sees ids and vectors. It embeds nothing, and it filters nothing: callers over-fetch and check every id
against SQL, which alone knows what is current.
"""

import asyncio
import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import chromadb
import numpy as np
from chromadb.config import Settings
from chromadb.errors import ChromaError, NotFoundError

from app.embeddings.base import Vectors
from app.errors import IndexLocked, IndexUnavailable
from app.knowledge import index_wipe
from app.knowledge.fresh_memory import overwrite_memory
from app.knowledge.index_identity import new_identity, read_identity
from app.knowledge.index_lock import IndexLock
from app.knowledge.index_rebuild import REBUILT, REWRITTEN, recover, switch
from app.observability import get_logger

T = TypeVar("T")
Hits = list[tuple[str, float]]

_PAGE = 1000
_MAX_WAITING = 256
# How widely the graph is searched. Chroma's own 100 misses a quarter of the nearest among 100,000 crowded vectors.
_SEARCH_WIDTH = 600
_COSINE = {"hnsw": {"space": "cosine", "ef_search": _SEARCH_WIDTH}}
_log = get_logger("vector_index")


class VectorIndex:
    """One Chroma directory with one collection per tenant and embedding model, cosine space.

    `open` takes the directory's lock; until then, and while Chroma fails, every call raises `IndexUnavailable`. All
    calls run one after the other in one thread, long ones in small steps so that searches get their turn. After a
    failure the next call opens the directory afresh.
    """

    def __init__(self, directory: Path, base_name: str) -> None:
        self._directory = directory
        self._base_name = base_name
        self._lock = IndexLock(directory)
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="vector-index")
        self._waiting = 0
        self._wanted = self._closed = False
        self._client: Any = None
        self._identity = ""
        self._collections: dict[str, Any] = {}

    @property
    def identity(self) -> str:
        """Names this directory's content: a deleted and recreated directory gets a new one. Empty until opened."""
        return self._identity

    @property
    def available(self) -> bool:
        """Whether the index is open and its last call did not fail."""
        return self._client is not None

    async def open(self) -> None:
        """Take the lock and open the directory. Raises `IndexLocked` or `IndexUnavailable`. Idempotent."""

        def work() -> None:
            self._wanted = True
            self._open()

        await self._call(work)

    async def close(self) -> None:
        """Release the directory and its lock. The object cannot be opened again. Idempotent."""
        self._wanted = False
        if not self._closed:
            self._closed = True
            await asyncio.get_running_loop().run_in_executor(self._executor, self._forget)
            self._executor.shutdown(wait=False)

    async def add(self, tenant: str, digest: str, ids: Sequence[str], vectors: Vectors) -> None:
        """Store `vectors` (n, d) under `ids`; the same ids again overwrite."""
        for begin in range(0, len(ids), _PAGE):
            end = begin + _PAGE
            await self._call(partial(self._upsert, tenant, digest, list(ids[begin:end]), vectors[begin:end]))

    async def remove(self, tenant: str, digest: str, ids: Sequence[str], *, erased: bool = False) -> None:
        """Forget `ids`; unknown ones are ignored. Vectors of `erased` documents stay in the files until `wipe`."""
        if erased:
            await self._call(partial(self._mark_unwiped, tenant, digest))
        for begin in range(0, len(ids), _PAGE):
            batch = list(ids[begin : begin + _PAGE])
            await self._call(partial(self._delete, tenant, digest, batch))

    async def search(self, tenant: str, digest: str, vectors: Vectors, limit: int) -> list[Hits]:
        """For each row of `vectors` (q, d) up to `limit` `(id, cosine)`, best first. Unknown tenant: nothing."""
        return await self._call(partial(self._query, tenant, digest, vectors, limit))

    async def ids(self, tenant: str, digest: str) -> set[str]:
        """Every id of the tenant's collection, read page by page."""
        found: set[str] = set()
        while True:
            page = await self._call(partial(self._page, tenant, digest, len(found)))
            found.update(page)
            if len(page) < _PAGE:
                return found

    async def vectors(self, tenant: str, digest: str, ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of those `ids` that the index holds."""
        return await self._call(partial(self._read, tenant, digest, list(ids)))

    async def drop(self, tenant: str, digest: str) -> None:
        """Delete the tenant's collection, if there is one."""
        await self._call(partial(self._drop, tenant, digest))

    async def wipe(self) -> None:
        """Rewrite collections that vectors were erased from, because Chroma only marks vectors as deleted.

        Searches go on meanwhile; additions and removals must not. After a crash the next call begins anew.
        """
        names = await self._call(self._unwiped)
        for name in names:
            if not await self._call(partial(self._on_client, index_wipe.begin_copy, name, _COSINE)):
                continue
            offset = 0
            while copied := await self._call(partial(self._on_client, index_wipe.copy, name, offset)):
                offset += copied
            await self._call(partial(self._switch, name, REWRITTEN))
        if names:
            await self._call(partial(index_wipe.finish, self._directory, names))

    async def switch(self, tenant: str, digest: str) -> None:
        """Put the collection that was filled under `digest` + `REBUILT` in the place of the one in use."""
        await self._call(partial(self._switch, self._name(tenant, digest), REBUILT))

    # ----------------------------------------------------------------- the one thread

    async def _call(self, work: Callable[[], T]) -> T:
        if self._closed:
            raise IndexUnavailable("The vector index is closed.")
        if self._waiting >= _MAX_WAITING:
            raise IndexUnavailable("The vector index is overloaded; try again in a moment.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, self._translated, work)
        finally:
            self._waiting -= 1

    def _translated(self, work: Callable[[], T]) -> T:
        """The one place where failures of Chroma become ours."""
        try:
            return work()
        except (ChromaError, OSError) as error:
            self._fail(error)
        except BaseException as error:
            # A panic inside Chroma's native code arrives as a BaseException of a class that cannot be imported.
            if type(error).__module__ != "pyo3_runtime":
                raise
            self._fail(error)
        raise IndexUnavailable("The vector index cannot be used at the moment.")

    def _fail(self, error: BaseException) -> None:
        _log.warning("vector_index_failed", error_type=type(error).__name__)
        self._forget()

    def _opened(self) -> Any:  # noqa: ANN401 - Chroma's types stay behind this file
        if not self._wanted:
            raise IndexUnavailable("The vector index is not open.")
        try:
            return self._open()
        except IndexLocked as error:
            raise IndexUnavailable(error.message) from error

    def _open(self) -> Any:  # noqa: ANN401
        if self._client is None:
            self._lock.acquire(f"process {os.getpid()}")
            self._client = _connect(self._directory)
            recover(self._client)
            self._identity = read_identity(self._directory) or new_identity(self._directory)
        return self._client

    def _forget(self) -> None:
        client, self._client = self._client, None
        self._collections.clear()
        try:
            if client is not None:
                client.close()
        except (ChromaError, OSError) as error:
            _log.warning("vector_index_did_not_close_cleanly", error_type=type(error).__name__)
        finally:
            self._lock.release()

    def _created(self, tenant: str, digest: str) -> Any:  # noqa: ANN401
        client, name = self._opened(), self._name(tenant, digest)
        if name not in self._collections:
            self._collections[name] = client.get_or_create_collection(
                name, embedding_function=None, configuration=_COSINE
            )
        return self._collections[name]

    def _existing(self, tenant: str, digest: str) -> Any | None:  # noqa: ANN401
        client, name = self._opened(), self._name(tenant, digest)
        if name not in self._collections:
            try:
                self._collections[name] = _widened(client.get_collection(name, embedding_function=None))
            except NotFoundError:
                return None
        return self._collections[name]

    def _upsert(self, tenant: str, digest: str, ids: list[str], vectors: Vectors) -> None:
        rows = np.ascontiguousarray(vectors, dtype=np.float32)
        self._created(tenant, digest).upsert(ids=ids, embeddings=rows)

    def _delete(self, tenant: str, digest: str, ids: list[str]) -> None:
        collection = self._existing(tenant, digest)
        if collection is not None:
            collection.delete(ids=ids)

    def _query(self, tenant: str, digest: str, vectors: Vectors, limit: int) -> list[Hits]:
        collection = self._existing(tenant, digest)
        if collection is None or not len(vectors):
            return [[] for _ in vectors]
        found = collection.query(query_embeddings=vectors, n_results=limit, include=["distances"])
        return [_ranked(ids, distances) for ids, distances in zip(found["ids"], found["distances"], strict=True)]

    def _page(self, tenant: str, digest: str, offset: int) -> list[str]:
        collection = self._existing(tenant, digest)
        return [] if collection is None else collection.get(limit=_PAGE, offset=offset, include=[])["ids"]

    def _read(self, tenant: str, digest: str, ids: list[str]) -> dict[str, Vectors]:
        collection = self._existing(tenant, digest)
        if collection is None or not ids:
            return {}
        found = collection.get(ids=ids, include=["embeddings"])
        return {
            id: np.asarray(vector, dtype=np.float32)
            for id, vector in zip(found["ids"], found["embeddings"], strict=True)
        }

    def _drop(self, tenant: str, digest: str) -> None:
        if self._existing(tenant, digest) is not None:
            name = self._name(tenant, digest)
            self._client.delete_collection(name)
            del self._collections[name]

    def _mark_unwiped(self, tenant: str, digest: str) -> None:
        if self._existing(tenant, digest) is not None:
            index_wipe.mark(self._directory, self._name(tenant, digest))

    def _unwiped(self) -> list[str]:
        self._opened()
        return index_wipe.marked(self._directory)

    def _on_client(self, step: Callable[..., T], *arguments: object) -> T:
        return step(self._opened(), *arguments)

    def _switch(self, name: str, beside: str) -> None:
        client = self._opened()
        self._collections.clear()
        switch(client, name, beside)

    def _name(self, tenant: str, digest: str) -> str:
        """Derived here and from a hash, so that no tenant name can reach another's collection.

        A digest that ends in `REBUILT` names the collection beside the one in use.
        """
        plain = digest.removesuffix(REBUILT)
        key = hashlib.sha256(f"{tenant}\0{plain}".encode()).hexdigest()[:32]
        return f"{self._base_name}-{key}{digest[len(plain) :]}"


def _connect(directory: Path) -> Any:  # noqa: ANN401
    overwrite_memory()
    settings = Settings(anonymized_telemetry=False)
    try:
        return chromadb.PersistentClient(path=str(directory), settings=settings)
    except AttributeError:
        # A start that failed leaves half a client behind, and the next attempt only clears it away.
        return chromadb.PersistentClient(path=str(directory), settings=settings)


def _widened(collection: Any) -> Any:  # noqa: ANN401
    """The collection, set to the width of search if an earlier release created it."""
    if collection.configuration_json["hnsw"]["ef_search"] != _SEARCH_WIDTH:
        collection.modify(configuration={"hnsw": {"ef_search": _SEARCH_WIDTH}})
    return collection


def _ranked(ids: list[str], distances: list[float]) -> Hits:
    hits = [(id, max(-1.0, min(1.0, 1.0 - float(distance)))) for id, distance in zip(ids, distances, strict=True)]
    return sorted(hits, key=lambda hit: (-hit[1], hit[0]))
