"""How long the chunks of current versions count: kept right in the transaction that publishes."""

from collections.abc import Collection

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.knowledge.namesakes import DatedDocument, family, last_valid_days
from app.storage.tables import ChunkRow, DocumentRow, VersionRow


async def refresh_validity(session: AsyncSession, tenant: str, document_ids: Collection[str]) -> None:
    """Set the last valid day of every chunk whose document shares its name, but for the date, with one of these."""
    changed = select(DocumentRow.id, DocumentRow.source).where(DocumentRow.tenant_id == tenant)
    touched = {family(row.source) for row in await session.execute(changed) if row.id in document_ids} - {None}
    query = (
        select(
            VersionRow.id,
            DocumentRow.source,
            VersionRow.source_type,
            VersionRow.effective_date,
            VersionRow.expiry_date,
        )
        .join(VersionRow, VersionRow.id == DocumentRow.current_version_id)
        .where(DocumentRow.tenant_id == tenant)
    )
    rows = [DatedDocument(*row) for row in await session.execute(query)]
    for version_id, day in last_valid_days(row for row in rows if family(row.source) in touched).items():
        differs = ChunkRow.expiry_date.is_distinct_from(day)
        change = update(ChunkRow).where(ChunkRow.version_id == version_id, differs).values(expiry_date=day)
        await session.execute(change)
