"""The adapter that messages are written with, as generators see it."""

from typing import Protocol

from app.errors import AdapterUnavailable


class Voice(Protocol):
    @property
    def problem(self) -> AdapterUnavailable | None:
        """Why there is no adapter to speak with; None while there is one."""
        ...
