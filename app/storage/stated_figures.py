"""The figures that a tenant's current documents state, for comparing them."""

from typing import Any

from sqlalchemy import Row, Select, and_, case, func, or_, select

from app.knowledge.conflicts.detection import Topic
from app.knowledge.conflicts.types import Side
from app.storage.database import Database
from app.storage.tables import ChunkRow, DocumentRow, StatedFigureRow, VersionRow

_TOPIC = (StatedFigureRow.measure, StatedFigureRow.unit, StatedFigureRow.qualifiers)


class StatedFigureRepository:
    """Reads only: figures are written with their chunks. Every method raises `StorageUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def comparable(self, tenant: str) -> list[tuple[Topic, Side]]:
        """The figures of current documents on topics for which more than one value is stated."""
        async with self._database.snapshot() as session:
            return [_stated(row) for row in await session.execute(_query(tenant))]


def _query(tenant: str) -> Select[*tuple[Any, ...]]:
    current = and_(DocumentRow.current_version_id == StatedFigureRow.version_id, DocumentRow.tenant_id == tenant)
    disputed = (
        select(*_TOPIC)
        .join(DocumentRow, current)
        .group_by(*_TOPIC)
        .having(func.count(StatedFigureRow.value.distinct()) > 1)
        .cte("disputed")
        .c
    )
    figure, shorter = StatedFigureRow, ChunkRow.expiry_date < VersionRow.expiry_date
    superseded = and_(ChunkRow.expiry_date.is_not(None), or_(VersionRow.expiry_date.is_(None), shorter))
    return (
        select(
            *_TOPIC,
            figure.chunk_id,
            DocumentRow.id.label("document_id"),
            DocumentRow.source,
            figure.start,
            figure.end,
            figure.subject,
            figure.value,
            figure.shown,
            func.substr(ChunkRow.text, figure.start + 1, figure.end - figure.start).label("quote"),
            ChunkRow.page,
            ChunkRow.effective_date,
            VersionRow.effective_source.label("date_source"),
            ChunkRow.expiry_date,
            case((superseded, 1), else_=0).label("superseded"),
        )
        .join(DocumentRow, current)
        .join(VersionRow, VersionRow.id == figure.version_id)
        .join(ChunkRow, ChunkRow.id == figure.chunk_id)
        .where(
            figure.measure == disputed.measure,
            figure.unit == disputed.unit,
            figure.qualifiers == disputed.qualifiers,
        )
    )


def _stated(row: Row[*tuple[Any, ...]]) -> tuple[Topic, Side]:
    fields = dict(row._mapping)
    topic = Topic(fields.pop("measure"), fields["unit"], fields.pop("qualifiers"))
    return topic, Side(**(fields | {"superseded": bool(fields["superseded"])}))
