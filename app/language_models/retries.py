"""When a failed call is worth another try."""

import random

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 2.0


class RetryBudget:
    """Keeps retries to a share of all calls, so that they cannot multiply the load on a struggling server.

    Every call earns `share` of a retry, up to `reserve`; a retry costs one.
    """

    def __init__(self, share: float = 0.1, reserve: float = 5.0) -> None:
        self._share = share
        self._reserve = reserve
        self._left = reserve

    def earn(self) -> None:
        self._left = min(self._reserve, self._left + self._share)

    def spend(self) -> bool:
        """True, and one retry less, if a retry is left."""
        if self._left < 1:
            return False
        self._left -= 1
        return True


def pause_seconds(attempt: int, retry_after: float | None) -> float:
    """How long to wait before the retry that follows `attempt` (from 0): what the server asked for, else 0.1 s doubled
    per attempt, with jitter so that callers do not come back together."""
    if retry_after is not None:
        return max(0.0, retry_after)
    return min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * float(2**attempt)) * random.uniform(0.5, 1.5)
