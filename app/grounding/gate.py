"""The grounding gate: which sentences of a message its evidence supports. Deterministic, pure, fails closed."""

import re
from dataclasses import replace
from datetime import date

from app.config_files import ValidationConfig
from app.followups.types import Evidence, LeadContext
from app.grounding.assertions import judge_assertion
from app.grounding.bench import Bench, Source
from app.grounding.claims import Sentence, embedded_facts, kind_of, split_claims
from app.grounding.courtesies import (
    after_opener,
    is_courteous,
    object_unknown,
    presupposed,
    side_clauses,
    things,
    willing,
)
from app.grounding.judgement import NOTHING_STATED, Judgement, unusable
from app.grounding.lenses import Lenses
from app.grounding.parts import whole
from app.grounding.promises import judge_promise
from app.grounding.questions import judge_names, judge_request
from app.grounding.repair import without_failures
from app.grounding.types import ClaimKind, ClaimResult, GroundingReport, Verdict
from app.reading.reader import read
from app.reading.subjects import Phrase

_FIRST_PERSON = re.compile(r"\b(?:i(?:'|’)?(?:ll|m|d)?|my|me)\b", re.IGNORECASE)
_GUARANTEE = re.compile(r"\b(?:i|we) (?:\w+ )?(?:guarantee|promise|assure|commit)\b|\bguaranteed?\b", re.IGNORECASE)
_REFERS_BACK = re.compile(r"(?:it|its|this|these|they|their|that|those|both)\b", re.IGNORECASE)


class GroundingGate:
    """Judges messages. Holds only configuration, so one instance serves all tenants and threads."""

    def __init__(self, config: ValidationConfig) -> None:
        self._config = config

    def check(self, message: str, lead: LeadContext, evidence: Evidence, today: date) -> GroundingReport:
        """One `ClaimResult` per sentence of `message`, in order. No I/O; never raises for any text."""
        bench = Bench(lead, evidence, today, self._config)
        topic: frozenset[Phrase] = frozenset()
        results: list[ClaimResult] = []
        for sentence in split_claims(message):
            judgement = _judge(sentence, bench, topic)
            results.append(_result(sentence, judgement))
            topic = _topic_of(sentence, bench) or judgement.subjects or topic
        return GroundingReport(tuple(results))

    def drop_failures(self, message: str, report: GroundingReport) -> str:
        """`message` without its unsupported sentences, still readable; "" if nothing worth sending is left."""
        return without_failures(message, report)


def _topic_of(sentence: Sentence, bench: Bench) -> frozenset[Phrase]:
    return whole(read(sentence.text), bench.subjects, bench.ours).leading


def _result(sentence: Sentence, judged: Judgement) -> ClaimResult:
    return ClaimResult(
        text=sentence.text,
        start=sentence.start,
        end=sentence.end,
        kind=sentence.kind,
        verdict=judged.verdict,
        reason=judged.reason,
        score=round(judged.score, 4),
        quote=judged.quote,
    )


def _judge(sentence: Sentence, bench: Bench, topic: frozenset[Phrase]) -> Judgement:
    stray = _stray_link(sentence.text, bench)
    if stray is not None:
        return Judgement(Verdict.UNSUPPORTED, f"{stray} is no address of ours", 0.0)
    if sentence.kind is ClaimKind.GREETING:
        return judge_names(sentence.text, bench, greeting=True)
    source = bench.verbatim(sentence.text)
    if source is not None and not _other_antecedent(sentence.text, source, topic):
        return _verbatim(source, bench)
    if sentence.kind in (ClaimKind.QUESTION, ClaimKind.CALL_TO_ACTION, ClaimKind.THANKS):
        return _judge_request(sentence, bench, topic)
    if sentence.kind in (ClaimKind.COMMITMENT, ClaimKind.OFFER):
        return _judge_commitment(sentence, bench, topic)
    return judge_assertion(sentence.text, bench, topic)


def _stray_link(text: str, bench: Bench) -> str | None:
    stray = [link.value for link in read(text).links if not bench.has_link(link.value, link.host)]
    return stray[0] if stray else None


def _other_antecedent(text: str, source: Source, topic: frozenset[Phrase]) -> bool:
    """`It costs $20` copied word for word still lies when "it" has become another plan."""
    if not topic or _REFERS_BACK.match(text) is None:
        return False
    around = source.statement.context
    return not any(all(key in around for key in phrase) for phrase in topic)


def _verbatim(source: Source, bench: Bench) -> Judgement:
    if source.stale:
        return unusable(source, 1.0)
    return Judgement(Verdict.SUPPORTED, f"stands word for word in {source.item.source}", 1.0, bench.quote(source))


def _judge_request(sentence: Sentence, bench: Bench, topic: frozenset[Phrase]) -> Judgement:
    """Questions, calls to action and courtesies are free, except for what they presuppose or state by the way."""
    if willing(sentence.text):
        return _judge_commitment(sentence, bench, topic)
    missing = object_unknown(sentence.text, bench) or presupposed(sentence.text, bench)
    if missing is not None:
        return Judgement(Verdict.UNSUPPORTED, f"the lead's record does not say: {missing}", 0.0)
    failed = _failing_aside(sentence, bench, topic)
    if failed is not None:
        return replace(failed, reason=f"presupposes what is not supported: {failed.reason}")
    for start, end in embedded_facts(sentence.text):
        judged = _judge_embedded(sentence.text[start:end], bench, topic)
        if not judged.good:
            return replace(judged, reason=f"presupposes what is not supported: {judged.reason}")
    return judge_request(sentence.text, bench, topic, asks=sentence.kind is ClaimKind.QUESTION)


def _failing_aside(sentence: Sentence, bench: Bench, topic: frozenset[Phrase]) -> Judgement | None:
    """The first clause, or thing of ours, in a request that nothing supports."""
    stated = [] if sentence.kind is ClaimKind.QUESTION else [after_opener(sentence.text)]
    stated += side_clauses(sentence.text)
    for text in stated:
        if text and not is_courteous(text):
            judged = _judge_embedded(text, bench, topic)
            if not judged.good:
                return judged
    for text in things(sentence.text):
        judged = Lenses(bench, topic).by_knowledge(whole(read(text), bench.subjects, bench.ours))
        if not judged.good:
            return judged
    return None


def _judge_embedded(text: str, bench: Bench, topic: frozenset[Phrase]) -> Judgement:
    kind = kind_of(text)
    if kind is ClaimKind.CALL_TO_ACTION or kind is ClaimKind.THANKS and not after_opener(text):
        return _judge_request(Sentence(text, 0, len(text), kind), bench, topic)
    if kind in (ClaimKind.COMMITMENT, ClaimKind.OFFER):
        return judge_promise(text, bench) or judge_assertion(text, bench, topic)
    return judge_assertion(text, bench, topic)


def _judge_commitment(sentence: Sentence, bench: Bench, topic: frozenset[Phrase]) -> Judgement:
    promised = judge_promise(sentence.text, bench)
    if promised is not None:
        names = judge_names(sentence.text, bench)
        return promised if names.good else names
    if _GUARANTEE.search(sentence.text):
        return Judgement(Verdict.UNSUPPORTED, "a guarantee must stand word for word in a company document", 0.0)
    judged = judge_assertion(sentence.text, bench, topic)
    if _FIRST_PERSON.search(sentence.text) and judged.quote is not None and judged.quote.scope == "knowledge":
        return Judgement(Verdict.UNSUPPORTED, "neither the record nor the configuration allows this promise", 0.0)
    if judged.good and judged is not NOTHING_STATED:
        return judged
    return replace(judged, verdict=Verdict.UNSUPPORTED if judged.good else judged.verdict,
                   reason="neither the record nor the configuration allows this promise", quote=None)  # fmt: skip
