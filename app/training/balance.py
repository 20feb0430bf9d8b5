"""What a training set consists of: how many examples of each industry, band, situation and subject."""

from collections import Counter
from collections.abc import Sequence

from app.followups.types import EdgeCase, IntentBand
from app.training.targets import Target

# Below this share of a set, an adapter hardly learns a band.
_SCARCE = 0.05
_LISTED = 15

Balance = dict[str, dict[str, int]]


def balance_of(targets: Sequence[Target]) -> Balance:
    """Counts by `industry` (the commonest, then `other`), `band`, `situation` and `subject`, largest first."""
    return {
        "industry": _top(Counter(target.industry or "(none)" for target in targets)),
        "band": _top(Counter(target.strategy.band.value for target in targets)),
        "situation": _top(Counter(target.strategy.edge_case.value for target in targets)),
        "subject": _top(Counter(str(target.strategy.topic or "(none)") for target in targets)),
    }


def imbalance(balance: Balance) -> list[str]:
    """Sentences about what is missing or scarce."""
    total = sum(balance["band"].values())
    scarce = [band.value for band in IntentBand if balance["band"].get(band.value, 0) < _SCARCE * total]
    missing = [
        case.value
        for case in (EdgeCase.REJECTION, EdgeCase.OBJECTION, EdgeCase.QUESTION)
        if case.value not in balance["situation"]
    ]
    found = []
    if scarce:
        found.append(
            f"Under {_SCARCE:.0%} of the examples are of {', '.join(scarce)}: the adapter will hardly learn these."
        )
    if missing:
        found.append(f"No example shows {', '.join(missing)}: the adapter's voice is unknown there.")
    return found


def _top(counts: Counter[str]) -> dict[str, int]:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown, rest = ranked[:_LISTED], ranked[_LISTED:]
    return dict(shown) | ({"(other)": sum(count for _, count in rest)} if rest else {})
