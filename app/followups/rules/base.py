"""What a rule reads and what a rule is."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from app.config_files import ValidationConfig
from app.followups.types import LeadContext, Strategy, Violation
from app.language.sentences import split_sentences


@dataclass(frozen=True)
class Judged:
    """One message and what it was written for. `hosts` are the exact host names that may appear, in lower case."""

    message: str
    lead: LeadContext
    strategy: Strategy
    config: ValidationConfig
    hosts: frozenset[str]

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        return tuple(self.message[start:end] for start, end in split_sentences(self.message))


Rule = Callable[[Judged], Violation | None]
