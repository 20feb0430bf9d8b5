"""Long lines in every text format: the time to read them grows with their length, not with its square."""

import contextlib

import pytest

from app.errors import DocumentRefused
from app.knowledge.loaders.registry import LOADERS
from tests.growth import assert_linear

_HEADS = {".eml": "Subject: x\n\n", ".json": '[{"name": "', ".md": "", ".mdx": "", ".html": "", ".txt": "", ".csv": ""}
_TAILS = {".json": '"}]'}
_UNITS = ("a", " ", "~", "`", "[", "*a", "a_ ", "<", "<a ", "<!--", "<div>", "{", "{{", "{%", "$ 1", "1, ", "|", "&")


@pytest.mark.parametrize("suffix", sorted(_HEADS))
@pytest.mark.parametrize("unit", _UNITS)
def test_time_grows_with_the_length(suffix: str, unit: str) -> None:
    def read(line: str) -> None:
        with contextlib.suppress(DocumentRefused):
            LOADERS[suffix](f"{_HEADS[suffix]}{line}{_TAILS.get(suffix, '')}".encode())

    assert_linear(read, unit)
