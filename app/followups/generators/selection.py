"""The facts of a message: which quotable sentences answer, interest and prove, for one lead."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.followups.generators.base import GenerationInput
from app.followups.generators.forbidden import Forbidden
from app.followups.generators.openings import Opening
from app.followups.generators.quotable import Candidate, Wish, candidates, choose, has_special_words
from app.followups.generators.quotable.topics import speaks_about
from app.followups.types import EdgeCase, Evidence, IntentBand, LeadContext, Need, NeedRole, Topic

_ALTERNATIVES = 4
_PLAN = re.compile(r"\b(?P<name>[A-Za-z]+(?:-[a-z]+)?) (?:plan|tier|edition|package)\b", re.IGNORECASE)
_NO_PLANS = frozenset(
    "the a an our your their which what each every any this that these paid free new pricing price all other of".split()  # noqa: SIM905
)
_WITHOUT_PROOF = (EdgeCase.EXISTING_CUSTOMER, EdgeCase.OUT_OF_OFFICE)
# Repeating the price does not answer "too expensive"; what it returns and what lowers it does.
_AGAINST_PRICE = (Topic.ROI, Topic.DISCOUNT, Topic.TRIAL)
_ANY_PROOF = (None, Topic.PRICING, Topic.DISCOUNT, Topic.ROI, Topic.CUSTOMERS, Topic.COMPETITOR, Topic.DEMO)
_GROUP = re.compile(
    r"\b(?:students?|educational|education|schools?|universit\w+|teachers?|non-?profits?|charit\w+|start-?ups?|governments?"
    r"|public sector|open[- ]source)\b",
    re.IGNORECASE,
)
_MIN_NAME_LENGTH = 4


@dataclass(frozen=True, slots=True)
class Selection:
    """Sentences to build on, best first; `proofs` go with the first of `facts`. `asked`: the lead wants an answer."""

    facts: tuple[Candidate, ...]
    proofs: tuple[Candidate, ...]
    asked: bool


def select(task: GenerationInput, opening: Opening, forbidden: Forbidden) -> Selection:
    """What the evidence offers for this lead. A question or objection is answered, or nothing is said about us."""
    names = own_names(task.lead, task.evidence)
    said = [message.text for message in task.lead.thread]
    pool = [
        candidate
        for candidate in candidates(task.evidence.knowledge, names, said)
        if not _is_unfit(candidate.text, task.lead, forbidden)
    ]
    asked = opening.wants_answer or task.strategy.edge_case in (EdgeCase.QUESTION, EdgeCase.OBJECTION)
    asked = asked and task.strategy.topic is not Topic.DEMO
    facts = _answers(task, _wish(task, opening, NeedRole.ANSWER, names), pool)
    if not facts and not asked and not has_special_words(_wish(task, opening, NeedRole.VALUE, names)):
        facts = choose(_wish(task, opening, NeedRole.VALUE, names), pool, _ALTERNATIVES)
    if not facts or not _may_prove(task):
        return Selection(facts, (), asked)
    proofs = choose(_wish(task, opening, NeedRole.PROOF, names), pool, 2, taken=facts[:1])
    return Selection(facts, tuple(proof for proof in proofs if _bears_on(task, proof)), asked)


def _bears_on(task: GenerationInput, proof: Candidate) -> bool:
    """A customer's result belongs beside a price or an overview; beside another answer only if it is about the same."""
    topic = task.strategy.topic
    return topic in _ANY_PROOF or (topic is not None and speaks_about(topic, proof.text))


def _answers(task: GenerationInput, wish: Wish, pool: Sequence[Candidate]) -> tuple[Candidate, ...]:
    if not _has_aim(task):
        return ()
    topics: tuple[Topic | None, ...] = (wish.topic,)
    pool = [candidate for candidate in pool if _is_for_all(task, candidate.text)]
    if task.strategy.edge_case is EdgeCase.OBJECTION and wish.topic is Topic.PRICING:
        topics = _AGAINST_PRICE
    found = (choose(replace(wish, topic=topic), pool, _ALTERNATIVES) for topic in topics)
    return next((facts for facts in found if facts), ())


def _is_for_all(task: GenerationInput, text: str) -> bool:
    """False for terms of a group (students, charities ...) to which the record does not say the lead belongs."""
    lead = task.lead
    record = " ".join(filter(None, (lead.interaction_history, lead.notes, lead.lead_industry, lead.job_title)))
    asked = task.strategy.subject_of_interest or ""
    groups = {match[0].lower()[:6] for match in _GROUP.finditer(text)}
    return (
        not groups
        or task.strategy.edge_case is EdgeCase.QUESTION
        and bool(asked)
        or bool(groups & {match[0].lower()[:6] for match in _GROUP.finditer(record)})
    )


def own_names(lead: LeadContext, evidence: Evidence) -> tuple[str, ...]:
    """Names of the product and the company, also as the first word alone where that is no ordinary word."""
    names = dict.fromkeys(name for name in (lead.product_name, lead.company_name) if name)
    text = " ".join(item.text for item in evidence.knowledge)
    for name in tuple(names):
        first = name.split()[0]
        if (
            len(first) >= _MIN_NAME_LENGTH
            and first[0].isupper()
            and not re.search(rf"\b{re.escape(first.lower())}\b", text)
        ):
            names[first] = None
    return tuple(names)


def _has_aim(task: GenerationInput) -> bool:
    return task.strategy.topic is not None or any(need.role is NeedRole.ANSWER for need in task.strategy.needs)


def _may_prove(task: GenerationInput) -> bool:
    strategy = task.strategy
    if strategy.band is IntentBand.LOW or strategy.edge_case in _WITHOUT_PROOF:
        return False
    return any(need.role is NeedRole.PROOF for need in strategy.needs)


def _wish(task: GenerationInput, opening: Opening, role: NeedRole, names: tuple[str, ...]) -> Wish:
    need = next((need for need in task.strategy.needs if need.role is role), Need(role, ""))
    plan = _PLAN.search(" ".join((task.lead.interaction_history, task.lead.notes or "")))
    named = plan["name"] if plan and plan["name"].lower() not in _NO_PLANS else ""
    return Wish(
        role=role,
        topic=task.strategy.topic,
        subject=task.strategy.subject_of_interest or opening.subject or _asked_words(task, need),
        query=need.query,
        source_types=need.source_types,
        industry=task.lead.lead_industry or "",
        plan=named,
        own_names=names,
        earlier=need.earlier,
    )


def _asked_words(task: GenerationInput, need: Need) -> str:
    """The words of a question that has no clean subject; nothing where the record only names a topic."""
    if task.strategy.edge_case is not EdgeCase.QUESTION or need.role is not NeedRole.ANSWER:
        return ""
    return need.asked


def _is_unfit(text: str, lead: LeadContext, forbidden: Forbidden) -> bool:
    if forbidden.within(text):
        return True
    return bool(lead.lead_company) and str(lead.lead_company).lower() in text.lower()
