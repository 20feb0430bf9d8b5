"""Long lines in every text format: the time to read them grows with their length, not with its square."""

import contextlib
import gc
import time

import pytest

from app.errors import DocumentRefused
from app.knowledge.loaders.registry import LOADERS

_SHORT, _LONG = 50_000, 200_000
# Four times the length takes four times as long, and sixteen times as long where time grows with the square.
_MOST = 9.0
# What takes less processor time than this at `_LONG` takes seconds at a megabyte, whatever its growth seems to be.
_NEGLIGIBLE_SECONDS = 0.5
_HEADS = {".eml": "Subject: x\n\n", ".json": '[{"name": "', ".md": "", ".mdx": "", ".html": "", ".txt": "", ".csv": ""}
_TAILS = {".json": '"}]'}
_UNITS = ("a", " ", "~", "`", "[", "*a", "a_ ", "<", "<a ", "<!--", "<div>", "{", "{{", "{%", "$ 1", "1, ", "|", "&")


@pytest.mark.parametrize("suffix", sorted(_HEADS))
@pytest.mark.parametrize("unit", _UNITS)
def test_time_grows_with_the_length(suffix: str, unit: str) -> None:
    long = _processor_seconds(suffix, unit, _LONG)
    if long > _NEGLIGIBLE_SECONDS:
        assert long < _MOST * _processor_seconds(suffix, unit, _SHORT)


def _processor_seconds(suffix: str, unit: str, length: int) -> float:
    line = (unit * (length // len(unit)))[:length]
    data = f"{_HEADS[suffix]}{line}{_TAILS.get(suffix, '')}".encode()
    gc.disable()  # its time grows with all that the tests before have left in memory
    try:
        began = time.thread_time()
        with contextlib.suppress(DocumentRefused):
            LOADERS[suffix](data)
        return time.thread_time() - began
    finally:
        gc.enable()
