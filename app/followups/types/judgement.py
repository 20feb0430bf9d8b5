"""How a message was judged."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken message rule. `rule` is a stable name; `problem` tells a writer what to change."""

    rule: str
    problem: str


@dataclass(frozen=True, slots=True)
class ValidationReport:
    violations: tuple[Violation, ...]

    @property
    def passed(self) -> bool:
        return not self.violations


@dataclass(frozen=True, slots=True)
class Scores:
    """Numbers of the response, each 0..1; formulas in `scoring.py`."""

    confidence: float
    strategy_confidence: float
    hybrid_confidence: float
    personalization: float
