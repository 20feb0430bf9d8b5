"""Draft, judge, repair once, drop, fall back: no text leaves this stage without passing grounding and rules."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from app.config_files import ValidationConfig
from app.errors import AdapterUnavailable, InternalError, ModelUnavailable
from app.followups.generators.base import GenerationInput, Generator
from app.followups.types import Draft, ValidationReport, Violation
from app.followups.validation import validate
from app.grounding.gate import GroundingGate
from app.grounding.types import GroundingReport
from app.observability import Metrics, Stopwatch

# Time kept back from a chat model so that the template can still answer within the deadline.
_RESERVE_SECONDS = 0.3
_SHORTEST_MODEL_CALL_SECONDS = 0.2


class TimeLeft(Protocol):
    def __call__(self) -> float:
        """Seconds until the deadline."""
        ...


@dataclass(frozen=True, slots=True)
class CheckedDraft:
    """A message that passed. `dropped` counts removed sentences, `repairs` the repair rounds."""

    draft: Draft
    report: GroundingReport
    dropped: int = 0
    repairs: int = 0
    model_failed: bool = False


@dataclass(frozen=True, slots=True)
class _Judged:
    draft: Draft
    report: GroundingReport
    validation: ValidationReport

    @property
    def passed(self) -> bool:
        return self.report.verified and self.validation.passed

    @property
    def problems(self) -> tuple[Violation, ...]:
        """Everything a writer would have to change."""
        unsupported = (Violation("grounding", f'"{c.text}": {c.reason}') for c in self.report.failures)
        return (*unsupported, *self.validation.violations)


class DraftingStage:
    """Turns a generator's untrusted text into a message whose every sentence was checked."""

    def __init__(self, gate: GroundingGate, template: Generator, rules: ValidationConfig, metrics: Metrics) -> None:
        self._gate = gate
        self._template = template
        self._rules = rules
        self._metrics = metrics

    async def write(
        self, generator: Generator, task: GenerationInput, today: date, time_left: TimeLeft, watch: Stopwatch
    ) -> CheckedDraft:
        """The first text that passes: the draft, its repair, its supported part, the template, the bare template.

        Raises `InternalError` if even the bare template breaks a rule: nothing unchecked is ever returned.
        """
        session = _Session(self, task, today, time_left, watch)
        if generator is not self._template:
            checked = await session.with_model(generator)
            if checked is not None:
                return checked
        return await session.with_template(self._template)

    def judge(self, draft: Draft, task: GenerationInput, today: date, watch: Stopwatch) -> _Judged:
        with watch.stage("grounding"):
            report = self._gate.check(draft.text, task.lead, task.evidence, today)
        with watch.stage("validation"):
            validation = validate(
                draft.text, task.lead, task.strategy, self._rules, allowed_hosts=self._rules.own_hosts
            )
        for claim in report.claims:
            self._metrics.claims.labels(verdict=claim.verdict).inc()
        for violation in validation.violations:
            self._metrics.violations.labels(rule=violation.rule).inc()
        return _Judged(draft, report, validation)

    def without_failures(self, judged: _Judged) -> str:
        return self._gate.drop_failures(judged.draft.text, judged.report)

    def count_draft(self, draft: Draft, seconds: float) -> None:
        self._metrics.inference_seconds.labels(generator=draft.generator).observe(seconds)
        self._metrics.tokens.labels(direction="prompt").inc(draft.prompt_tokens or 0)
        self._metrics.tokens.labels(direction="completion").inc(draft.completion_tokens or 0)

    def count_repair(self, outcome: str) -> None:
        self._metrics.repairs.labels(outcome=outcome).inc()


class _Session:
    """One message being written."""

    def __init__(
        self, stage: DraftingStage, task: GenerationInput, today: date, time_left: TimeLeft, watch: Stopwatch
    ) -> None:
        self._stage = stage
        self._task = task
        self._today = today
        self._time_left = time_left
        self._watch = watch
        self._model_failed = False
        self._repairs = 0

    async def with_model(self, generator: Generator) -> CheckedDraft | None:
        """A passing text of `generator`, or None when the template has to answer."""
        first = await self._generate(generator, self._task)
        if first is None:
            return None
        if first.passed:
            return self._done(first)
        last = first
        if generator.can_repair:
            repair = replace(self._task, repair_of=first.draft.text, violations=first.problems)
            second = await self._repaired(generator, repair)
            if second is not None:
                self._repairs = 1
                self._stage.count_repair("passed" if second.passed else "failed")
                last = second
                if second.passed:
                    return self._done(second)
        return self._drop(last, self._task)

    async def _repaired(self, generator: Generator, repair: GenerationInput) -> _Judged | None:
        """The repair, or None where the model cannot be asked again: the first draft is still of use."""
        try:
            return await self._generate(generator, repair)
        except AdapterUnavailable:
            self._model_failed = True
            return None

    async def with_template(self, template: Generator) -> CheckedDraft:
        """The template with the evidence, else the template that says nothing about us.

        A name that reads as other words ("A. Kumar", "You Wei") can fail rules everywhere: only where all that names
        the lead has failed, nobody is named.
        """
        unnamed = replace(self._task.lead, lead_name="")
        silent = replace(self._task.evidence, knowledge=())
        for task in (
            self._task,
            replace(self._task, evidence=silent),
            replace(self._task, lead=unnamed),
            replace(self._task, evidence=silent, lead=unnamed),
        ):
            checked = await self._composed(template, task)
            if checked is not None:
                warned = () if task.lead is self._task.lead else ("lead_name_unusable",)
                draft = replace(checked.draft, warnings=(*checked.draft.warnings, *warned))
                return replace(checked, draft=draft)
        raise InternalError("No message could be written that passes every check; nothing was generated.")

    async def _composed(self, template: Generator, task: GenerationInput) -> CheckedDraft | None:
        """The template's text, else the same in other words, else its supported part."""
        first = await self._generate(template, task)
        if first is None or first.passed:
            return None if first is None else self._done(first)
        other = await self._generate(template, replace(task, repair_of=first.draft.text, violations=first.problems))
        return self._done(other) if other is not None and other.passed else self._drop(first, task)

    async def _generate(self, generator: Generator, task: GenerationInput) -> _Judged | None:
        budget = self._time_left() - _RESERVE_SECONDS
        if generator.can_repair and budget < _SHORTEST_MODEL_CALL_SECONDS:
            self._model_failed = True
            return None
        try:
            with self._watch.stage("generation"):
                draft = await generator.generate(replace(task, timeout_seconds=max(budget, 0.05)))
            self._stage.count_draft(draft, self._watch.timings_ms["generation"] / 1000)
        except ModelUnavailable:
            self._model_failed = True
            return None
        return self._stage.judge(draft, task, self._today, self._watch)

    def _drop(self, judged: _Judged, task: GenerationInput) -> CheckedDraft | None:
        text = self._stage.without_failures(judged)
        if not text:
            return None
        rest = self._stage.judge(replace(judged.draft, text=text), task, self._today, self._watch)
        dropped = len(judged.report.claims) - len(rest.report.claims)
        return self._done(rest, dropped) if rest.passed else None

    def _done(self, judged: _Judged, dropped: int = 0) -> CheckedDraft:
        return CheckedDraft(judged.draft, judged.report, dropped, self._repairs, self._model_failed)
