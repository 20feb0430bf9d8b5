"""Renders prompts from named, versioned templates. No prompt text lives in code."""

import re
from pathlib import Path
from typing import Any

from app.config_files import ValidationConfig
from app.errors import LeadOptedOut
from app.followups.generators.base import GenerationInput
from app.followups.prompts.context import knowledge_passages, record_facts
from app.followups.prompts.masking import LEAD_COMPANY, LEAD_NAME, Mask, mask
from app.followups.prompts.template_files import TEMPLATES_DIR, TemplateFolder
from app.followups.types import ChatTurn, EdgeCase, Prompt, Violation
from app.language.cleaning import clean_text

WRITE = "rag.v1"
REPAIR = "repair.v1"
_WRITE_VARIABLES = frozenset(
    {
        "approach", "cta_type", "tone", "edge_case", "topic", "language", "word_limit", "named", "name",
        "company", "record", "passages", "banned_phrases", "pressure_phrases", "allowed_offers", "call_minutes",
    }
)  # fmt: skip
_REPAIR_VARIABLES = frozenset({"problems", "named", "name", "word_limit"})
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}")
_MAX_PROBLEMS = 12
_PROBLEM_CHARS = 400
_DRAFT_CHARS = 6_000


class PromptBuilder:
    """Builds the prompt of the `rag` generator, and that of its one repair round.

    `profile` is a folder of `templates_dir`. Templates run in a sandbox. Each must use exactly the variables it is
    given, and have a block `user` (and `system`, for the writing template): else `ConfigurationError`, which names
    what is missing or unknown. Phrases, offers and call lengths come from `rules`, which also judges the message.
    """

    can_repair = True

    def __init__(self, rules: ValidationConfig, templates_dir: Path = TEMPLATES_DIR, profile: str = "instruct") -> None:
        self._rules = rules
        folder = TemplateFolder(templates_dir / profile)
        self._write = folder.load(WRITE, _WRITE_VARIABLES, ("system", "user"))
        self._repair = folder.load(REPAIR, _REPAIR_VARIABLES, ("user",))

    @property
    def version(self) -> str:
        """Names and content digests of all templates: `instruct/rag.v1@1a2b3c4d+instruct/repair.v1@5e6f7a8b`."""
        return f"{self._write.version}+{self._repair.version}"

    def build(self, task: GenerationInput) -> Prompt:
        """The prompt for `task`; with `repair_of` set, the same prompt followed by that draft and its problems.

        Raises `LeadOptedOut` rather than asking a model to write to somebody who must not be written to.
        """
        if task.strategy.edge_case is EdgeCase.OPTED_OUT:
            raise LeadOptedOut("This lead asked not to be contacted; remove it from the sequence.")
        lead_mask = mask(task.lead)
        variables = self._variables(task, lead_mask)
        turns = [
            ChatTurn("system", self._write.render("system", variables)),
            ChatTurn("user", self._write.render("user", variables)),
        ]
        if task.repair_of is None:
            return Prompt(tuple(turns), self._write.version, lead_mask.placeholders)
        turns.append(ChatTurn("assistant", lead_mask.hide(task.repair_of[:_DRAFT_CHARS])))
        problems = [_problem(violation, lead_mask) for violation in task.violations[:_MAX_PROBLEMS]]
        again = {name: variables[name] for name in _REPAIR_VARIABLES & variables.keys()} | {"problems": problems}
        turns.append(ChatTurn("user", self._repair.render("user", again)))
        return Prompt(tuple(turns), self._repair.version, lead_mask.placeholders)

    def _variables(self, task: GenerationInput, lead_mask: Mask) -> dict[str, Any]:
        lead, strategy, rules = task.lead, task.strategy, self._rules
        known = dict(lead_mask.placeholders)
        named = LEAD_NAME in known
        passages = knowledge_passages(task.evidence.knowledge) if strategy.uses_product_evidence else ()
        return {
            "approach": strategy.approach,
            "cta_type": strategy.cta_type,
            "tone": strategy.tone.value,
            "edge_case": strategy.edge_case.value,
            "topic": strategy.topic.value if strategy.topic else None,
            "language": lead.language if _LANGUAGE_TAG.fullmatch(lead.language) else "en",
            "word_limit": task.word_limit,
            "named": named,
            "name": LEAD_NAME,
            "company": LEAD_COMPANY if LEAD_COMPANY in known else None,
            "record": record_facts(lead, strategy, lead_mask.hide),
            "passages": passages,
            "banned_phrases": rules.banned_phrases,
            "pressure_phrases": rules.pressure_phrases,
            "allowed_offers": [" ".join(words) for words in rules.allowed_offers],
            "call_minutes": rules.allowed_call_minutes,
        }


def _problem(violation: Violation, lead_mask: Mask) -> str:
    """One line: what the checker says may quote the draft, which is untrusted."""
    return lead_mask.hide(clean_text(f"{violation.rule}: {violation.problem}", _PROBLEM_CHARS)[0])
