"""The pipeline over real stages, real cache and real template; documents, audit and clock are small stand-ins."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.config_files import CacheConfig
from app.errors import (
    AdapterUnavailable,
    DeadlineExceeded,
    LanguageUnsupported,
    LeadOptedOut,
    ModelUnavailable,
    StorageUnavailable,
)
from app.followups.cache import Body, ResponseCache
from app.followups.drafting import DraftingStage
from app.followups.evidence import EvidenceStage
from app.followups.generators.base import GenerationInput, Generator
from app.followups.generators.registry import GeneratorRegistry
from app.followups.generators.template import SafeTemplate
from app.followups.pipeline import Answer, FollowupOrder, FollowupPipeline, Stages
from app.followups.types import Draft, Evidence, GenerationOptions, GeneratorName, RetrievalOptions
from app.grounding.gate import GroundingGate
from app.knowledge.conflicts.register import Dispute
from app.knowledge.types import KnowledgeState, Retrieval
from app.observability import Metrics
from tests.followups.leads import SCORING, rules

RULES = rules()
LEAD = {"lead_name": "Greta", "product_name": "Depot Planner", "interaction_history": "Asked about pricing"}


@dataclass
class World:
    """Everything outside the pipeline; a test changes what it is about."""

    now: datetime = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
    version: int = 1
    settled_version: int = 100
    degraded: tuple[str, ...] = ()
    audit_error: StorageUnavailable | None = None
    recorded: list[tuple[str, str, str]] = field(default_factory=list)
    searched: int = 0
    publication: str = "first"
    may_search: asyncio.Event = field(default_factory=asyncio.Event)
    may_read: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_search.set()
        self.may_read.set()


@dataclass
class Documents:
    """Finds nothing, as soon as it may."""

    world: World

    async def search(self, tenant: str, queries: Sequence[str], options: RetrievalOptions) -> list[Retrieval]:
        del tenant, options
        self.world.searched += 1
        await self.world.may_search.wait()
        return [Retrieval((), self.world.version, self.world.degraded) for _ in queries]

    async def disputes(self, tenant: str, version: int) -> list[Dispute]:
        del tenant, version
        return []

    async def mentions(self, tenant: str, product: str) -> bool:
        del tenant, product
        return True


@dataclass
class Audit:
    world: World

    async def record(self, tenant: str, generator: str, body: Body, evidence: Evidence, request_hash: str) -> None:
        del evidence, request_hash
        if self.world.audit_error is not None:
            raise self.world.audit_error
        self.world.recorded.append((tenant, generator, body["message_id"]))


@dataclass
class Clock:
    world: World

    async def state(self, tenant: str) -> KnowledgeState:
        await self.world.may_read.wait()
        return KnowledgeState(self.world.version, f"{self.world.publication} of {tenant}")

    async def version(self, tenant: str) -> int:
        return (await self.state(tenant)).version

    def settled(self, tenant: str, version: int) -> bool:
        del tenant
        return version <= self.world.settled_version


class BrokenModel:
    name = "rag"
    can_repair = True
    fingerprint = "broken"

    async def generate(self, task: GenerationInput) -> Draft:
        del task
        raise ModelUnavailable("The chat model is down.")


@dataclass
class Service:
    pipeline: FollowupPipeline
    metrics: Metrics

    async def ask(self, order: FollowupOrder) -> Answer:
        return await self.pipeline.run(order)

    def counted(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(f"followup_{name}", labels) or 0.0


@asynccontextmanager
async def service(world: World, generator: Generator | None = None) -> AsyncIterator[Service]:
    metrics = Metrics()
    template = SafeTemplate(RULES)
    documents = Documents(world)
    cache = ResponseCache(CacheConfig(), metrics)
    stages = Stages(
        evidence=EvidenceStage(documents, documents, documents),
        generators=GeneratorRegistry(generator or template),
        drafting=DraftingStage(GroundingGate(RULES), template, RULES, metrics),
        template=template,
        cache=cache,
        audit=Audit(world),
        knowledge=Clock(world),
    )
    await cache.open()
    try:
        yield Service(FollowupPipeline(stages, SCORING, 120, "rules-1", metrics, lambda: world.now), metrics)
    finally:
        await cache.close()


def order(lead: Mapping[str, Any] = LEAD, **fields: Any) -> FollowupOrder:  # noqa: ANN401 - any field of an order
    values: dict[str, Any] = {
        "tenant": "acme",
        "generator": GeneratorName.RAG,
        "lead": lambda: dict(lead),
        "retrieval": RetrievalOptions(),
        "generation": GenerationOptions(),
        "canonical": repr(sorted(lead.items())),
        "sent": repr(sorted(lead.items())).encode(),
        "deadline_seconds": 5.0,
    }
    return FollowupOrder(**(values | fields))


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not reached():
            await asyncio.sleep(0)


async def test_the_second_identical_order_is_answered_from_the_cache() -> None:
    world = World()
    async with service(world) as running:
        first, second = await running.ask(order()), await running.ask(order())
        assert (first.cached, second.cached) == (False, True)
        assert first.body == second.body
        assert world.recorded == [("acme", "rag", first.body["message_id"])]
        assert running.counted("generations_total", generator="rag", fallback="template") == 1
        assert {"lead_context", "strategy", "evidence", "generation", "grounding", "audit", "total"} <= set(
            first.timings_ms
        )
        assert set(second.timings_ms) == {"total"}


def next_version(world: World, asked: FollowupOrder) -> FollowupOrder:
    world.version += 1
    return asked


def next_day(world: World, asked: FollowupOrder) -> FollowupOrder:
    world.now += timedelta(days=1)
    return asked


def other_publication(world: World, asked: FollowupOrder) -> FollowupOrder:
    """Of the same number: in another database, or in one restored from a backup."""
    world.publication = "second"
    return asked


@pytest.mark.parametrize(
    "change",
    [
        next_version,
        next_day,
        other_publication,
        lambda _world, asked: replace(asked, tenant="other"),
        lambda _world, asked: replace(asked, generator=GeneratorName.AUTO),
        lambda _world, asked: replace(asked, canonical=asked.canonical + " "),
    ],
    ids=["knowledge", "day", "publication", "tenant", "generator", "request"],
)
async def test_whatever_can_change_the_text_asks_anew(change: Callable[[World, FollowupOrder], FollowupOrder]) -> None:
    world = World()
    async with service(world) as running:
        first = await running.ask(order())
        second = await running.ask(change(world, order()))
        assert not second.cached
        assert first.body["message_id"] != second.body["message_id"]


async def test_warming_up_writes_for_nobody() -> None:
    world = World()
    async with service(world) as running:
        await running.pipeline.warm_up("acme")
        assert world.searched == 1
        assert not world.recorded
        assert not (await running.ask(order())).cached
        assert running.counted("generations_total", generator="rag", fallback="template") == 1


async def test_a_request_in_the_same_bytes_is_recalled_without_being_read() -> None:
    async with service(World()) as running:
        asked = order()
        assert await running.pipeline.recall("acme", asked.sent, 5) is None
        first = await running.ask(asked)
        recalled = await running.pipeline.recall("acme", asked.sent, 5)
        assert recalled is not None
        assert recalled.cached
        assert recalled.body == first.body
        assert running.counted("cache_total", tier="memory", outcome="hit") == 1


@pytest.mark.parametrize(
    ("change", "tenant", "sent"),
    [
        (next_version, "acme", order().sent),
        (next_day, "acme", order().sent),
        (lambda _world, asked: asked, "other", order().sent),
        (lambda _world, asked: asked, "acme", b"other bytes"),
    ],
    ids=["knowledge", "day", "tenant", "request"],
)
async def test_whatever_can_change_the_text_is_not_recalled(
    change: Callable[[World, FollowupOrder], FollowupOrder], tenant: str, sent: bytes
) -> None:
    world = World()
    async with service(world) as running:
        await running.ask(order())
        change(world, order())
        assert await running.pipeline.recall(tenant, sent, 5) is None


async def test_a_repeated_request_keeps_its_deadline() -> None:
    world = World()
    async with service(world) as running:
        await running.ask(order())
        world.may_read.clear()
        with pytest.raises(DeadlineExceeded):
            await running.pipeline.recall("acme", order().sent, 0.05)


async def test_what_was_not_kept_is_not_recalled() -> None:
    async with service(World(degraded=("vector_index",))) as running:
        await running.ask(order())
        assert await running.pipeline.recall("acme", order().sent, 5) is None


async def test_the_hour_of_the_day_changes_nothing() -> None:
    world = World()
    async with service(world) as running:
        await running.ask(order())
        world.now += timedelta(hours=3)
        assert (await running.ask(order())).cached


async def test_a_degraded_answer_says_so_and_is_not_kept() -> None:
    world = World(degraded=("vector_index",))
    async with service(world) as running:
        first = await running.ask(order())
        world.degraded = ()
        second = await running.ask(order())
        assert (first.degraded, second.degraded) == (("vector_index",), ())
        assert not second.cached
        assert running.counted("degraded_total", component="vector_index") == 1


async def test_an_answer_is_not_kept_before_the_index_holds_what_is_published() -> None:
    world = World(version=7, settled_version=6)
    async with service(world) as running:
        await running.ask(order())
        world.settled_version = 7
        assert not (await running.ask(order())).cached
        assert (await running.ask(order())).cached


async def test_an_answer_without_the_model_says_so_and_is_not_kept() -> None:
    async with service(World(), BrokenModel()) as running:
        answers = [await running.ask(order()) for _ in range(2)]
        for answer in answers:
            assert not answer.cached
            assert answer.body["fallback"] == "template"
            assert "model_unavailable" in answer.body["warnings"]


async def test_the_deadline_ends_the_wait_and_the_message_is_there_for_the_next() -> None:
    world = World()
    world.may_search.clear()
    async with service(world) as running:
        with pytest.raises(DeadlineExceeded):
            await running.ask(order(deadline_seconds=0.05))
        world.may_search.set()
        await until(lambda: len(world.recorded) == 1)
        answer = await running.ask(order())
    assert answer.body["message_id"] == world.recorded[0][2]
    assert (world.searched, len(world.recorded)) == (1, 1)


async def test_what_cannot_be_recorded_is_neither_answered_nor_kept() -> None:
    world = World(audit_error=StorageUnavailable("The database does not answer."))
    async with service(world) as running:
        with pytest.raises(StorageUnavailable):
            await running.ask(order())
        world.audit_error = None
        assert not (await running.ask(order())).cached
    assert len(world.recorded) == 1


async def test_identical_orders_at_once_are_one_message() -> None:
    world = World()
    world.may_search.clear()
    async with service(world) as running:
        asked = [asyncio.ensure_future(running.ask(order())) for _ in range(20)]
        await until(lambda: world.searched > 0)
        world.may_search.set()
        answers = await asyncio.gather(*asked)
    assert len({answer.body["message_id"] for answer in answers}) == 1
    assert (world.searched, len(world.recorded)) == (1, 1)


async def test_all_who_wait_hear_of_a_failure() -> None:
    world = World(audit_error=StorageUnavailable("The database does not answer."))
    world.may_search.clear()
    async with service(world) as running:
        asked = [asyncio.ensure_future(running.ask(order())) for _ in range(5)]
        await until(lambda: world.searched > 0)
        world.may_search.set()
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(outcome, StorageUnavailable) for outcome in outcomes)


async def test_two_leads_at_once_do_not_share_a_message() -> None:
    async with service(World()) as running:
        greta, ole = await asyncio.gather(running.ask(order()), running.ask(order({**LEAD, "lead_name": "Ole"})))
    assert "Ole" not in greta.body["message"]
    assert "Greta" not in ole.body["message"]


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (order({**LEAD, "interaction_history": "Please unsubscribe me from all mails"}), LeadOptedOut),
        (order({**LEAD, "language": "fr"}), LanguageUnsupported),
        (order(generator=GeneratorName.HYBRID), AdapterUnavailable),
    ],
)
async def test_what_may_not_be_written_is_refused_and_not_recorded(
    asked: FollowupOrder, error: type[Exception]
) -> None:
    world = World()
    async with service(world) as running:
        with pytest.raises(error):
            await running.ask(asked)
    assert world.recorded == []


async def test_grounding_cannot_be_switched_off() -> None:
    async with service(World()) as running:
        answer = await running.ask(order(generation=GenerationOptions(require_grounding=False)))
    assert "grounding_is_always_required" in answer.body["warnings"]
    assert answer.body["grounding_verified"]
