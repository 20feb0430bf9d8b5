"""How passages are found, stage by stage: the debug view of what `EvidenceStage` does for a message."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal, Protocol

from app.config_files import ScoringConfig
from app.followups.evidence import EvidenceStage
from app.followups.lead_context import build_lead_context, lead_facts
from app.followups.strategy import choose_strategy
from app.followups.types import Need, NeedRole, RetrievalOptions
from app.knowledge.duplicates import same_content
from app.knowledge.types import Passage, Retrieval

Reason = Literal["internal", "source_type", "expired", "below_threshold", "duplicate", "crowded_out"]
# How many passages are looked at to say why they were not chosen.
_LOOKED_AT = 60


class Search(Protocol):
    async def search(
        self, tenant: str, queries: Sequence[str], options: RetrievalOptions, include_internal: bool = False
    ) -> list[Retrieval]: ...


class Versions(Protocol):
    async def version(self, tenant: str) -> int: ...


@dataclass(frozen=True, slots=True)
class Rejected:
    """A passage that was found and not chosen. Its scores are those of a search that leaves nothing out.

    `duplicate`: it says the same as a chosen passage. `crowded_out`: it came after `top_k` others.
    """

    passage: Passage
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class InspectedQuery:
    """One search: `need` is what the message wanted with it, None for a plain query."""

    query: str
    need: Need | None
    passages: tuple[Passage, ...]
    rejected: tuple[Rejected, ...]


@dataclass(frozen=True, slots=True)
class Inspection:
    """All searches. `evidence` are the ids of the passages that a message would rest on, None for a plain query."""

    queries: tuple[InspectedQuery, ...]
    knowledge_version: int
    degraded: tuple[str, ...]
    evidence: tuple[tuple[str, tuple[NeedRole, ...]], ...] | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InspectionParts:
    """`searches` are those of the follow-ups; `everything` is a search for which nothing expires."""

    evidence: EvidenceStage
    searches: Search
    everything: Search
    knowledge: Versions
    scoring: ScoringConfig
    now: Callable[[], datetime]


class SearchInspector:
    """Every method raises `StorageUnavailable`."""

    def __init__(self, parts: InspectionParts) -> None:
        self._parts = parts

    async def by_query(
        self, tenant: str, query: str, options: RetrievalOptions, *, include_internal: bool, rejected: bool
    ) -> Inspection:
        """What one query finds."""
        [found] = await self._parts.searches.search(tenant, [query], options, include_internal)
        others = await self._rejected(tenant, [query], [found], options, include_internal) if rejected else [()]
        inspected = InspectedQuery(query, None, found.passages, others[0])
        return Inspection((inspected,), found.knowledge_version, found.degraded)

    async def by_lead(
        self, tenant: str, fields: Mapping[str, Any], options: RetrievalOptions, *, rejected: bool
    ) -> Inspection:
        """What a follow-up to this lead would search for, find, and rest on. Raises `LeadOptedOut`, `InvalidInput`."""
        parts = self._parts
        lead = build_lead_context(tenant, fields)
        strategy = choose_strategy(lead, parts.scoring, parts.now().date())
        version = await parts.knowledge.version(tenant)
        evidence = await parts.evidence.gather(lead, strategy, options, lead_facts(lead), version)
        queries = [need.query for need in strategy.needs] if strategy.uses_product_evidence else []
        found = await parts.searches.search(tenant, queries, options)
        others = (
            await self._rejected(tenant, queries, found, options, internal=False) if rejected else [()] * len(found)
        )
        inspected = tuple(
            InspectedQuery(need.query, need, retrieval.passages, left_out)
            for need, retrieval, left_out in zip(strategy.needs, found, others, strict=False)
        )
        chosen = tuple((item.id, item.roles) for item in evidence.knowledge)
        warnings = (*lead.warnings, *evidence.warnings)
        return Inspection(inspected, evidence.knowledge_version, evidence.degraded, chosen, warnings)

    async def _rejected(
        self,
        tenant: str,
        queries: Sequence[str],
        found: Sequence[Retrieval],
        options: RetrievalOptions,
        internal: bool,
    ) -> list[tuple[Rejected, ...]]:
        wide = replace(options, top_k=_LOOKED_AT, threshold=0.0, source_types=())
        everything = await self._parts.everything.search(tenant, queries, wide, include_internal=True)
        today = self._parts.now().date()
        rejected = []
        for retrieval, seen in zip(found, everything, strict=True):
            chosen = {passage.chunk.id for passage in retrieval.passages}
            rejected.append(
                tuple(
                    Rejected(passage, _reasons(passage, retrieval.passages, options, today, internal=internal))
                    for passage in seen.passages
                    if passage.chunk.id not in chosen
                )
            )
        return rejected


def _reasons(
    passage: Passage, chosen: Sequence[Passage], options: RetrievalOptions, today: date, *, internal: bool
) -> tuple[Reason, ...]:
    chunk = passage.chunk
    reasons: list[Reason] = []
    if chunk.internal and not internal:
        reasons.append("internal")
    if options.source_types and chunk.source_type not in options.source_types:
        reasons.append("source_type")
    if chunk.expiry_date is not None and chunk.expiry_date < today:
        reasons.append("expired")
    if passage.relevance < options.threshold:
        reasons.append("below_threshold")
    if any(same_content(passage, other) for other in chosen):
        reasons.append("duplicate")
    return tuple(reasons) or ("crowded_out",)
