"""The audit of every message that was written."""

from dataclasses import fields

from sqlalchemy import insert, select

from app.errors import NotFound
from app.storage.database import Database
from app.storage.records import GenerationRecord
from app.storage.rows import insert_tenant
from app.storage.tables import GenerationRow

_INSERT = insert(GenerationRow.__table__)  # type: ignore[arg-type]


class GenerationRepository:
    """Written once, never changed. Every method raises `StorageUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # Tenants whose row is known to exist; a tenant's row is never deleted.
        self._tenants: set[str] = set()

    async def record(self, record: GenerationRecord) -> None:
        values = {field.name: getattr(record, field.name) for field in fields(record)}
        values["tenant_id"] = values.pop("tenant")
        if record.tenant not in self._tenants:
            async with self._database.session() as session:
                await insert_tenant(session, record.tenant)
            self._tenants.add(record.tenant)
        await self._database.write(lambda connection: connection.execute(_INSERT, values))

    async def get(self, tenant: str, generation_id: str) -> GenerationRecord:
        """Raises `NotFound`, with the same words for a foreign and for a missing id."""
        columns = [
            GenerationRow.tenant_id if field.name == "tenant" else getattr(GenerationRow, field.name)
            for field in fields(GenerationRecord)
        ]
        query = select(*columns).where(GenerationRow.id == generation_id, GenerationRow.tenant_id == tenant)
        async with self._database.snapshot() as session:
            row = (await session.execute(query)).one_or_none()
        if row is None:
            raise NotFound("There is no message with this id.")
        return GenerationRecord(*row)
