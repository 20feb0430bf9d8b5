"""Making versions current: the one transaction that changes what a tenant's searches see."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Row, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import NotFound
from app.storage.rows import batches, belongs_to, count_publication, utc_now
from app.storage.search_rows import add_search_rows, remove_search_rows
from app.storage.tables import DocumentRow, IndexChangeRow, TenantRow, VersionRow
from app.storage.validity import refresh_validity


@dataclass(slots=True)
class _Plan:
    """`current` maps document -> the version it gets (None = none any more)."""

    current: dict[str, str | None] = field(default_factory=dict)
    added: list[str] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)


async def publish_versions(
    session: AsyncSession, dialect: str, tenant: str, version_ids: Sequence[str], removed_sources: Sequence[str]
) -> int:
    """Publish and remove inside the caller's transaction; the tenant's knowledge version afterwards.

    Raises `NotFound` for a version that is not the tenant's.
    """
    if dialect == "postgresql":
        # Numbers of index changes must become visible in their order, or an index would skip the late ones; so only
        # one publication runs at a time. On SQLite that is so anyway.
        await session.execute(text("LOCK TABLE index_changes IN SHARE ROW EXCLUSIVE MODE"))
    plan = _Plan()
    await _plan_removals(session, tenant, removed_sources, plan)
    await _plan_publications(session, tenant, version_ids, plan)
    if not plan.current:
        query = select(TenantRow.knowledge_version).where(TenantRow.id == tenant)
        return (await session.execute(query)).scalar_one_or_none() or 0
    await _apply(session, plan)
    await refresh_validity(session, tenant, plan.current.keys())
    await remove_search_rows(session, dialect, plan.retired)
    await add_search_rows(session, dialect, plan.added)
    await _append_changes(session, tenant, plan)
    return await count_publication(session, tenant)


async def _plan_removals(session: AsyncSession, tenant: str, sources: Sequence[str], plan: _Plan) -> None:
    fields = select(DocumentRow.id, VersionRow.id).join(VersionRow, VersionRow.id == DocumentRow.current_version_id)
    for batch in batches(sources):
        query = fields.where(DocumentRow.tenant_id == tenant, DocumentRow.source.in_(batch)).order_by(
            DocumentRow.source
        )
        for document_id, version_id in await session.execute(query):
            plan.current[document_id] = None
            plan.retired.append(version_id)


async def _plan_publications(session: AsyncSession, tenant: str, version_ids: Sequence[str], plan: _Plan) -> None:
    """Only staged versions change anything: published ones are current already, superseded ones stay history."""
    position = {version_id: at for at, version_id in enumerate(dict.fromkeys(version_ids))}
    fields = select(
        VersionRow.id, VersionRow.document_id, VersionRow.number, VersionRow.state, DocumentRow.current_version_id
    ).join(DocumentRow, DocumentRow.id == VersionRow.document_id)
    found: list[Row[str, str, int, str, str | None]] = []
    for batch in batches(list(position)):
        owned = belongs_to(VersionRow.tenant_id, tenant), VersionRow.id.in_(batch)
        found += (await session.execute(fields.where(*owned))).all()
    if len(found) != len(position):
        raise NotFound("A document version to publish does not exist.")
    staged = sorted((row for row in found if row.state == "staged"), key=lambda row: row.number)
    newest = {row.document_id: row for row in staged}
    # In the order asked for, so that the same run always numbers its changes and search rows in the same way.
    for row in sorted(newest.values(), key=lambda row: position[row.id]):
        if row.current_version_id is not None and row.document_id not in plan.current:
            plan.retired.append(row.current_version_id)
        plan.current[row.document_id] = row.id
        plan.added.append(row.id)


async def _apply(session: AsyncSession, plan: _Plan) -> None:
    now = utc_now()
    for document_id, version_id in plan.current.items():
        await session.execute(
            update(DocumentRow)
            .where(DocumentRow.id == document_id)
            .values(current_version_id=version_id, deleted_at=now if version_id is None else None)
        )
    for batch in batches(plan.retired):
        await session.execute(update(VersionRow).where(VersionRow.id.in_(batch)).values(state="superseded"))
    for batch in batches(plan.added):
        published = update(VersionRow).where(VersionRow.id.in_(batch)).values(state="published", published_at=now)
        await session.execute(published)


async def _append_changes(session: AsyncSession, tenant: str, plan: _Plan) -> None:
    """New vectors first, so that an index is never emptier than it has to be."""
    now = utc_now()
    actions = [(version_id, "add") for version_id in plan.added]
    actions += [(version_id, "remove") for version_id in plan.retired]
    rows = [
        {"tenant_id": tenant, "version_id": version_id, "action": action, "created_at": now}
        for version_id, action in actions
    ]
    await session.execute(insert(IndexChangeRow), rows)
