"""Training examples: a compact prompt and the message it should give, deterministic by seed and number."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from app.config_files import ValidationConfig
from app.followups.generators.forbidden import forbidden_for
from app.followups.prompts.compact import ANSWER, OTHER, PROOF, Brief, CompactPromptBuilder, Line
from app.followups.prompts.masking import OUR_COMPANY, PRODUCT
from app.followups.types import EdgeCase, GeneratorName
from app.training.corpus.facts import FactWriter
from app.training.corpus.messages import MessageWriter
from app.training.corpus.patterns import load_bank
from app.training.corpus.prose import Prose, alter, few_words, is_carriable, prose_of, salad
from app.training.corpus.records import Record, RecordWriter

COPY = "copy"
# Shares of the kinds of example.
_KINDS = {COPY: 20, GeneratorName.RAG.value: 62, GeneratorName.FINETUNED.value: 18}
# The first examples teach to carry over, before anything else: first a few words, found at a short distance.
_EARLY = 12_000
_FEW_WORDS = "few_words"
_EARLY_KINDS = {_FEW_WORDS: 45, COPY: 25, GeneratorName.RAG.value: 24, GeneratorName.FINETUNED.value: 6}
# Shares of the kinds of evidence sentence: altered prose, prose as it is, invented facts, words without sense.
_EVIDENCE = {"altered": 42, "prose": 14, "facts": 32, "salad": 12}
_EVIDENCE_WITHOUT_PROSE = {"facts": 4, "salad": 1}
_WITHOUT_EVIDENCE = 0.15
_PROOF_SHARE, _AVOID_SHARE, _OWN_NAME_SHARE = 0.45, 0.2, 0.35
_MOST_FACT_WORDS = 75


@dataclass(frozen=True, slots=True)
class Example:
    """`prompt` and `target` as the model sees them; `record` and `evidence` (role, sentence) for judging the target."""

    kind: str
    prompt: str
    target: str
    record: Record | None = None
    brief: Brief | None = None
    evidence: tuple[Line, ...] = field(default=())


class Corpus:
    """An endless corpus. `example(n)` depends on `seed`, `n` and the prose alone."""

    def __init__(
        self,
        seed: int,
        rules: ValidationConfig,
        prose: Prose | None = None,
        evidence: Mapping[str, int] | None = None,
    ) -> None:
        """`evidence` are the weights of `altered`, `prose`, `facts` and `salad` sentences.

        Raises `ConfigurationError` where a template or wording file cannot be used.
        """
        self._seed = seed
        self._evidence = dict(evidence or (_EVIDENCE if prose and prose.sentences else _EVIDENCE_WITHOUT_PROSE))
        self._prose = prose or prose_of(())
        industries = load_bank("wording.yaml")["fields"]["lead_industry"]
        self._facts = FactWriter(industries, self._prose.words)
        self._words = self._prose.words or self._facts.words
        self._records = RecordWriter(self._facts)
        self._messages = MessageWriter()
        self._forbidden = forbidden_for(rules, None)
        self._prompts = {
            name: CompactPromptBuilder(rules, name) for name in (GeneratorName.RAG, GeneratorName.FINETUNED)
        }

    def examples(self, start: int = 0) -> Iterator[Example]:
        number = start
        while True:
            yield self.example(number)
            number += 1

    def example(self, number: int) -> Example:
        rng = Random(f"{self._seed}:{number}")
        kinds = _EARLY_KINDS if number < _EARLY else _KINDS
        kind = rng.choices(list(kinds), list(kinds.values()))[0]
        if kind == _FEW_WORDS:
            line = Line(ANSWER, few_words(self._words, rng))
            return Example(COPY, f"<|{ANSWER}|> {line.text} <|plan|> {ANSWER}", line.text, evidence=(line,))
        if kind == COPY:
            return self._copying(rng)
        record = self._records.write(rng)
        if kind == GeneratorName.FINETUNED:
            return self._voice(record, rng)
        return self._grounded(record, rng)

    def sentence(self, role: str, rng: Random) -> str:
        """One sentence of evidence."""
        for _ in range(12):
            kind = rng.choices(list(self._evidence), list(self._evidence.values()))[0]
            text = self._written(kind, role, rng)
            if rng.random() < _OWN_NAME_SHARE:
                text = _with_own_name(text, rng)
            plain = text.replace(PRODUCT, "Product").replace(OUR_COMPANY, "Company")
            if is_carriable(plain) and not self._forbidden.within(plain):
                return text
        return "The list of changes is sent with every release."

    def _written(self, kind: str, role: str, rng: Random) -> str:
        if kind == "facts":
            return self._facts.write(PROOF if role == PROOF else ANSWER, rng)
        if kind == "salad":
            return salad(self._words, rng)
        text = rng.choice(self._prose.sentences)
        return alter(text, self._words, rng) if kind == "altered" else text

    def _copying(self, rng: Random) -> Example:
        """Carry over the sentences of the named roles, in order, and leave the others."""
        wanted = [ANSWER, PROOF] if rng.random() < 0.5 else [ANSWER]
        lines = self._distinct([*wanted, *[OTHER] * rng.randrange(3)], rng)
        told = " ".join(f"<|{line.role}|> {line.text}" for line in reversed(lines))
        text = " ".join(line.text for line in lines if line.role != OTHER)
        plan = " ".join(line.role for line in lines if line.role != OTHER)
        return Example(COPY, f"{told} <|plan|> {plan}", text, evidence=tuple(lines))

    def _grounded(self, record: Record, rng: Random) -> Example:
        silent = record.edge_case in (EdgeCase.REJECTION, EdgeCase.NOTHING_KNOWN) or rng.random() < _WITHOUT_EVIDENCE
        lines = () if silent else self._lines(rng)
        avoid = self._avoid(record, rng)
        brief = _brief(record, avoid, lines)
        said = {line.role: line.text for line in lines if line.role != OTHER}
        target = self._messages.write(record, brief.plan, said, avoid, rng)
        prompt = self._prompts[GeneratorName.RAG].render(brief)
        return Example(GeneratorName.RAG.value, prompt, target, record, brief, lines)

    def _voice(self, record: Record, rng: Random) -> Example:
        avoid = self._avoid(record, rng)
        brief = _brief(record, avoid, ())
        prompt = self._prompts[GeneratorName.FINETUNED].render(brief)
        steps = [step for step in brief.plan if step not in ("handover", "question")]
        if record.edge_case is EdgeCase.REJECTION:
            target = self._messages.write(record, brief.plan, {}, avoid, rng)
        else:
            target = self._messages.voice(record, steps, avoid, rng)
        return Example(GeneratorName.FINETUNED.value, prompt, target, record, brief)

    def _lines(self, rng: Random) -> tuple[Line, ...]:
        roles = [ANSWER, *([PROOF] if rng.random() < _PROOF_SHARE else [])]
        lines = self._distinct([*roles, *[OTHER] * rng.choices((0, 1, 2), (5, 3, 2))[0]], rng)
        used = [line for line in lines if line.role != OTHER]
        if sum(len(line.text.split()) for line in used) > _MOST_FACT_WORDS:
            return (used[0], *(line for line in lines if line.role == OTHER))
        return tuple(lines)

    def _distinct(self, roles: Sequence[str], rng: Random) -> list[Line]:
        """One sentence per role, none twice."""
        lines: list[Line] = []
        for role in roles:
            text = self.sentence(role, rng)
            if all(text != line.text for line in lines):
                lines.append(Line(role, text))
        return lines

    def _avoid(self, record: Record, rng: Random) -> tuple[str, ...]:
        if rng.random() > _AVOID_SHARE:
            return ()
        return tuple(self._messages.earlier_opening(record, rng) for _ in range(rng.randint(1, 2)))


def _brief(record: Record, avoid: tuple[str, ...], lines: tuple[Line, ...]) -> Brief:
    return Brief(
        band=record.band.value.removesuffix("_intent"),
        edge_case=record.edge_case.value,
        tone=record.tone.value,
        cta_type=record.cta_type,
        topic=record.topic.value if record.topic else "",
        opening=record.opening,
        subject=record.subject,
        act=record.act,
        name=record.name,
        company=record.company,
        record=record.record,
        avoid=avoid,
        evidence=lines,
    )


def _with_own_name(text: str, rng: Random) -> str:
    """`text` with the placeholder of the product or of the company for one of its names, if it has one."""
    words = text.split(" ")
    named = [i for i, word in enumerate(words) if i and word[:1].isupper() and word.isalpha()]
    if not named:
        return text
    place = rng.choice(named)
    words[place] = PRODUCT if rng.random() < 0.75 else OUR_COMPANY
    return " ".join(words)
