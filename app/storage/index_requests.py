"""What command lines ask of the process that owns a vector index, and its answers."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import delete, insert, select, update

from app.storage.database import Database
from app.storage.rows import insert_tenant, new_id, utc_now
from app.storage.tables import IndexRequestRow

_KEPT = timedelta(days=1)

IndexAction = Literal["verify", "repair", "rebuild"]


@dataclass(frozen=True, slots=True)
class IndexRequest:
    id: str
    tenant: str
    action: IndexAction


def _action(word: str) -> IndexAction:
    actions: dict[str, IndexAction] = {"verify": "verify", "repair": "repair", "rebuild": "rebuild"}
    return actions[word]


class IndexRequests:
    """Requests outlive a crash of whoever serves them: they are served again, which does no harm."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, index_name: str, tenant: str, action: IndexAction) -> str:
        """The id of the request. Old ones are forgotten. Raises `StorageUnavailable`, as all methods do."""
        now = utc_now()
        request_id = new_id()
        row = {"id": request_id, "index_name": index_name, "tenant_id": tenant, "action": action, "created_at": now}
        async with self._database.session() as session:
            await session.execute(delete(IndexRequestRow).where(IndexRequestRow.created_at < now - _KEPT))
            await insert_tenant(session, tenant)
            await session.execute(insert(IndexRequestRow), row)
        return request_id

    async def pending(self, index_name: str) -> list[IndexRequest]:
        """Those without an answer, oldest first."""
        query = (
            select(IndexRequestRow.id, IndexRequestRow.tenant_id, IndexRequestRow.action)
            .where(IndexRequestRow.index_name == index_name, IndexRequestRow.answer.is_(None))
            .order_by(IndexRequestRow.created_at)
        )
        async with self._database.snapshot() as session:
            return [IndexRequest(id, tenant, _action(word)) for id, tenant, word in await session.execute(query)]

    async def answer(self, request_id: str, answer: dict[str, Any]) -> None:
        async with self._database.session() as session:
            await session.execute(update(IndexRequestRow).where(IndexRequestRow.id == request_id).values(answer=answer))

    async def answered(self, request_id: str) -> dict[str, Any] | None:
        """The answer, once there is one."""
        query = select(IndexRequestRow.answer).where(IndexRequestRow.id == request_id)
        async with self._database.snapshot() as session:
            return (await session.execute(query)).scalar_one_or_none()
