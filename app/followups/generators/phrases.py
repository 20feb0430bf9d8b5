"""The wording bank of the safe template: loaded and checked once, then read by slot."""

import hashlib
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from app.errors import ConfigurationError
from app.followups.types import LeadContext, Topic

PHRASES_FILE = Path(__file__).with_name("phrases.yaml")
PLACEHOLDERS = frozenset({"name", "product", "subject", "act"})
_LEAD_FIELDS = frozenset(LeadContext.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Phrase:
    """One variant of a slot. Left out when the record holds one of the fields in `unless`."""

    text: str
    unless: tuple[str, ...] = ()

    @property
    def placeholders(self) -> frozenset[str]:
        return frozenset(name for _, name, _, _ in string.Formatter().parse(self.text) if name is not None)

    def fits(self, lead: LeadContext) -> bool:
        return not any(getattr(lead, name) for name in self.unless)


@dataclass(frozen=True, slots=True)
class PhraseBank:
    """Variants by slot, and names of topics in the order of preference."""

    slots: Mapping[str, tuple[Phrase, ...]]
    labels: Mapping[Topic, tuple[str, ...]]

    def first_known(self, *names: str) -> str:
        """The first of `names` that is a slot."""
        return next(name for name in names if name in self.slots)

    def pick(
        self,
        slot: str,
        lead: LeadContext,
        values: Mapping[str, str],
        avoid: Sequence[str] = (),
        unless_start: str | None = None,
    ) -> str:
        """The variant that belongs to `lead`, filled with `values`.

        The choice depends on the lead's record and the slot alone. A variant that occurs in `avoid` (what the thread
        says already) or begins with `unless_start` is passed over while there is another one.
        """
        fitting = [p for p in self.slots[slot] if p.fits(lead) and p.placeholders <= values.keys()]
        texts = [phrase.text.format_map(values) for phrase in fitting]
        start = _lead_number(lead, slot) % len(texts)
        rotated = texts[start:] + texts[:start]
        said = " ".join(avoid).lower()
        fresh = [text for text in rotated if text.lower() not in said]
        return next((t for t in fresh if unless_start is None or not t.startswith(unless_start)), (*fresh, *rotated)[0])


def load_phrases(path: Path = PHRASES_FILE) -> PhraseBank:
    """Read the bank. Raises `ConfigurationError` that names the file, the slot and the fault."""
    try:
        data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        labels = {Topic(name): tuple(str(label) for label in words) for name, words in data["labels"].items()}
        slots = {name: tuple(map(_phrase, entries)) for name, entries in data["slots"].items()}
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigurationError(f"{path.name}: the phrases cannot be read: {error}") from error
    for name, phrases in slots.items():
        _check(path, name, phrases)
    return PhraseBank(slots, labels)


def _phrase(entry: Any) -> Phrase:  # noqa: ANN401 - straight from YAML
    if isinstance(entry, str):
        return Phrase(entry)
    return Phrase(str(entry["text"]), tuple(entry["unless"]))


def _check(path: Path, slot: str, phrases: Sequence[Phrase]) -> None:
    if not any(not phrase.unless for phrase in phrases):
        raise ConfigurationError(f"{path.name}: slot {slot} needs a variant without `unless`")
    for phrase in phrases:
        unknown = sorted(phrase.placeholders - PLACEHOLDERS) + sorted(set(phrase.unless) - _LEAD_FIELDS)
        if unknown:
            raise ConfigurationError(f'{path.name}: slot {slot}, "{phrase.text}": unknown name {unknown[0]}')


def _lead_number(lead: LeadContext, slot: str) -> int:
    parts = (
        lead.tenant,
        lead.lead_name,
        lead.lead_company or "",
        lead.job_title or "",
        lead.product_name,
        lead.interaction_history,
        slot,
    )
    return int.from_bytes(hashlib.sha256("\x1f".join(parts).encode()).digest()[:8])
