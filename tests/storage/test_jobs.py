"""The queue of uploads: bounded, one job of a tenant at a time, and never lost with its worker."""

import asyncio
from dataclasses import replace

import pytest

from app.errors import KeyReused, NotFound, TooManyRequests
from app.storage.database import Database
from app.storage.jobs import JobRepository
from app.storage.records import JobFile, NewJob

FILE = JobFile("plans.md", 10, "hash")


def new_job(name: str, tenant: str = "acme", key: str | None = None, request: str = "r", store: str = "here") -> NewJob:
    return NewJob(name, tenant, store, key, request, {}, (FILE,))


@pytest.fixture
def jobs(database: Database) -> JobRepository:
    return JobRepository(database)


async def test_a_tenants_jobs_are_given_out_one_after_the_other(jobs: JobRepository) -> None:
    for name, tenant in (("a1", "acme"), ("a2", "acme"), ("g1", "globex")):
        await jobs.enqueue(new_job(name, tenant), 5)
    claimed = await asyncio.gather(*(jobs.claim("here", f"worker {number}", 60) for number in range(4)))
    assert sorted(job.id for job in claimed if job) == ["a1", "g1"]
    assert await jobs.claim("elsewhere", "stranger", 60) is None
    worker = next(f"worker {number}" for number, job in enumerate(claimed) if job and job.id == "a1")
    assert await jobs.finish("a1", worker, "done", [replace(FILE, status="indexed")], 3)
    assert (await jobs.get("acme", "a1")).files[0].status == "indexed"
    following = await jobs.claim("here", worker, 60)
    assert following is not None
    assert following.id == "a2"


async def test_tenants_take_turns_however_many_jobs_one_of_them_queues(jobs: JobRepository) -> None:
    for number in range(4):
        await jobs.enqueue(new_job(f"a{number}", "acme"), 5)
    for name, tenant in (("g1", "globex"), ("i1", "initech"), ("g2", "globex")):
        await jobs.enqueue(new_job(name, tenant), 5)
    order = []
    while (job := await jobs.claim("here", "worker", 60)) is not None:
        order.append(job.id)
        assert await jobs.finish(job.id, "worker", "done", [FILE], 1)
    assert order == ["a0", "g1", "i1", "a1", "g2", "a2", "a3"]


async def test_only_an_attempt_counts_as_one(jobs: JobRepository) -> None:
    await jobs.enqueue(new_job("a1"), 5)
    for attempted, attempts in ((False, 0), (True, 1), (False, 1)):
        assert await jobs.claim("here", "worker", 60) is not None
        assert await jobs.release("a1", "worker", attempted=attempted)
        assert (await jobs.get("acme", "a1")).attempts == attempts
    assert not await jobs.release("a1", "worker", attempted=False)


async def test_a_dead_workers_job_goes_to_the_next_one_and_only_that_may_finish_it(jobs: JobRepository) -> None:
    await jobs.enqueue(new_job("a1"), 5)
    assert await jobs.claim("here", "dead", 0.05) is not None
    assert not await jobs.waiting("here")
    await asyncio.sleep(0.1)
    assert await jobs.waiting("here")
    taken = await jobs.claim("here", "next", 60)
    assert taken is not None
    assert taken.attempts == 2
    assert not await jobs.extend("a1", "dead", 60, 1)
    assert not await jobs.finish("a1", "dead", "failed", [FILE])
    assert await jobs.finish("a1", "next", "done", [FILE], 1)
    assert not await jobs.finish("a1", "next", "failed", [FILE])
    assert (await jobs.get("acme", "a1")).state == "done"


async def test_the_queue_of_a_tenant_is_bounded(jobs: JobRepository) -> None:
    results = await asyncio.gather(*(jobs.enqueue(new_job(f"a{n}"), 3) for n in range(5)), return_exceptions=True)
    assert sum(isinstance(result, TooManyRequests) for result in results) == 2
    with pytest.raises(TooManyRequests):
        await jobs.check_queue("acme", 3)
    await jobs.enqueue(new_job("g1", "globex"), 3)
    assert [job.seq for job in await jobs.page("acme", 10)] == [3, 2, 1]


async def test_a_key_stands_for_one_request_of_one_tenant(jobs: JobRepository) -> None:
    made = await asyncio.gather(*(jobs.enqueue(new_job(f"a{n}", key="k"), 5) for n in range(4)))
    assert len({job.id for job in made}) == 1
    assert (await jobs.enqueue(new_job("g1", "globex", key="k"), 5)).id == "g1"
    with pytest.raises(KeyReused):
        await jobs.enqueue(new_job("a9", key="k", request="other"), 5)
    with pytest.raises(NotFound, match="no job") as foreign:
        await jobs.get("globex", made[0].id)
    with pytest.raises(NotFound) as missing:
        await jobs.get("globex", "missing")
    assert foreign.value.message == missing.value.message
