"""The stages of a follow-up, in order. No stage logic lives here.

FollowupOrder -> LeadContext -> Strategy -> Evidence -> Draft -> GroundingReport -> ValidationReport -> Followup
"""

import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Protocol

from cachetools import LRUCache

from app.config_files import ScoringConfig
from app.errors import LanguageUnsupported
from app.followups.cache import Body, Computed, ResponseCache, response_key
from app.followups.deadline import within
from app.followups.drafting import CheckedDraft, DraftingStage
from app.followups.evidence import EvidenceStage
from app.followups.generators.base import GenerationInput, Generator
from app.followups.lead_context import build_lead_context, lead_facts
from app.followups.rendering import Finished, render_body
from app.followups.scoring import score_followup
from app.followups.strategy import choose_strategy
from app.followups.types import (
    Evidence,
    GenerationOptions,
    GeneratorName,
    LeadContext,
    RetrievalOptions,
    Strategy,
)
from app.knowledge.types import KnowledgeState
from app.observability import Metrics, Stopwatch

_REMEMBERED_REQUESTS = 10_000
_NOBODY = {"lead_name": "Alex", "product_name": "product", "interaction_history": "Asked how the product is priced"}


@dataclass(frozen=True, slots=True)
class FollowupOrder:
    """One request, validated by the edge. `canonical` is its body as canonical JSON, the deadline is in seconds.

    `sent` is the digest of the request as it was sent, whatever its spelling. `lead` gives the lead's fields; they are
    only read when the answer is not in the cache.
    """

    tenant: str
    generator: GeneratorName
    lead: Callable[[], Mapping[str, Any]]
    retrieval: RetrievalOptions
    generation: GenerationOptions
    canonical: str
    sent: bytes
    deadline_seconds: float


class GeneratorSource(Protocol):
    def get(self, name: GeneratorName) -> Generator:
        """Raises `AdapterUnavailable` for a generator that cannot answer here."""
        ...


class SubjectWriter(Generator, Protocol):
    """The safe template, which also writes subject lines and knows which languages it speaks."""

    @property
    def languages(self) -> tuple[str, ...]: ...

    def subject_line(self, task: GenerationInput) -> str: ...


class AuditTrail(Protocol):
    async def record(self, tenant: str, generator: str, body: Body, evidence: Evidence, request_hash: str) -> None:
        """Store the audit row of a message. Raises `StorageUnavailable`."""
        ...


class KnowledgeClock(Protocol):
    async def state(self, tenant: str) -> KnowledgeState:
        """What the tenant has published, at most a moment old."""
        ...

    async def version(self, tenant: str) -> int:
        """The version of that state."""
        ...

    def settled(self, tenant: str, version: int) -> bool:
        """Whether every index holds that version."""
        ...


@dataclass(frozen=True, slots=True)
class Stages:
    """The concrete stages, constructed by the container. `reranks`: searches can put passages in a reranker's order."""

    evidence: EvidenceStage
    generators: GeneratorSource
    drafting: DraftingStage
    template: SubjectWriter
    cache: ResponseCache
    audit: AuditTrail
    knowledge: KnowledgeClock
    reranks: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A response body, which others may share, plus what belongs to this request alone."""

    body: Body
    cached: bool
    degraded: tuple[str, ...]
    timings_ms: dict[str, float]


class FollowupPipeline:
    """Answers one order: from the cache, or by running every stage once for all who ask the same meanwhile."""

    def __init__(
        self,
        stages: Stages,
        scoring: ScoringConfig,
        word_limit: int,
        rules_version: str,
        metrics: Metrics,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._stages = stages
        self._scoring = scoring
        self._word_limit = word_limit
        self._rules_version = rules_version
        self._metrics = metrics
        self._now = now
        self._requests: LRUCache[tuple[str, bytes], tuple[GeneratorName, str]] = LRUCache(_REMEMBERED_REQUESTS)

    async def warm_up(self, tenant: str) -> None:
        """Find evidence and write a plain message for nobody: the first caller then waits for nothing that loads
        lazily. Nothing is kept, recorded or counted. Raises `StorageUnavailable`."""
        today = self._now().date()
        lead = build_lead_context(tenant, _NOBODY)
        strategy = choose_strategy(lead, self._scoring, today)
        version = await self._stages.knowledge.version(tenant)
        evidence = await self._stages.evidence.gather(lead, strategy, RetrievalOptions(), lead_facts(lead), version)
        task = GenerationInput(lead, strategy, evidence, GenerationOptions(), self._word_limit, timeout_seconds=0)
        await self._stages.template.generate(task)

    async def recall(self, tenant: str, sent: bytes, deadline_seconds: float) -> Answer | None:
        """The kept answer to a request that arrived before in exactly these bytes: nothing needs to be read again.

        Only the in-process tier is asked. Raises `AdapterUnavailable`, `DeadlineExceeded` and `StorageUnavailable`.
        """
        known = self._requests.get((tenant, sent))
        if known is None:
            return None
        watch = Stopwatch(self._metrics)
        async with within(deadline_seconds):
            body = self._stages.cache.recall(tenant, await self._key(tenant, *known))
        return None if body is None else self._answer(body, True, watch)

    async def run(self, order: FollowupOrder) -> Answer:
        """Raises `LeadOptedOut`, `AdapterUnavailable`, `StorageUnavailable`, `DeadlineExceeded`, and `InvalidInput`."""
        watch = Stopwatch(self._metrics)
        generator = self._stages.generators.get(order.generator)
        async with within(order.deadline_seconds):
            body, cached = await self._find_or_compute(order, generator, watch)
        return self._answer(body, cached, watch)

    def _answer(self, body: Body, cached: bool, watch: Stopwatch) -> Answer:
        degraded = (*body["degraded"], *(("cache",) if self._stages.cache.degraded else ()))
        watch.timings_ms["total"] = watch.total_ms()
        for component in degraded:
            self._metrics.degraded.labels(component=component).inc()
        return Answer(body, cached, degraded, watch.timings_ms)

    async def _find_or_compute(self, order: FollowupOrder, generator: Generator, watch: Stopwatch) -> tuple[Body, bool]:
        request = hashlib.sha256(order.canonical.encode()).hexdigest()
        self._requests[order.tenant, order.sent] = order.generator, request
        key = await self._key(order.tenant, order.generator, request)
        found = self._stages.cache.peek(order.tenant, key)
        if found is not None:
            return found, True
        return await self._stages.cache.get_or_compute(
            order.tenant,
            key,
            lambda: self._compute(order, generator, key, watch),
            share=str(order.deadline_seconds),
        )

    async def _key(self, tenant: str, generator: GeneratorName, request: str) -> str:
        """The cache key of a request, given as the digest of its canonical form."""
        knowledge = await self._stages.knowledge.state(tenant)
        return response_key({
            "tenant": tenant,
            "generator": generator.value,
            "request": request,
            "knowledge": knowledge.version,
            "publication": knowledge.publication,
            "model": self._stages.generators.get(generator).fingerprint,
            "template": self._stages.template.fingerprint,
            "rules": self._rules_version,
            "day": self._now().date().isoformat(),
        })

    async def _compute(self, order: FollowupOrder, generator: Generator, key: str, watch: Stopwatch) -> Computed:
        deadline = monotonic() + order.deadline_seconds
        fingerprint = generator.fingerprint
        with watch.stage("lead_context"):
            lead = build_lead_context(order.tenant, order.lead())
            facts = lead_facts(lead)
        self._check_language(lead, generator)
        with watch.stage("strategy"):
            strategy = choose_strategy(lead, self._scoring, self._now().date())
        with watch.stage("evidence"):
            version = await self._stages.knowledge.version(order.tenant)
            # Asked before the search: what the index takes up during it must not make the answer look complete.
            settled = self._stages.knowledge.settled(order.tenant, version)
            evidence = await self._stages.evidence.gather(lead, strategy, order.retrieval, facts, version)
        task = GenerationInput(
            lead, strategy, evidence, order.generation, self._word_limit, timeout_seconds=order.deadline_seconds
        )
        checked = await self._stages.drafting.write(
            generator, task, self._now().date(), lambda: deadline - monotonic(), watch
        )
        body = self._render(order, task, checked)
        self._metrics.generations.labels(generator=order.generator.value, fallback=body["fallback"] or "none").inc()
        with watch.stage("audit"):
            await self._stages.audit.record(order.tenant, order.generator.value, body, evidence, key)
        complete = settled and evidence.knowledge_version == version and not evidence.degraded
        as_asked = not checked.model_failed and checked.draft.fallback != GeneratorName.RAG
        as_asked = as_asked and generator.fingerprint == fingerprint
        return Computed(body, cacheable=complete and as_asked)

    def _check_language(self, lead: LeadContext, generator: Generator) -> None:
        """Only a chat model writes other languages than the template."""
        if generator is self._stages.template and lead.language.split("-")[0] not in self._stages.template.languages:
            raise LanguageUnsupported(
                "Without a chat model, messages can only be written in English; configure one, or leave language out.",
                [{"field": "lead_context.language", "problem": "not available without a chat model"}],
            )

    def _render(self, order: FollowupOrder, task: GenerationInput, checked: CheckedDraft) -> Body:
        scores = score_followup(
            checked.draft.text,
            task.lead,
            task.strategy,
            task.evidence,
            checked.report,
            task.options.fusion_weight_rag,
        )
        self._observe(task.strategy, task.evidence, scores.personalization)
        finished = Finished(
            message_id=str(uuid.uuid4()),
            subject=self._stages.template.subject_line(task),
            checked=checked,
            evidence=task.evidence,
            strategy=task.strategy,
            scores=scores,
            options=task.options,
            rules_version=self._rules_version,
            warnings=self._warnings(order, task, checked),
            created_at=self._now(),
        )
        return {**render_body(finished), "degraded": list(task.evidence.degraded)}

    def _warnings(self, order: FollowupOrder, task: GenerationInput, checked: CheckedDraft) -> list[str]:
        warnings = [*task.lead.warnings, *task.evidence.warnings]
        if checked.model_failed:
            warnings.append("model_unavailable")
        if order.retrieval.use_reranking and not self._stages.reranks:
            warnings.append("reranking_is_not_available")
        if not task.options.require_grounding:
            warnings.append("grounding_is_always_required")
        return warnings

    def _observe(self, strategy: Strategy, evidence: Evidence, personalization: float) -> None:
        metrics = self._metrics
        metrics.strategies.labels(band=strategy.band.value, edge_case=strategy.edge_case.value).inc()
        metrics.lead_scores.observe(strategy.score)
        metrics.retrieved.observe(len(evidence.knowledge))
        metrics.personalization.observe(personalization)
        if evidence.knowledge:
            metrics.relevance.observe(evidence.knowledge[0].relevance)
