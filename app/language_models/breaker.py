"""A circuit breaker: a server that keeps failing is left alone for a while, then tried with a single call.

The clock is monotonic, so setting the machine's time neither opens nor keeps a circuit open, and a half-open circuit
admits one call at a time, so a server that is coming back is not met by everybody at once.
"""

from collections.abc import Callable
from enum import StrEnum
from time import monotonic


class CircuitState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class CircuitBreaker:
    """Opens after `failures` failures in a row, for `reset_seconds`. Not thread-safe: belongs to one event loop.

    Usage: call `admit`; if True, make the call, report `succeed` or `fail` (or neither, when the outcome says nothing
    about the server), and always `release` at the end.
    """

    def __init__(self, failures: int, reset_seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self._threshold = failures
        self._reset_seconds = reset_seconds
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._probing = False

    @property
    def state(self) -> CircuitState:
        if self._opened_at is None:
            return CircuitState.CLOSED
        waited = self._clock() - self._opened_at
        return CircuitState.HALF_OPEN if waited >= self._reset_seconds else CircuitState.OPEN

    def admit(self) -> bool:
        """True if a call may be made now. In the half-open state the first caller takes the only place."""
        state = self.state
        if state is CircuitState.HALF_OPEN and not self._probing:
            self._probing = True
            return True
        return state is CircuitState.CLOSED

    def succeed(self) -> None:
        self._failures = 0
        self._opened_at = None

    def fail(self) -> None:
        self._failures += 1
        state = self.state
        if state is CircuitState.HALF_OPEN or (state is CircuitState.CLOSED and self._failures >= self._threshold):
            self._opened_at = self._clock()

    def release(self) -> None:
        """Give the place of a half-open circuit back; harmless otherwise."""
        self._probing = False
