"""Vectors for many documents at once. A text that was embedded before, by the same tenant, is not embedded again."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from app.embeddings.base import Embedder, Vectors
from app.knowledge.preparation import PreparedDocument
from app.storage.records import NewVersion, text_hash

# Enough texts to sort them by length and waste little on padding; few enough to be cancelled in between.
_SLICE = 256


class KnownVectors(Protocol):
    async def vectors_of_texts(
        self, tenant: str, embedding_model: str, hashes: Sequence[bytes]
    ) -> Mapping[bytes, Vectors]:
        """Stored vectors of one model by the hash of the text that was embedded; unknown hashes are left out."""
        ...


async def with_vectors(
    documents: Sequence[PreparedDocument], tenant: str, known: KnownVectors, embedder: Embedder
) -> list[NewVersion]:
    """The documents ready to be staged, in order. Raises `StorageUnavailable`."""
    texts = {
        text_hash(chunk.embedding_text): chunk.embedding_text
        for document in documents
        for chunk in document.chunked.chunks
    }
    vectors = dict(await known.vectors_of_texts(tenant, embedder.digest, list(texts)))
    # Neighbours in length share a slice, whatever document they are from.
    missing = sorted((key for key in texts if key not in vectors), key=lambda key: len(texts[key]))
    for begin in range(0, len(missing), _SLICE):
        keys = missing[begin : begin + _SLICE]
        embedded = await asyncio.to_thread(embedder.embed, [texts[key] for key in keys])
        vectors.update(zip(keys, embedded, strict=True))
    return [_version(document, vectors, embedder) for document in documents]


def _version(document: PreparedDocument, vectors: Mapping[bytes, Vectors], embedder: Embedder) -> NewVersion:
    chunks = document.chunked.chunks
    return NewVersion(
        source=document.source,
        content_hash=document.content_hash,
        pipeline_fingerprint=document.pipeline_fingerprint,
        profile=document.profile,
        text=document.chunked.text,
        chunks=chunks,
        vectors=np.stack([vectors[text_hash(chunk.embedding_text)] for chunk in chunks]),
        embedding_model=embedder.digest,
        origin=document.origin,
        figures=document.figures,
    )
