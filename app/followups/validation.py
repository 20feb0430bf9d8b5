"""Stage 7: the rules that every message must pass."""

from collections.abc import Iterable

from app.config_files import ValidationConfig
from app.followups.rules import counts, form, links, sentences, wording
from app.followups.rules.base import Judged, Rule
from app.followups.types import LeadContext, Strategy, ValidationReport

RULES: tuple[Rule, ...] = (
    counts.word_limit,
    counts.minimum_words,
    counts.name_mentions,
    counts.question_count,
    counts.double_question,
    counts.exclamation,
    wording.banned_phrase,
    wording.pressure,
    wording.placeholder,
    wording.language,
    links.foreign_link,
    links.phone_number,
    form.plain_text,
    form.emoji,
    form.subject_line,
    form.signature,
    sentences.ending,
    sentences.broken_sentence,
    sentences.repeated_sentence,
    sentences.repeats_thread,
)


def validate(
    message: str,
    lead: LeadContext,
    strategy: Strategy,
    config: ValidationConfig,
    *,
    allowed_hosts: Iterable[str] = (),
) -> ValidationReport:
    """Judge `message` by every rule; the report lists at most one violation per rule, in the order of `RULES`.

    `allowed_hosts` are exact host names that may appear, besides `config.own_hosts`. Pure and deterministic.
    """
    hosts = frozenset(host.lower() for host in (*allowed_hosts, *config.own_hosts))
    judged = Judged(message, lead, strategy, config, hosts)
    found = (rule(judged) for rule in RULES)
    return ValidationReport(tuple(violation for violation in found if violation is not None))
