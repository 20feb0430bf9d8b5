"""The generated company of `retrieval_speed.py` in LangChain's retrievers: Chroma with a filter, and BM25 beside it."""

import gc
from collections.abc import Callable
from pathlib import Path

from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from app.embeddings.base import Embedder
from benchmarks.langchain_parts import BM25Retriever, Chroma, EnsembleRetriever, SameModel
from benchmarks.retrieval_corpus import CHUNKS_PER_DOCUMENT, GeneratedCorpus

# rank-bm25 keeps a dictionary of each chunk in memory and scores every chunk for every question.
_MOST_BY_WORDS = 100_000
_PASSAGES = 5
_STEP = 100

Search = Callable[[str], object]


class LangChainTwin:
    """The first `chunks` chunks of the corpus, stored in `folder`; a fill that was interrupted begins anew."""

    def __init__(self, folder: Path, chunks: int, corpus: GeneratedCorpus, embedder: Embedder) -> None:
        self._documents = max(1, chunks // CHUNKS_PER_DOCUMENT)
        self._corpus = corpus
        # Its own HNSW defaults, in cosine space.
        self._store = Chroma(
            "twin", SameModel(embedder), str(folder / "langchain"), collection_metadata={"hnsw:space": "cosine"}
        )

    def fill(self) -> None:
        if self._store._collection.count() == self._documents * CHUNKS_PER_DOCUMENT:
            return
        self._store.reset_collection()
        for first in range(0, self._documents, _STEP):
            versions = list(self._corpus.documents(first, min(first + _STEP, self._documents)))
            # `add_texts` would embed the generated texts; their vectors are generated, too.
            self._store._collection.add(
                ids=[f"{version.source}:{chunk.ordinal}" for version in versions for chunk in version.chunks],
                embeddings=[row.tolist() for version in versions for row in version.vectors],
                documents=[chunk.text for version in versions for chunk in version.chunks],
                metadatas=[{"type": version.profile.source_type} for version in versions for _ in version.chunks],
            )

    def near(self, types: tuple[str, ...]) -> Search:
        """Chroma alone."""
        return self._chroma(types).invoke

    def both(self, types: tuple[str, ...]) -> Search | None:
        """The ensemble of BM25 over the chunks of these types and Chroma.

        None where there are no such chunks, which BM25 refuses, and where BM25 would not fit in memory.
        """
        if self._documents * CHUNKS_PER_DOCUMENT > _MOST_BY_WORDS:
            return None
        gc.collect()
        documents = [
            Document(chunk.text)
            for version in self._corpus.documents(0, self._documents)
            if not types or version.profile.source_type in types
            for chunk in version.chunks
        ]
        if not documents:
            return None
        words = BM25Retriever.from_documents(documents)
        words.k = _PASSAGES
        return EnsembleRetriever(retrievers=[words, self._chroma(types)], weights=[0.5, 0.5]).invoke

    def _chroma(self, types: tuple[str, ...]) -> BaseRetriever:
        kwargs: dict[str, object] = {"k": _PASSAGES}
        if types:
            kwargs["filter"] = {"type": {"$in": list(types)}}
        return self._store.as_retriever(search_kwargs=kwargs)
