"""Retrieval and lead facts -> Evidence: scoped, dated, at most the caller's `top_k` passages for each need."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Protocol

from app.followups.disputed import withdraw
from app.followups.types import (
    Evidence,
    EvidenceItem,
    LeadContext,
    Need,
    NeedRole,
    RetrievalOptions,
    Scope,
    Strategy,
    Withdrawn,
)
from app.knowledge.conflicts.register import Dispute
from app.knowledge.types import Passage, Retrieval

# Raises a passage whose source type is one the need prefers: decides between near equals only.
_PREFERRED = 1.15
# How many passages each need may choose from, per passage that the caller wants.
_CHOICE = 3
_MOST_PER_NEED = 30
# What a gate check and a prompt can take in.
_MOST_PASSAGES = 20


class PassageSource(Protocol):
    async def search(self, tenant: str, queries: Sequence[str], options: RetrievalOptions) -> list[Retrieval]:
        """One `Retrieval` per query, in order."""
        ...


class ProductCatalog(Protocol):
    async def mentions(self, tenant: str, product: str) -> bool:
        """Whether the tenant's documents speak about `product` at all."""
        ...


class DisputeSource(Protocol):
    async def disputes(self, tenant: str, version: int) -> Sequence[Dispute]:
        """What the tenant's documents say at a knowledge version that may not be stated today."""
        ...


class EvidenceStage:
    """Finds what each need of the strategy asks for."""

    def __init__(self, passages: PassageSource, catalog: ProductCatalog, disputes: DisputeSource) -> None:
        self._passages = passages
        self._catalog = catalog
        self._disputes = disputes

    async def gather(
        self,
        lead: LeadContext,
        strategy: Strategy,
        options: RetrievalOptions,
        lead_facts: tuple[EvidenceItem, ...],
        knowledge_version: int,
    ) -> Evidence:
        """Evidence for the message. No passage found is a normal outcome.

        Documents about another product are no evidence for this lead: when the product occurs nowhere in the
        knowledge base, none are used, and the warning `product_unknown` says so.
        """
        empty = Evidence((), lead_facts, knowledge_version)
        if not strategy.uses_product_evidence or not strategy.needs:
            return empty
        if not await self._catalog.mentions(lead.tenant, lead.product_name):
            return Evidence((), lead_facts, knowledge_version, warnings=("product_unknown",))
        wide = replace(options, top_k=min(_CHOICE * options.top_k, _MOST_PER_NEED))
        found = await self._passages.search(lead.tenant, [need.query for need in strategy.needs], wide)
        items = _merge(list(zip(strategy.needs, found, strict=True)), options.top_k)
        degraded = tuple(dict.fromkeys(name for retrieval in found for name in retrieval.degraded))
        version = max((retrieval.knowledge_version for retrieval in found), default=knowledge_version)
        items, withdrawn = _undisputed(items, await self._disputes.disputes(lead.tenant, version))
        return Evidence(items, lead_facts, version, degraded, withdrawn=withdrawn)


def _undisputed(
    items: Sequence[EvidenceItem], disputes: Sequence[Dispute]
) -> tuple[tuple[EvidenceItem, ...], tuple[Withdrawn, ...]]:
    """The items without what is in dispute, and what was taken out of them."""
    by_document: dict[str, list[Dispute]] = {}
    for dispute in disputes:
        by_document.setdefault(dispute.side.document_id, []).append(dispute)
    kept: list[EvidenceItem] = []
    withdrawn: list[Withdrawn] = []
    for item in items:
        rest, out = withdraw(item, by_document.get(item.document_id or "", ()))
        kept += [rest] if rest is not None else []
        withdrawn += out
    return tuple(kept), tuple(withdrawn)


def _merge(found: Sequence[tuple[Need, Retrieval]], top_k: int) -> tuple[EvidenceItem, ...]:
    """At most `top_k` passages for each need, and for all together the best of each first; sorted by relevance."""
    chosen: dict[str, Passage] = {}
    roles: dict[str, list[NeedRole]] = {}
    for need, passage in _in_turn(found, top_k):
        if passage.chunk.id not in chosen and len(chosen) >= _MOST_PASSAGES:
            continue
        best = chosen.get(passage.chunk.id)
        if best is None or passage.relevance > best.relevance:
            chosen[passage.chunk.id] = passage
        roles.setdefault(passage.chunk.id, []).append(need.role)
    items = [_item(passage, tuple(dict.fromkeys(roles[id]))) for id, passage in chosen.items()]
    return tuple(sorted(items, key=lambda item: (-item.relevance, item.id)))


def _in_turn(found: Sequence[tuple[Need, Retrieval]], top_k: int) -> Iterator[tuple[Need, Passage]]:
    columns = [[(need, passage) for passage in _preferred_first(need, retrieval)[:top_k]] for need, retrieval in found]
    for row in zip_longest(*columns):
        yield from (cell for cell in row if cell is not None)


def _preferred_first(need: Need, retrieval: Retrieval) -> list[Passage]:
    def rank(passage: Passage) -> float:
        return -passage.fused_score * (_PREFERRED if passage.chunk.source_type in need.source_types else 1.0)

    return sorted(retrieval.passages, key=rank)


def _item(passage: Passage, roles: tuple[NeedRole, ...]) -> EvidenceItem:
    chunk = passage.chunk
    return EvidenceItem(
        id=chunk.id,
        scope=Scope.KNOWLEDGE,
        text=chunk.text,
        source=chunk.source,
        relevance=passage.relevance,
        roles=roles,
        document_id=chunk.document_id,
        version_id=chunk.version_id,
        title=chunk.title,
        source_type=chunk.source_type,
        heading_path=chunk.heading_path,
        page=chunk.page,
        start=chunk.start,
        end=chunk.end,
        blocks=chunk.blocks,
        effective_date=chunk.effective_date,
        expiry_date=chunk.expiry_date,
        ingested_at=chunk.ingested_at,
    )
