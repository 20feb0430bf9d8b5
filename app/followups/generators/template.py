"""The safe template: a correct, plain message from the strategy and verbatim evidence, without any model."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.config_files import ValidationConfig
from app.errors import LeadOptedOut
from app.followups.generators.base import GenerationInput
from app.followups.generators.openings import Opening, read_opening
from app.followups.generators.phrases import PhraseBank, load_phrases
from app.followups.generators.quotable import Candidate, Wish, candidates, choose
from app.followups.types import Draft, EdgeCase, IntentBand, LeadContext, Need, NeedRole, Strategy, Tone, Topic
from app.language.names import first_name

PROMPT_VERSION = "template.v1"
_FOLDER = Path(__file__).parent
_PLAN = re.compile(r"\b(?P<name>[A-Za-z][\w-]+)[- ](?:plan|tier|edition|package)\b", re.IGNORECASE)
_NO_PLANS = frozenset("the a an our your which what each every any this that paid free pricing price all other".split())  # noqa: SIM905
_BAND_SLOTS = {IntentBand.HIGH: "high", IntentBand.MEDIUM: "medium", IntentBand.LOW: "low"}
_NO_PROOF = (EdgeCase.EXISTING_CUSTOMER, EdgeCase.OUT_OF_OFFICE)
