"""The safe template: a correct, plain message from the strategy and verbatim evidence, without any model."""

import hashlib
from pathlib import Path

from app.config_files import ValidationConfig
from app.errors import LeadOptedOut
from app.followups.generators.base import GenerationInput
from app.followups.generators.composition import Composer
from app.followups.generators.phrases import PhraseBank, load_phrases
from app.followups.generators.subject_line import write_subject
from app.followups.types import Draft, EdgeCase

_FOLDER = Path(__file__).parent
_OWN_FILES = (
    "composition.py",
    "openings.py",
    "phrases.py",
    "phrases.yaml",
    "selection.py",
    "subject_line.py",
    "template.py",
)


class SafeTemplate:
    """Implements `Generator`. Deterministic: the same task gives the same text, another lead another wording.

    Facts about the company are quoted sentences of the evidence; everything else is a greeting, thanks, an offer to
    talk, a question, or what the lead's own record says. Without fitting evidence it offers a specialist. Where
    `repair_of` is a text of its own that did not pass, it words the same message differently.
    """

    languages = ("en",)
    name = "template"
    can_repair = False

    def __init__(self, rules: ValidationConfig | None = None, bank: PhraseBank | None = None) -> None:
        self._rules = rules or ValidationConfig()
        self._bank = bank or load_phrases()
        self._digest = _digest_of_code()

    @property
    def fingerprint(self) -> str:
        return f"template:{self._digest}"

    async def generate(self, task: GenerationInput) -> Draft:
        """Never fails for want of evidence. Raises `LeadOptedOut` for a lead who must not be written to."""
        if task.strategy.edge_case is EdgeCase.OPTED_OUT:
            raise LeadOptedOut("The record asks for no further messages: take the lead out of the campaign.")
        text = Composer(task, self._bank, self._rules).compose()
        return Draft(
            text=text,
            generator=self.name,
            model="safe_template",
            model_digest=self._digest,
            prompt_version=f"template@{self._digest[:8]}",
            fallback="template",
        )

    def subject_line(self, task: GenerationInput) -> str:
        """Two to six words in sentence case about the lead's topic, without their name."""
        return write_subject(task, self._bank)


def subject_line(task: GenerationInput, bank: PhraseBank | None = None) -> str:
    """`SafeTemplate.subject_line` for callers that hold no template."""
    return write_subject(task, bank or load_phrases())


def _digest_of_code() -> str:
    """SHA-256 over the wording and the code that uses it: both change what is written."""
    quotable = sorted(path for path in (_FOLDER / "quotable").iterdir() if path.suffix in (".py", ".yaml"))
    files = [*(_FOLDER / name for name in _OWN_FILES), *quotable]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()
