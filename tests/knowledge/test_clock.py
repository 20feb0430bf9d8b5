"""How long a knowledge version is remembered, and when an answer may be kept."""

import asyncio
from dataclasses import dataclass, field

import pytest

from app.errors import StorageUnavailable
from app.knowledge.clock import KnowledgeClock
from app.knowledge.types import KnowledgeState


@dataclass
class Published:
    """The published version of each tenant, the version the index holds, and the time."""

    versions: dict[str, int] = field(default_factory=lambda: {"acme": 1, "globex": 8})
    publication: str = "first"
    applied: int = 0
    seconds: float = 100.0
    reads: int = 0
    error: StorageUnavailable | None = None

    async def knowledge_state(self, tenant: str) -> KnowledgeState:
        self.reads += 1
        if self.error is not None:
            raise self.error
        state = KnowledgeState(self.versions[tenant], self.publication)
        await asyncio.sleep(0)
        return state

    def applied_version(self, tenant: str) -> int:
        del tenant
        return self.applied


async def until_read(published: Published, times: int) -> None:
    async with asyncio.timeout(5):
        while published.reads < times:
            await asyncio.sleep(0)


@pytest.fixture
def published() -> Published:
    return Published()


@pytest.fixture
def clock(published: Published) -> KnowledgeClock:
    return KnowledgeClock(published, published, 0.5, lambda: published.seconds)


async def test_a_publication_is_seen_after_at_most_half_a_second(clock: KnowledgeClock, published: Published) -> None:
    assert await clock.version("acme") == 1
    published.versions["acme"] = 2
    published.seconds += 0.4
    assert await clock.version("acme") == 1
    published.seconds += 0.1
    assert await clock.version("acme") == 2


async def test_a_publication_that_the_index_holds_is_seen_at_once(clock: KnowledgeClock, published: Published) -> None:
    assert await clock.version("acme") == 1
    published.versions["acme"] = published.applied = 2
    assert await clock.version("acme") == 2


async def test_within_that_time_the_database_is_asked_once(clock: KnowledgeClock, published: Published) -> None:
    for _ in range(50):
        await clock.version("acme")
    assert published.reads == 1


async def test_tenants_have_versions_of_their_own(clock: KnowledgeClock) -> None:
    assert [await clock.version(tenant) for tenant in ("acme", "globex", "acme")] == [1, 8, 1]


async def test_a_database_that_is_gone_is_told_and_asked_again(clock: KnowledgeClock, published: Published) -> None:
    published.error = StorageUnavailable("gone")
    with pytest.raises(StorageUnavailable):
        await clock.version("acme")
    published.error = None
    assert await clock.version("acme") == 1


async def test_an_old_version_is_not_given_out_when_the_database_is_gone(
    clock: KnowledgeClock, published: Published
) -> None:
    await clock.version("acme")
    published.error = StorageUnavailable("gone")
    published.seconds += 1
    with pytest.raises(StorageUnavailable):
        await clock.version("acme")


async def test_the_time_counts_from_before_the_question(clock: KnowledgeClock, published: Published) -> None:
    """What was published while the answer was on its way is seen in time, too."""
    asking = asyncio.ensure_future(clock.version("acme"))
    await until_read(published, 1)
    published.versions["acme"] = 2
    published.seconds += 0.5
    assert await asking == 1
    assert await clock.version("acme") == 2


@pytest.mark.parametrize(("applied", "settled"), [(3, False), (4, True), (5, True)])
def test_an_answer_is_kept_once_the_index_holds_its_version(
    clock: KnowledgeClock, published: Published, applied: int, settled: bool
) -> None:
    published.applied = applied
    assert clock.settled("acme", 4) is settled


async def test_what_was_read_before_forgetting_is_not_remembered(clock: KnowledgeClock, published: Published) -> None:
    reading = asyncio.ensure_future(clock.version("acme"))
    await until_read(published, 1)
    published.versions["acme"] = 2
    clock.forget("acme")
    assert await reading == 1
    assert await clock.version("acme") == 2


async def test_all_who_find_it_out_of_date_share_one_read(clock: KnowledgeClock, published: Published) -> None:
    await clock.version("acme")
    published.seconds += 1
    asked = [clock.version(tenant) for tenant in ("acme", "globex") * 20]
    assert await asyncio.gather(*asked) == [1, 8] * 20
    assert published.reads == 3


async def test_nobody_joins_a_read_from_before_what_they_know_of(clock: KnowledgeClock, published: Published) -> None:
    """The index followed a publication, or something was erased, after the read had begun."""
    early = asyncio.ensure_future(clock.version("acme"))
    await until_read(published, 1)
    published.versions["acme"] = published.applied = 2
    late = asyncio.ensure_future(clock.version("acme"))
    await until_read(published, 2)
    published.versions["acme"] = 3
    clock.forget("acme")
    assert [await clock.version("acme"), await late, await early] == [3, 2, 1]


async def test_a_restored_database_is_noticed_and_ordinary_publications_are_none(published: Published) -> None:
    returned: list[str] = []
    clock = KnowledgeClock(published, published, 0.5, lambda: published.seconds, on_return=returned.append)
    # Version and publication of each read, and whether the database went back.
    history = [(5, "a", 0), (5, "a", 0), (6, "b", 0), (6, "c", 1), (4, "d", 2), (5, "e", 2), (5, "e", 2), (5, "a", 3)]
    for version, publication, times in history:
        published.versions["acme"], published.publication = version, publication
        published.seconds += 1
        await clock.state("acme")
        assert returned == ["acme"] * times


async def test_one_number_of_two_publications(clock: KnowledgeClock, published: Published) -> None:
    assert await clock.state("acme") == KnowledgeState(1, "first")
    published.publication = "second"
    published.seconds += 1
    assert await clock.state("acme") == KnowledgeState(1, "second")
