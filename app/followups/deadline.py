"""How long a request may take."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.errors import DeadlineExceeded


@asynccontextmanager
async def within(seconds: float) -> AsyncIterator[None]:
    """Raises `DeadlineExceeded` when the block takes longer."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise DeadlineExceeded("The message was not ready within the deadline; ask again or allow more time.") from None
