"""Jobs of uploads: a bounded queue per tenant, worked off by whoever holds the files, under a lease."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy import CursorResult, Update, delete, func, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.errors import KeyReused, NotFound, TooManyRequests
from app.storage.database import Database
from app.storage.records import Job, JobFile, JobState, NewJob
from app.storage.rows import insert_tenant, utc_now
from app.storage.tables import IngestionJobRow, TenantRow

UNFINISHED = ("queued", "running")
_FIELDS = (
    IngestionJobRow.id,
    IngestionJobRow.tenant_id,
    IngestionJobRow.seq,
    IngestionJobRow.state,
    IngestionJobRow.created_at,
    IngestionJobRow.started_at,
    IngestionJobRow.finished_at,
    IngestionJobRow.request_hash,
    IngestionJobRow.stated,
    IngestionJobRow.files,
    IngestionJobRow.done,
    IngestionJobRow.attempts,
    IngestionJobRow.knowledge_version,
    IngestionJobRow.failure,
)


class JobRepository:
    """Every method raises `StorageUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def enqueue(self, job: NewJob, limit: int) -> Job:
        """Queue `job`, or find the one that the same request has queued before under its key.

        Raises `TooManyRequests` if `limit` jobs of the tenant are unfinished, and `KeyReused` if the key was used for
        another request.
        """
        async with self._database.session() as session:
            await insert_tenant(session, job.tenant)
            # Locked, so that two requests neither take one number nor exceed the limit together.
            await session.execute(select(TenantRow.id).where(TenantRow.id == job.tenant).with_for_update())
            known = await _by_key(session, job)
            if known is not None:
                return known
            self._check_queue(await _unfinished(session, job.tenant), limit)
            numbers = select(func.max(IngestionJobRow.seq)).where(IngestionJobRow.tenant_id == job.tenant)
            number = ((await session.execute(numbers)).scalar_one() or 0) + 1
            await session.execute(insert(IngestionJobRow), _values(job, number))
            return await _read(session, job.tenant, job.id)

    async def check_queue(self, tenant: str, limit: int) -> None:
        """Raises `TooManyRequests` if `limit` jobs of the tenant are unfinished."""
        async with self._database.snapshot() as session:
            self._check_queue(await _unfinished(session, tenant), limit)

    @staticmethod
    def _check_queue(unfinished: int, limit: int) -> None:
        if unfinished >= limit:
            raise TooManyRequests(f"{unfinished} uploads are waiting to be ingested; try again when one is done.")

    async def get(self, tenant: str, job_id: str) -> Job:
        """Raises `NotFound`, with the same words for a foreign and for a missing id."""
        async with self._database.snapshot() as session:
            return await _read(session, tenant, job_id)

    async def page(self, tenant: str, limit: int, before: int | None = None) -> list[Job]:
        """The tenant's jobs, newest first, or those queued before number `before`."""
        query = select(*_FIELDS).where(IngestionJobRow.tenant_id == tenant)
        if before is not None:
            query = query.where(IngestionJobRow.seq < before)
        async with self._database.snapshot() as session:
            return [_job(row) for row in await session.execute(query.order_by(IngestionJobRow.seq.desc()).limit(limit))]

    # ----------------------------------------------------------------- for workers

    async def waiting(self, store: str) -> bool:
        """Whether there is a job that `claim` may give out."""
        async with self._database.snapshot() as session:
            return (await session.execute(_claimable(store).limit(1))).first() is not None

    async def claim(self, store: str, worker: str, lease_seconds: float) -> Job | None:
        """A job whose files lie in `store` and that nobody holds, now held by `worker`.

        At most one job of a tenant is held at a time. Tenants take turns: it is the oldest job of the one whose last
        job began longest ago.
        """
        async with self._database.session() as session:
            if self._database.dialect == "postgresql":
                await session.execute(text("LOCK TABLE ingestion_jobs IN SHARE ROW EXCLUSIVE MODE"))
            found = (await session.execute(_in_turn(_claimable(store)).limit(1))).one_or_none()
            if found is None:
                return None
            values = {
                "state": "running",
                "worker": worker,
                "lease_until": _lease(lease_seconds),
                "started_at": func.coalesce(IngestionJobRow.started_at, utc_now()),
                "attempts": IngestionJobRow.attempts + 1,
                "done": 0,
            }
            await session.execute(update(IngestionJobRow).where(IngestionJobRow.id == found.id).values(values))
            return await _read(session, found.tenant_id, found.id)

    async def extend(self, job_id: str, worker: str, lease_seconds: float, done: int) -> bool:
        """Keep the job and note its progress; False if it is no longer held by `worker`."""
        values = {"lease_until": _lease(lease_seconds), "done": done}
        return await self._change(_held(job_id, worker).values(values))

    async def release(self, job_id: str, worker: str, *, attempted: bool = True) -> bool:
        """Give the job back to be claimed again; without `attempted` as if it had not been claimed this time."""
        values: dict[str, Any] = {"state": "queued", "worker": None, "lease_until": None, "done": 0}
        if not attempted:
            values["attempts"] = IngestionJobRow.attempts - 1
        return await self._change(_held(job_id, worker).values(values))

    async def finish(
        self,
        job_id: str,
        worker: str,
        state: JobState,
        files: Sequence[JobFile],
        knowledge_version: int | None = None,
        failure: str | None = None,
    ) -> bool:
        """Write down how the job ended; False if it is no longer held by `worker`."""
        values = {
            "state": state,
            "files": [asdict(file) for file in files],
            "done": len(files),
            "knowledge_version": knowledge_version,
            "failure": failure,
            "finished_at": utc_now(),
            "worker": None,
            "lease_until": None,
        }
        return await self._change(_held(job_id, worker).values(values))

    async def unfinished_ids(self, store: str) -> set[str]:
        """The jobs that still need their files in `store`."""
        query = select(IngestionJobRow.id).where(IngestionJobRow.store == store, IngestionJobRow.state.in_(UNFINISHED))
        async with self._database.snapshot() as session:
            return set((await session.execute(query)).scalars())

    async def forget_finished(self, days: int) -> None:
        """Delete jobs that ended more than `days` days ago, and with them their keys."""
        long_ago = utc_now() - timedelta(days=days)
        async with self._database.session() as session:
            await session.execute(delete(IngestionJobRow).where(IngestionJobRow.finished_at < long_ago))

    async def _change(self, statement: Update) -> bool:
        async with self._database.session() as session:
            result = await session.execute(statement)
        assert isinstance(result, CursorResult)
        return result.rowcount == 1


def _claimable(store: str) -> Any:  # noqa: ANN401 - SQLAlchemy's type of two columns says nothing more
    other, now = aliased(IngestionJobRow), utc_now()
    held = select(other.id).where(
        other.tenant_id == IngestionJobRow.tenant_id, other.state == "running", other.lease_until >= now
    )
    free = or_(IngestionJobRow.state == "queued", IngestionJobRow.lease_until < now)
    return select(IngestionJobRow.id, IngestionJobRow.tenant_id).where(
        IngestionJobRow.store == store, IngestionJobRow.state.in_(UNFINISHED), free, ~held.exists()
    )


def _in_turn(jobs: Any) -> Any:  # noqa: ANN401 - as `_claimable`
    served = (
        select(IngestionJobRow.tenant_id, func.max(IngestionJobRow.started_at).label("at"))
        .group_by(IngestionJobRow.tenant_id)
        .subquery()
    )
    return jobs.join(served, served.c.tenant_id == IngestionJobRow.tenant_id).order_by(
        served.c.at.asc().nulls_first(), IngestionJobRow.created_at, IngestionJobRow.id
    )


def _held(job_id: str, worker: str) -> Update:
    return update(IngestionJobRow).where(
        IngestionJobRow.id == job_id, IngestionJobRow.worker == worker, IngestionJobRow.state == "running"
    )


def _lease(seconds: float) -> Any:  # noqa: ANN401 - an aware datetime, stored as the database can
    return utc_now() + timedelta(seconds=seconds)


async def _unfinished(session: AsyncSession, tenant: str) -> int:
    query = select(func.count()).where(IngestionJobRow.tenant_id == tenant, IngestionJobRow.state.in_(UNFINISHED))
    return (await session.execute(query)).scalar_one()


async def _by_key(session: AsyncSession, job: NewJob) -> Job | None:
    if job.request_key is None:
        return None
    query = select(*_FIELDS).where(
        IngestionJobRow.tenant_id == job.tenant, IngestionJobRow.request_key == job.request_key
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    known = _job(row)
    if known.request_hash != job.request_hash:
        raise KeyReused(
            "Idempotency-Key: this key was used for another upload; send a new key.",
            [{"field": "Idempotency-Key", "problem": "used for another upload", "fix": "send a new key"}],
        )
    return known


async def _read(session: AsyncSession, tenant: str, job_id: str) -> Job:
    query = select(*_FIELDS).where(IngestionJobRow.id == job_id, IngestionJobRow.tenant_id == tenant)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound("There is no job with this id.")
    return _job(row)


def _values(job: NewJob, number: int) -> dict[str, Any]:
    return {
        "id": job.id,
        "seq": number,
        "tenant_id": job.tenant,
        "store": job.store,
        "state": "queued",
        "created_at": utc_now(),
        "request_key": job.request_key,
        "request_hash": job.request_hash,
        "stated": job.stated,
        "files": [asdict(file) for file in job.files],
        "done": 0,
        "attempts": 0,
    }


def _job(row: Any) -> Job:  # noqa: ANN401 - a row of `_FIELDS`
    values = dict(zip((field.name for field in _FIELDS), row, strict=True))
    values["tenant"] = values.pop("tenant_id")
    values["files"] = tuple(JobFile(**file) for file in values["files"])
    return Job(**values)
