"""Small things that several repositories do with rows."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import BindParameter, ColumnElement, Insert, Table, func, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute

from app.storage.tables import TenantRow

T = TypeVar("T")

# Far below the number of parameters that either database takes in one statement.
_BATCH = 500


def new_id() -> str:
    return uuid.uuid4().hex


def utc_now() -> datetime:
    return datetime.now(UTC)


def batches(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Slices short enough for one `IN (...)`."""
    for start in range(0, len(values), _BATCH):
        yield values[start : start + _BATCH]


def belongs_to(owner: InstrumentedAttribute[str], tenant: str | BindParameter[str]) -> ColumnElement[bool]:
    """Whether rows that are picked by their keys are the tenant's, without the index on tenants being an option.

    SQLite believes that a tenant has ten rows, so it would read all of them to find more than ten keys.
    """
    return func.coalesce(owner, "") == tenant


def insert_if_missing(session: AsyncSession, table: type[DeclarativeBase]) -> Insert:
    """An INSERT that leaves an existing row alone."""
    target = table.__table__
    assert isinstance(target, Table)
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(target).on_conflict_do_nothing()
    return postgresql.insert(target).on_conflict_do_nothing()


async def insert_tenant(session: AsyncSession, tenant: str) -> None:
    """Make sure that the tenant's row exists."""
    values = {"id": tenant, "knowledge_version": 0, "publication": new_id(), "created_at": utc_now()}
    await session.execute(insert_if_missing(session, TenantRow), values)


async def count_publication(session: AsyncSession, tenant: str) -> int:
    """Mark that what the tenant's searches see has changed; the knowledge version from then on."""
    values = {"knowledge_version": TenantRow.knowledge_version + 1, "publication": new_id()}
    changed = update(TenantRow).where(TenantRow.id == tenant).values(**values)
    return (await session.execute(changed.returning(TenantRow.knowledge_version))).scalar_one()
