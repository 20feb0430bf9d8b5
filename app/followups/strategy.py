"""Stage 2: LeadContext -> Strategy. What to say and how, decided by rules a salesperson could read.

Score and band: `lead_score.py`. Situation, topic and subject: `signals.py`. Tone: `tone.py`. Searches: `needs.py`.
`confidence` = (0.5 + 0.5 * min(1, distance of the score to the band's edge / 15)) * completeness of the record.
"""

from datetime import date

from app.config_files import BandConfig, ScoringConfig
from app.errors import LeadOptedOut
from app.followups.lead_score import band_confidence, band_of, lead_score
from app.followups.needs import needs_for
from app.followups.signals import Reading, days_of_silence, read_record
from app.followups.tone import tone_for
from app.followups.types import EdgeCase, IntentBand, LeadContext, Strategy

_GOALS = {
    EdgeCase.REJECTION: "thank them, accept the decision and leave the door open",
    EdgeCase.OBJECTION: "name the objection fairly and answer it from evidence",
    EdgeCase.QUESTION: "answer the question first, then offer one easy next step",
    EdgeCase.OUT_OF_OFFICE: "pick up the conversation after the absence",
    EdgeCase.EXISTING_CUSTOMER: "help with the product they already use",
    EdgeCase.GONE_COLD: "say why it may matter now and ask if it is still relevant",
    EdgeCase.NOTHING_KNOWN: "ask honestly what they need",
}
_BAND_GOALS = {
    IntentBand.HIGH: "give the fact they need and agree on a concrete next step",
    IntentBand.MEDIUM: "teach one useful thing and offer a choice of what would help",
    IntentBand.LOW: "give something of value and stay relevant",
}


def choose_strategy(lead: LeadContext, scoring: ScoringConfig, today: date) -> Strategy:
    """Decide how to write to `lead` as of `today`.

    Raises `LeadOptedOut` if the record holds an unsubscribe request, a legal threat or a do-not-contact flag.
    """
    reading = read_record(lead, today)
    if reading.edge_case is EdgeCase.OPTED_OUT:
        raise LeadOptedOut(
            "The record holds a request to stop contact or a legal threat, so no message is written: "
            "remove the lead from the sequence."
        )
    score = lead_score(lead, scoring.lead_score_calculation, days_of_silence(lead, today))
    band = band_of(score.value, scoring.strategy_selection)
    rules = _rules(band, scoring)
    return Strategy(
        band=band,
        score=score.value,
        confidence=band_confidence(score, scoring.strategy_selection),
        tone=tone_for(lead),
        goal=_goal(reading, band),
        approach=rules.approach,
        cta_type="none" if reading.edge_case is EdgeCase.REJECTION else rules.cta_type,
        edge_case=reading.edge_case,
        topic=reading.topic,
        subject_of_interest=reading.subject,
        needs=needs_for(lead, reading),
        away_until=reading.away_until,
    )


def _goal(reading: Reading, band: IntentBand) -> str:
    return _GOALS.get(reading.edge_case, _BAND_GOALS[band])


def _rules(band: IntentBand, scoring: ScoringConfig) -> BandConfig:
    selection = scoring.strategy_selection
    return {
        IntentBand.HIGH: selection.high_intent,
        IntentBand.MEDIUM: selection.medium_intent,
        IntentBand.LOW: selection.low_intent,
    }[band]
