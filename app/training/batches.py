"""How many examples go through the model at once: as many as memory holds, with the same updates in any case."""

import gc
from collections.abc import Callable
from typing import TypeVar

import torch
from accelerate.utils.memory import should_reduce_batch_size

from app.errors import InvalidInput, TrainingFailed

Result = TypeVar("Result")


def rows_per_device(batch_size: int, processes: int, wanted: int | None = None) -> int:
    """Rows of one update that each process handles at once: `wanted`, or its whole share.

    Raises `InvalidInput` unless `batch_size` can be shared out evenly.
    """
    share, rest = divmod(batch_size, processes)
    if rest:
        raise InvalidInput(f"--batch_size: {batch_size} cannot be shared evenly by {processes} processes.")
    if wanted is not None and (wanted < 1 or share % wanted):
        raise InvalidInput(f"--device_batch_size: {wanted} does not divide the {share} rows of a process.")
    return wanted or share


def with_fitting_rows(train: Callable[[int], Result], rows: int, processes: int) -> Result:
    """`train(rows)`, again with fewer rows whenever memory runs out.

    `train` makes up for fewer rows by accumulating gradients. Raises `TrainingFailed` when one row is too much.
    """
    while True:
        try:
            return train(rows)
        except (RuntimeError, MemoryError) as error:
            if not (isinstance(error, MemoryError) or should_reduce_batch_size(error)):
                raise
        # Out of the handler, because the error holds on to everything that filled the memory.
        _free_memory()
        if processes > 1:
            raise TrainingFailed(f"Memory ran out at {rows} rows a device; give a smaller --device_batch_size.")
        if rows == 1:
            raise TrainingFailed(
                "Memory ran out at a single row; give a smaller base model, --max_tokens or --rank, or more memory."
            )
        rows = max(size for size in range(1, rows // 2 + 1) if rows % size == 0)


def _free_memory() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
