"""What is remembered of conflicts: per tenant and version, and nothing that was forgotten meanwhile."""

import asyncio
from collections.abc import Sequence
from datetime import date

from app.knowledge.conflicts.detection import Topic
from app.knowledge.conflicts.register import ConflictRegister
from app.knowledge.conflicts.types import Side


def side(source: str, value: str) -> Side:
    return Side(
        chunk_id=f"{source}:0",
        document_id=source,
        source=source,
        start=0,
        end=30,
        subject="team plan",
        value=value,
        shown=f"${value}",
        quote=f"The Team plan costs ${value} per month.",
        effective_date=None,
        expiry_date=None,
        unit="USD per month",
    )


class Figures:
    """Two documents that disagree, read when they may be."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.may_read: dict[str, asyncio.Event] = {}

    async def comparable(self, tenant: str) -> Sequence[tuple[Topic, Side]]:
        self.asked.append(tenant)
        if tenant in self.may_read:
            await self.may_read[tenant].wait()
        topic = Topic("price", "USD per month", "")
        return [(topic, side(f"{tenant}/old.md", "99")), (topic, side(f"{tenant}/new.md", "129"))]


async def test_conflicts_are_worked_out_once_per_version_for_all_who_ask() -> None:
    figures = Figures()
    register = ConflictRegister(figures, lambda: date(2026, 1, 5))
    answers = await asyncio.gather(*(register.conflicts("acme", 1) for _ in range(5)))
    assert [len(answer) for answer in answers] == [1] * 5
    await register.conflicts("acme", 1)
    assert figures.asked == ["acme"]
    await register.conflicts("acme", 2)
    assert figures.asked == ["acme", "acme"]


async def test_a_tenant_does_not_wait_for_another() -> None:
    figures = Figures()
    figures.may_read["slow"] = asyncio.Event()
    register = ConflictRegister(figures, lambda: date(2026, 1, 5))
    slow = asyncio.create_task(register.conflicts("slow", 1))
    while figures.asked != ["slow"]:
        await asyncio.sleep(0)
    async with asyncio.timeout(5):
        [judged] = await register.conflicts("acme", 1)
    assert {each.source for each in judged.conflict.sides} == {"acme/old.md", "acme/new.md"}
    assert not slow.done()
    figures.may_read["slow"].set()
    assert len(await slow) == 1


async def test_what_is_worked_out_while_something_is_forgotten_is_not_remembered() -> None:
    figures = Figures()
    figures.may_read["acme"] = asyncio.Event()
    register = ConflictRegister(figures, lambda: date(2026, 1, 5))
    early = asyncio.create_task(register.conflicts("acme", 1))
    while not figures.asked:
        await asyncio.sleep(0)
    register.forget("acme")
    late = asyncio.create_task(register.conflicts("acme", 1))
    async with asyncio.timeout(5):
        while len(figures.asked) < 2:
            await asyncio.sleep(0)
    register.forget("acme")
    figures.may_read["acme"].set()
    assert [len(await asked) for asked in (early, late)] == [1, 1]
    await register.conflicts("acme", 1)
    await register.conflicts("acme", 1)
    assert figures.asked == ["acme"] * 3
