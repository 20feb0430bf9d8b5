"""The stages of a follow-up, in order. No stage logic lives here.

FollowupOrder -> LeadContext -> Strategy -> Evidence -> Draft -> GroundingReport -> ValidationReport -> Followup
"""

import asyncio
import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

from app.config_files import ScoringConfig
from app.errors import DeadlineExceeded, LanguageUnsupported
from app.followups.cache import Body, Computed, ResponseCache, response_key
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
from app.observability import Metrics, Stopwatch

_APP = Path(__file__).resolve().parent.parent
_DECIDING_CODE = (_APP / "followups", _APP / "grounding", _APP / "knowledge", _APP / "language")


@dataclass(frozen=True, slots=True)
class FollowupOrder:
    """One request, validated by the edge. `canonical` is its body as canonical JSON, the deadline is in seconds.

    `lead` gives the lead's fields; they are only read when the answer is not in the cache.
    """

    tenant: str
    generator: GeneratorName
    lead: Callable[[], Mapping[str, Any]]
    retrieval: RetrievalOptions
    generation: GenerationOptions
    canonical: str
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
    async def version(self, tenant: str) -> int:
        """The tenant's knowledge version, at most a moment old."""
        ...

    def settled(self, tenant: str, version: int) -> bool:
        """Whether every index holds that version."""
        ...


@dataclass(frozen=True, slots=True)
class Stages:
    """The concrete stages, constructed by the container."""

    evidence: EvidenceStage
    generators: GeneratorSource
    drafting: DraftingStage
    template: SubjectWriter
    cache: ResponseCache
    audit: AuditTrail
    knowledge: KnowledgeClock


@dataclass(frozen=True, slots=True)
class Answer:
    """A response body plus what belongs to this request alone."""

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

    async def run(self, order: FollowupOrder) -> Answer:
        """Raises `LeadOptedOut`, `AdapterUnavailable`, `StorageUnavailable`, `DeadlineExceeded`, and `InvalidInput`."""
        watch = Stopwatch(self._metrics)
        generator = self._stages.generators.get(order.generator)
        try:
            async with asyncio.timeout(order.deadline_seconds):
                body, cached = await self._find_or_compute(order, generator, watch)
        except TimeoutError:
            raise DeadlineExceeded(
                "The message was not ready within the deadline; ask again or allow more time."
            ) from None
        degraded = [*body["degraded"], *(["cache"] if self._stages.cache.degraded else [])]
        watch.timings_ms["total"] = watch.total_ms()
        for component in degraded:
            self._metrics.degraded.labels(component=component).inc()
        return Answer({k: v for k, v in body.items() if k != "degraded"}, cached, tuple(degraded), watch.timings_ms)

    async def _find_or_compute(self, order: FollowupOrder, generator: Generator, watch: Stopwatch) -> tuple[Body, bool]:
        key = await self._key(order, generator)
        found = self._stages.cache.peek(order.tenant, key)
        if found is not None:
            return found, True
        return await self._stages.cache.get_or_compute(
            order.tenant,
            key,
            lambda: self._compute(order, generator, key, watch),
            share=str(order.deadline_seconds),
        )

    async def _key(self, order: FollowupOrder, generator: Generator) -> str:
        return response_key({
            "tenant": order.tenant,
            "generator": order.generator.value,
            "request": order.canonical,
            "knowledge": await self._stages.knowledge.version(order.tenant),
            "model": generator.fingerprint,
            "template": self._stages.template.fingerprint,
            "rules": self._rules_version,
            "day": self._now().date().isoformat(),
        })

    async def _compute(self, order: FollowupOrder, generator: Generator, key: str, watch: Stopwatch) -> Computed:
        deadline = monotonic() + order.deadline_seconds
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
        return Computed(body, cacheable=complete and not checked.model_failed)

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
        if order.retrieval.use_reranking:
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


def rules_digest(*sections: str) -> str:
    """Short digest of the configuration and the code that decide texts: part of the cache key and of each response."""
    digest = hashlib.sha256("\n".join(sections).encode())
    for folder in _DECIDING_CODE:
        for file in sorted(path for path in folder.rglob("*") if path.suffix in (".py", ".yaml", ".j2")):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
