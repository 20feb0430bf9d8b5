"""Figures are stored with their version, visible with it, and only those of current documents are compared."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.knowledge.conflicts.detection import find_conflicts
from app.knowledge.conflicts.types import Conflict, StatedFigure
from app.storage.database import Database
from app.storage.documents import DocumentRepository
from app.storage.stated_figures import StatedFigureRepository
from app.storage.tables import StatedFigureRow
from tests.storage.building import Source, new_version


def figure(text: str, shown: str, subject: str = "pro") -> StatedFigure:
    start = text.index(shown)
    return StatedFigure(
        0, 0, len(text), subject, "price", "money USD per month", "", shown.strip("$"), text[start : start + len(shown)]
    )


async def stage(documents: DocumentRepository, tenant: str, source: str, shown: str, since: date | None = None) -> str:
    text = f"The Pro plan costs {shown} per month."
    version = new_version(Source(source=source, texts=(text,), content_hash=shown, effective_date=since))
    return await documents.stage(tenant, replace(version, figures=(figure(text, shown),)))


async def found(database: Database, tenant: str = "acme") -> list[Conflict]:
    return find_conflicts(await StatedFigureRepository(database).comparable(tenant))


@pytest.fixture
def documents(database: Database) -> DocumentRepository:
    return DocumentRepository(database)


async def test_a_conflict_appears_with_its_publication_and_goes_with_it(
    database: Database, documents: DocumentRepository
) -> None:
    first = await stage(documents, "acme", "a.md", "$20")
    second = await stage(documents, "acme", "b.md", "$25")
    assert await found(database) == []
    await documents.publish("acme", [first, second])
    (conflict,) = await found(database)
    assert conflict.sentence == "a.md says $20, b.md says $25"
    assert [side.quote for side in conflict.sides] == [
        "The Pro plan costs $20 per month.",
        "The Pro plan costs $25 per month.",
    ]

    await documents.publish("acme", [await stage(documents, "acme", "b.md", "$20")])
    assert await found(database) == []


async def test_tenants_never_contradict_each_other(database: Database, documents: DocumentRepository) -> None:
    await documents.publish("acme", [await stage(documents, "acme", "a.md", "$20")])
    await documents.publish("other", [await stage(documents, "other", "b.md", "$25")])
    assert await found(database) == await found(database, "other") == []


async def test_removing_a_document_removes_its_side(database: Database, documents: DocumentRepository) -> None:
    await documents.publish(
        "acme", [await stage(documents, "acme", name, price) for name, price in (("a.md", "$20"), ("b.md", "$25"))]
    )
    assert len(await found(database)) == 1
    await documents.publish("acme", [], ["b.md"])
    assert await found(database) == []


async def test_a_namesake_is_valid_until_the_day_before_the_next(
    database: Database, documents: DocumentRepository
) -> None:
    old = await stage(documents, "acme", "fees/2023_fees.md", "$20", date(2023, 1, 1))
    new = await stage(documents, "acme", "fees/2024_fees.md", "$25", date(2024, 3, 1))
    await documents.publish("acme", [old])
    await documents.publish("acme", [new])
    (conflict,) = await found(database)
    assert [(side.expiry_date, side.superseded) for side in conflict.sides] == [
        (date(2024, 2, 29), True),
        (None, False),
    ]
    chunks = await documents.chunks("acme", [f"{old}:0", f"{new}:0"])
    assert {chunk.id: chunk.expiry_date for chunk in chunks.values()} == {
        f"{old}:0": date(2024, 2, 29),
        f"{new}:0": None,
    }

    await documents.publish("acme", [], ["fees/2024_fees.md"])
    chunks = await documents.chunks("acme", [f"{old}:0"])
    assert chunks[f"{old}:0"].expiry_date is None


async def test_discarding_a_staged_version_discards_its_figures(
    database: Database, documents: DocumentRepository
) -> None:
    await stage(documents, "acme", "a.md", "$20")
    assert await documents.discard_stale_staged("acme", ["a.md"], datetime.now(UTC) + timedelta(days=1)) == 1
    async with database.snapshot() as session:
        assert (await session.execute(select(func.count()).select_from(StatedFigureRow))).scalar_one() == 0
