"""One computation for all who ask meanwhile, whoever of them leaves."""

import asyncio

import pytest

from app.single_flight import SingleFlight


class Work:
    """Ends when it may; counts its beginnings."""

    def __init__(self) -> None:
        self.begun = 0
        self.may_end = asyncio.Event()

    async def run(self) -> int:
        self.begun += 1
        mine = self.begun
        await self.may_end.wait()
        return mine

    async def fail(self) -> int:
        self.begun += 1
        await self.may_end.wait()
        raise ValueError("broken")


async def test_all_who_ask_meanwhile_share_and_later_ones_begin_anew() -> None:
    flights: SingleFlight[str, int] = SingleFlight()
    work = Work()
    asked = [asyncio.create_task(flights.run("k", work.run)) for _ in range(5)]
    other = asyncio.create_task(flights.run("other", work.run))
    await asyncio.sleep(0)
    work.may_end.set()
    assert await asyncio.gather(*asked, other) == [1, 1, 1, 1, 1, 2]
    assert await flights.run("k", work.run) == 3


async def test_a_caller_who_leaves_takes_nothing_from_the_others() -> None:
    flights: SingleFlight[str, int] = SingleFlight()
    work = Work()
    first, second = (asyncio.create_task(flights.run("k", work.run)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    work.may_end.set()
    assert await second == 1
    assert first.cancelled()


async def test_a_failure_reaches_all_and_is_not_kept() -> None:
    flights: SingleFlight[str, int] = SingleFlight()
    work = Work()
    work.may_end.set()
    outcomes = await asyncio.gather(*(flights.run("k", work.fail) for _ in range(3)), return_exceptions=True)
    assert [str(outcome) for outcome in outcomes] == ["broken"] * 3
    assert work.begun == 1
    assert await flights.run("k", work.run) == 2


async def test_closing_ends_what_runs() -> None:
    flights: SingleFlight[str, int] = SingleFlight()
    work = Work()
    asked = asyncio.create_task(flights.run("k", work.run))
    await asyncio.sleep(0)
    await flights.close()
    with pytest.raises(asyncio.CancelledError):
        await asked
