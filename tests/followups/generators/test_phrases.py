"""Every wording of the template passes the gate, whatever the documents hold."""

from datetime import date

import pytest

from app.followups.generators.phrases import load_phrases
from app.followups.lead_context import lead_facts
from app.followups.types import Evidence
from app.grounding.gate import GroundingGate
from app.settings import load_settings
from tests.followups.generators.building import ALL, PRICES, PRODUCT, lead

GATE = GroundingGate(load_settings().validation)
LEAD = lead(interaction_history="Asked about pricing. Downloaded the loading guide.")
VALUES = {"name": "Greta", "product": PRODUCT, "subject": "pricing", "act": "downloaded the loading guide"}
FACT = "The Dock plan costs $80 per month and includes stock counts."
PHRASES = [
    pytest.param(phrase.text.format_map(VALUES), id=f"{slot}-{number}")
    for slot, phrases in load_phrases().slots.items()
    if not slot.startswith("subject_")
    for number, phrase in enumerate(phrases)
]


@pytest.mark.parametrize("phrase", PHRASES)
def test_every_phrase_passes_the_gate(phrase: str) -> None:
    for text, knowledge in ((phrase, ()), (phrase, ALL), (f"{FACT}\n\n{phrase}", (PRICES,))):
        if text != phrase and phrase.endswith(","):
            continue
        report = GATE.check(text, LEAD, Evidence(knowledge, lead_facts(LEAD), 1), date(2026, 11, 2))
        assert report.verified, report.failures
