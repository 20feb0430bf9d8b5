"""CSV and TSV to rows: encoding, delimiter and header row are found, not assumed."""

import csv
import io
import re
from collections import Counter

from app.errors import DocumentRefused
from app.knowledge.loaders.sheets import sheet_blocks
from app.knowledge.loaders.text import decode
from app.knowledge.types import LoadedDocument

_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 60
_LONGEST_FIELD = 1_000_000  # characters


def load_csv(data: bytes) -> LoadedDocument:
    """Raises `DocumentRefused` with reason `malformed` for a field without end."""
    text = decode(data).replace("\x00", "")
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        grid = list(csv.reader(io.StringIO(text), delimiter=delimiter_of(text), skipinitialspace=True))
    except csv.Error as error:
        raise DocumentRefused(
            "malformed", "The CSV file cannot be split into cells; check its quotation marks."
        ) from error
    return LoadedDocument(blocks=tuple(sheet_blocks(grid)))


def delimiter_of(text: str) -> str:
    """The delimiter that cuts most lines into the same number of cells, two or more; a comma if none does."""
    lines = [line for line in text.split("\n", _SAMPLE_LINES * 3) if line.strip()][:_SAMPLE_LINES]
    bare = [re.sub(r'"[^"]*"', "", line) for line in lines]

    def agreement(delimiter: str) -> tuple[int, int]:
        counts = Counter(line.count(delimiter) for line in bare)
        count, lines_with = max(((n, k) for n, k in counts.items() if n), key=lambda item: item[1], default=(0, 0))
        return lines_with, count

    best = max(_DELIMITERS, key=agreement)
    return best if agreement(best)[0] else ","
