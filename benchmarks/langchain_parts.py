"""What the benchmarks compare with: LangChain's retrievers, with the same embedding model as ours."""

import warnings

with warnings.catch_warnings():
    # Announces that the package is no longer developed; it is only the yardstick here.
    warnings.simplefilter("ignore", DeprecationWarning)
    from langchain_chroma import Chroma
    from langchain_classic.retrievers import EnsembleRetriever
    from langchain_community.retrievers import BM25Retriever
from langchain_core.embeddings import Embeddings

from app.embeddings.base import Embedder

__all__ = ["BM25Retriever", "Chroma", "EnsembleRetriever", "SameModel"]


class SameModel(Embeddings):
    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        rows: list[list[float]] = self._embedder.embed(texts).tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]
