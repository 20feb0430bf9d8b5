"""Which side of a conflict counts on a given day."""

from collections.abc import Sequence
from datetime import date

from app.knowledge.conflicts.types import Conflict, Resolution, Side, Standing


def resolve(conflict: Conflict, today: date) -> Resolution:
    """Documents that are not valid `today` drop out; of the others the newest effective date wins.

    A document without a date may be newer than any, so it never loses to a date, and never wins by one.
    """
    standings = [_validity(side, today) for side in conflict.sides]
    valid = [side for side, standing in zip(conflict.sides, standings, strict=True) if standing is Standing.CURRENT]
    if _agree(valid):
        return Resolution(tuple(standings), True, _why_valid(valid))
    newest = _newest(valid)
    if newest is None:
        marked = [Standing.CONFLICTING if s is Standing.CURRENT else s for s in standings]
        undated = sorted({side.source for side in valid if side.effective_date is None})
        why = f"{undated[0]} has no date" if undated else "their dates are the same"
        return Resolution(tuple(marked), False, f"{why}, so no figure may be stated until one is corrected or dated")
    decided = (
        Standing.OUTDATED if standing is Standing.CURRENT and not _is_of(side, newest) else standing
        for side, standing in zip(conflict.sides, standings, strict=True)
    )
    return Resolution(tuple(decided), True, f"{newest[0].source} is the newest ({newest[0].effective_date})")


def _validity(side: Side, today: date) -> Standing:
    if side.effective_date is not None and side.effective_date > today:
        return Standing.NOT_YET_VALID
    if side.expiry_date is not None and side.expiry_date < today:
        return Standing.SUPERSEDED if side.superseded else Standing.EXPIRED
    return Standing.CURRENT


def _agree(valid: Sequence[Side]) -> bool:
    """True if at most one document is left, or all that are left share a figure for the same subject."""
    return len({side.document_id for side in valid}) < 2 or len({side.value for side in valid}) < 2


def _newest(valid: Sequence[Side]) -> list[Side] | None:
    """The sides of the newest date, if every side that has no date agrees with them; else None."""
    dated = [side for side in valid if side.effective_date is not None]
    latest = max((side.effective_date for side in dated if side.effective_date), default=None)
    newest = [side for side in dated if side.effective_date == latest]
    documents = {side.document_id for side in newest}
    values = {side.value for side in newest}
    undecided = any(side.effective_date is None and side.value not in values for side in valid)
    if not newest or undecided or (len(documents) > 1 and len(values) > 1):
        return None
    return newest


def _is_of(side: Side, newest: Sequence[Side]) -> bool:
    return any(side.document_id == other.document_id or side.value == other.value for other in newest)


def _why_valid(valid: Sequence[Side]) -> str:
    sources = list(dict.fromkeys(side.source for side in valid))
    if not sources:
        return "none of the documents is valid today"
    return f"valid today: {', '.join(sources)}"
