"""API keys by their hash."""

from sqlalchemy import insert, select, update

from app.errors import NotFound
from app.storage.database import Database
from app.storage.records import ApiKeyRow
from app.storage.rows import insert_tenant, new_id, utc_now
from app.storage.tables import ApiKeyRecordRow

_FIELDS = (
    ApiKeyRecordRow.id,
    ApiKeyRecordRow.tenant_id,
    ApiKeyRecordRow.name,
    ApiKeyRecordRow.prefix,
    ApiKeyRecordRow.created_at,
    ApiKeyRecordRow.revoked_at,
)


class ApiKeyRepository:
    """Every method raises `StorageUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, tenant: str, name: str, prefix: str, key_hash: str) -> ApiKeyRow:
        """Store a key for the tenant, who need not exist before."""
        row = ApiKeyRow(new_id(), tenant, name, prefix, utc_now(), None)
        values = {
            "id": row.id,
            "tenant_id": tenant,
            "name": name,
            "prefix": prefix,
            "key_hash": key_hash,
            "created_at": row.created_at,
        }
        async with self._database.session() as session:
            await insert_tenant(session, tenant)
            await session.execute(insert(ApiKeyRecordRow), values)
        return row

    async def find(self, key_hash: str) -> ApiKeyRow | None:
        """The key with this hash, unless it is revoked. The hash decides the tenant, so none is given."""
        query = select(*_FIELDS).where(ApiKeyRecordRow.key_hash == key_hash, ApiKeyRecordRow.revoked_at.is_(None))
        async with self._database.snapshot() as session:
            row = (await session.execute(query)).one_or_none()
        return None if row is None else ApiKeyRow(*row)

    async def revoke(self, tenant: str, key_id: str) -> None:
        """From now on `find` does not know the key. Raises `NotFound` for a foreign or missing id; repeats are fine."""
        mine = ApiKeyRecordRow.id == key_id, ApiKeyRecordRow.tenant_id == tenant
        async with self._database.session() as session:
            if (await session.execute(select(ApiKeyRecordRow.id).where(*mine))).one_or_none() is None:
                raise NotFound("There is no API key with this id.")
            active = update(ApiKeyRecordRow).where(*mine, ApiKeyRecordRow.revoked_at.is_(None))
            await session.execute(active.values(revoked_at=utc_now()))

    async def list(self, tenant: str) -> list[ApiKeyRow]:
        """The tenant's keys, oldest first, revoked ones included."""
        query = select(*_FIELDS).where(ApiKeyRecordRow.tenant_id == tenant)
        async with self._database.snapshot() as session:
            rows = [ApiKeyRow(*row) for row in await session.execute(query)]
        return sorted(rows, key=lambda row: (row.created_at, row.id))
