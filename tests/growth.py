"""How the time of a computation grows with its input: a square in the length shows, whatever the machine."""

import gc
import time
from collections.abc import Callable

_SHORT, _LONG = 50_000, 200_000
# Four times the length takes four times as long, and sixteen times as long where time grows with the square.
_MOST = 9.0
# What takes less than this at `_LONG` takes seconds at a megabyte, whatever its growth seems to be.
_NEGLIGIBLE_SECONDS = 0.5


def assert_linear(work: Callable[[str], object], unit: str) -> None:
    """Compare the processor time of `work` on 50,000 and on 200,000 characters of `unit`, repeated."""
    long = _processor_seconds(work, unit, _LONG)
    if long > _NEGLIGIBLE_SECONDS:
        short = _processor_seconds(work, unit, _SHORT)
        assert long < _MOST * short, f"{unit!r}: {short:.2f} s for {_SHORT} characters, {long:.2f} s for {_LONG}"


def _processor_seconds(work: Callable[[str], object], unit: str, length: int) -> float:
    text = (unit * (length // len(unit) + 1))[:length]
    gc.disable()  # its time grows with all that the tests before have left in memory
    try:
        began = time.thread_time()
        work(text)
        return time.thread_time() - began
    finally:
        gc.enable()
