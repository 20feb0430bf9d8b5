"""The `compact` profile: what a small model is told, in few tokens, with nothing left for it to guess.

The same choices that the safe template makes (which opening the record supports, which sentence answers and which
proves) are made before the model writes, and stand in the prompt as a plan. `Brief` is that prompt as data, so that
training examples and requests are rendered by one function. Labels such as `<|answer|>` are single tokens of the
bundled tokenizer; text from outside cannot hold them, because it is cleaned of every `<|`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from app.config_files import ValidationConfig
from app.errors import LeadOptedOut
from app.followups.generators.base import GenerationInput
from app.followups.generators.forbidden import forbidden_for
from app.followups.generators.openings import Opening, read_opening
from app.followups.generators.phrases import PhraseBank, load_phrases
from app.followups.generators.selection import Selection, select
from app.followups.prompts.masking import LEAD_COMPANY, LEAD_NAME, mask
from app.followups.prompts.template_files import TEMPLATES_DIR, LoadedTemplate, TemplateFolder
from app.followups.types import ChatTurn, EdgeCase, GeneratorName, LeadContext, Prompt
from app.language.cleaning import clean_text, cut_at_word
from app.language.names import first_name
from app.language.sentences import split_sentences

ANSWER, PROOF, OTHER = "answer", "proof", "other"
_SHARED = frozenset({
    "band",
    "edge_case",
    "tone",
    "cta_type",
    "topic",
    "subject",
    "act",
    "name",
    "company",
    "record",
    "avoid",
})
_VARIABLES = {GeneratorName.RAG: _SHARED | {"plan", "evidence"}, GeneratorName.FINETUNED: _SHARED | {"opening"}}
# Characters of each field of the record, in the order in which they are told.
_RECORD_LIMITS = {
    "lead_industry": 40, "job_title": 40, "company_size": 24, "lead_stage": 24,
    "interaction_history": 220, "objections_raised": 80, "notes": 120,
}  # fmt: skip
_EVIDENCE_CHARS = 420
_SHORT_CHARS = 90
_OTHERS = 2
_AVOIDED, _AVOIDED_WORDS = 3, 6
# Words that a message needs besides its facts.
_FRAME_WORDS = 40
_FIXED_PLANS: dict[str, tuple[str, ...]] = {
    EdgeCase.REJECTION: ("thanks", "farewell"),
    EdgeCase.NOTHING_KNOWN: ("unknown", "question"),
}
_WELCOMES: dict[str, str] = {EdgeCase.OUT_OF_OFFICE: "welcome_back", EdgeCase.EXISTING_CUSTOMER: "customer_thanks"}


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of evidence and its place in the message: `answer`, `proof`, or `other` (not to be used)."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Brief:
    """A compact prompt as data. Every text is one clean line in which names are placeholders.

    `opening` is a slot of the phrase bank without its fillers, "" where the record supports none; `name` is the
    lead's placeholder or "". `avoid` are the first words of our earlier messages, oldest first.
    """

    band: str
    edge_case: str
    tone: str
    cta_type: str
    topic: str = ""
    opening: str = ""
    subject: str = ""
    act: str = ""
    name: str = ""
    company: str = ""
    record: tuple[tuple[str, str], ...] = ()
    avoid: tuple[str, ...] = ()
    evidence: tuple[Line, ...] = ()

    @property
    def plan(self) -> tuple[str, ...]:
        """What the message does, in order."""
        fixed = _FIXED_PLANS.get(self.edge_case)
        if fixed is not None:
            return fixed
        openings = [_WELCOMES.get(self.edge_case, ""), self.opening]
        facts = [role for role in (ANSWER, PROOF) if any(line.role == role for line in self.evidence)]
        return (*filter(None, openings), *(facts or ["handover"]), "question")


class CompactPromptBuilder:
    """Builds the compact prompt of one generator; interchangeable with `PromptBuilder` for drafting.

    There is no repair prompt: a model of this size cannot make use of one.
    """

    can_repair = False

    def __init__(
        self,
        rules: ValidationConfig,
        generator: GeneratorName = GeneratorName.RAG,
        templates_dir: Path = TEMPLATES_DIR,
        profile: str = "compact",
    ) -> None:
        """Raises `ConfigurationError` for a template that cannot be used."""
        self._rules = rules
        self._generator = generator
        self._template = TemplateFolder(templates_dir / profile).load(
            f"{generator.value}.v1", _VARIABLES[generator], ("user",)
        )

    @property
    def version(self) -> str:
        return self._template.version

    def build(self, task: GenerationInput) -> Prompt:
        """The prompt for `task`. Raises `LeadOptedOut` for a lead who must not be written to."""
        if task.strategy.edge_case is EdgeCase.OPTED_OUT:
            raise LeadOptedOut("This lead asked not to be contacted; remove it from the sequence.")
        lead_mask = mask(task.lead, ours=True)
        known = dict(lead_mask.placeholders)
        brief = brief_of(task, self._rules, lead_mask.hide, known, with_evidence=self._generator is GeneratorName.RAG)
        return Prompt((ChatTurn("user", self.render(brief)),), self.version, lead_mask.placeholders)

    def render(self, brief: Brief) -> str:
        """The prompt text of `brief`, for a request and for a training example alike."""
        return render(self._template, brief)


def render(template: LoadedTemplate, brief: Brief) -> str:
    """One line of labels and values, without the label that starts the message."""
    variables = {name: getattr(brief, name) for name in _SHARED}
    variables |= {"opening": brief.opening, "plan": brief.plan, "evidence": brief.evidence}
    return " ".join(template.render("user", variables).split())


def brief_of(
    task: GenerationInput,
    rules: ValidationConfig,
    hide: Callable[[str], str],
    known: dict[str, str],
    *,
    with_evidence: bool,
) -> Brief:
    """The brief of a request. `hide` masks names; `known` holds the placeholders of this lead."""
    lead, strategy = task.lead, task.strategy
    bank = _bank()
    forbidden = forbidden_for(rules, first_name(lead.lead_name))
    planned = strategy.edge_case not in _FIXED_PLANS
    opening = read_opening(lead, strategy, bank.labels) if planned else Opening(None)
    if forbidden.within(" ".join(filter(None, (opening.subject, opening.act)))):
        opening = Opening(None)
    evidence: tuple[Line, ...] = ()
    if with_evidence and planned:
        evidence = _lines(select(task, opening, forbidden), task.word_limit, hide)
    return Brief(
        band=strategy.band.value.removesuffix("_intent"),
        edge_case=strategy.edge_case.value,
        tone=strategy.tone.value,
        cta_type=_clean(strategy.cta_type, hide),
        topic=strategy.topic.value if strategy.topic else "",
        opening=opening.slot or "",
        subject=_clean(opening.subject or "", hide),
        act=_clean(opening.act or "", hide),
        name=LEAD_NAME if LEAD_NAME in known else "",
        company=LEAD_COMPANY if LEAD_COMPANY in known else "",
        record=tuple(_record(lead, hide)),
        avoid=_openings(lead, hide),
        evidence=evidence,
    )


def _lines(chosen: Selection, word_limit: int, hide: Callable[[str], str]) -> tuple[Line, ...]:
    """The best answer, a proof if both fit into the message, and what else was found."""
    if not chosen.facts:
        return ()
    answer = next((fact for fact in chosen.facts if _fits(fact.text, word_limit)), None)
    if answer is None:
        return ()
    proof = next((p for p in chosen.proofs if _fits(f"{answer.text} {p.text}", word_limit)), None)
    others = [fact for fact in (*chosen.facts, *chosen.proofs) if fact not in (answer, proof)][:_OTHERS]
    found = [(ANSWER, answer), *([(PROOF, proof)] if proof else []), *((OTHER, other) for other in others)]
    lines = [Line(role, hide(clean_text(fact.text, 4 * _EVIDENCE_CHARS)[0])) for role, fact in found]
    return tuple(line for line in lines if len(line.text) <= _EVIDENCE_CHARS)


def _fits(text: str, word_limit: int) -> bool:
    return len(text.split()) + _FRAME_WORDS <= word_limit


def _record(lead: LeadContext, hide: Callable[[str], str]) -> list[tuple[str, str]]:
    values = {name: getattr(lead, name) for name in _RECORD_LIMITS}
    values["objections_raised"] = "; ".join(lead.objections_raised)
    told = [(name, _clean(str(values[name] or ""), hide, limit)) for name, limit in _RECORD_LIMITS.items()]
    return [(name, value) for name, value in told if value]


def _openings(lead: LeadContext, hide: Callable[[str], str]) -> tuple[str, ...]:
    """How our last messages began, without their salutation."""
    ours = [message.text for message in lead.thread if message.author == "us"][-_AVOIDED:]
    starts = (" ".join(_unsaluted(_clean(text, hide, 400)).split()[:_AVOIDED_WORDS]) for text in ours)
    return tuple(start for start in starts if start)


_SALUTATION = re.compile(r"(?:hi|hello|dear|hey|good (?:day|morning|afternoon|evening))\b[^,.!?:]{0,60}[,.!:]\s*", re.I)


def _unsaluted(text: str) -> str:
    rest = _SALUTATION.sub("", text, count=1)
    first = next(iter(split_sentences(rest)), None)
    return rest[first[0] : first[1]] if first else ""


def _clean(text: str, hide: Callable[[str], str], limit: int = _SHORT_CHARS) -> str:
    return cut_at_word(hide(clean_text(text, 4 * limit)[0]), limit)


@lru_cache(maxsize=1)
def _bank() -> PhraseBank:
    return load_phrases()
