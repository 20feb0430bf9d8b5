"""Which side counts on a day: validity first, then the newest date, else none."""

from datetime import date

import pytest

from app.knowledge.conflicts.resolution import resolve
from app.knowledge.conflicts.types import Conflict, Side, Standing

TODAY = date(2026, 6, 1)
CURRENT, OUTDATED, CONFLICTING = Standing.CURRENT, Standing.OUTDATED, Standing.CONFLICTING


def side(source: str, value: str, since: str = "", until: str = "", *, superseded: bool = False) -> Side:
    return Side(
        chunk_id=f"{source}:0",
        document_id=source,
        source=source,
        start=0,
        end=1,
        subject="pro",
        value=value,
        shown=f"${value}",
        effective_date=date.fromisoformat(since) if since else None,
        expiry_date=date.fromisoformat(until) if until else None,
        superseded=superseded,
    )


@pytest.mark.parametrize(
    ("sides", "standings", "resolved"),
    [
        ([side("a", "1", "2025-01-01"), side("b", "2", "2026-01-01")], [OUTDATED, CURRENT], True),
        ([side("a", "1"), side("b", "2")], [CONFLICTING, CONFLICTING], False),
        ([side("a", "1"), side("b", "2", "2026-01-01")], [CONFLICTING, CONFLICTING], False),
        ([side("a", "1", "2026-01-01"), side("b", "2", "2026-01-01")], [CONFLICTING, CONFLICTING], False),
        ([side("a", "1", until="2026-05-31"), side("b", "2")], [Standing.EXPIRED, CURRENT], True),
        ([side("a", "1", until="2026-06-01"), side("b", "2")], [CONFLICTING, CONFLICTING], False),
        ([side("a", "1", until="2026-05-31", superseded=True), side("b", "2")], [Standing.SUPERSEDED, CURRENT], True),
        ([side("a", "1"), side("b", "2", "2026-06-02")], [CURRENT, Standing.NOT_YET_VALID], True),
        (
            [side("a", "1", "2024-01-01"), side("b", "2", "2026-01-01"), side("c", "2")],
            [OUTDATED, CURRENT, CURRENT],
            True,
        ),
        (
            [side("a", "1", "2024-01-01"), side("b", "2", "2025-01-01"), side("c", "3", "2026-01-01")],
            [OUTDATED, OUTDATED, CURRENT],
            True,
        ),
    ],
)
def test_resolution(sides: list[Side], standings: list[Standing], resolved: bool) -> None:
    found = resolve(Conflict("id", "pro", "price", tuple(sides)), TODAY)
    assert (list(found.standings), found.resolved) == (standings, resolved)
    assert found.reason


def test_the_day_changes_the_outcome_without_a_publication() -> None:
    conflict = Conflict("id", "pro", "price", (side("a", "1", "2025-01-01"), side("b", "2", "2026-07-01")))
    assert list(resolve(conflict, TODAY).standings) == [CURRENT, Standing.NOT_YET_VALID]
    assert list(resolve(conflict, date(2026, 7, 1)).standings) == [OUTDATED, CURRENT]
