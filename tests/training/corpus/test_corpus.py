import re
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from app.errors import ConfigurationError
from app.followups.prompts.compact import OTHER
from app.followups.types import EdgeCase, IntentBand, Tone
from app.settings import load_settings
from app.training.corpus.examples import COPY, Corpus, Example
from app.training.corpus.judging import TargetJudge
from app.training.corpus.prose import alter, is_carriable, prose_of, read_prose, salad

RULES = load_settings().validation
PROSE = prose_of(
    (
        "The Harbour plan stores up to 40 GB for each workspace and costs €12 per month.",
        "Marlowe Freight sends its monthly statements on the third working day.",
        "Reviewers can comment on a draft before the owner publishes it.",
    ),
    ("Nobody has to install anything on the machines of the team.",),
)
# The first examples are a lesson in copying.
LATER = 1_000_000


@pytest.fixture(scope="module")
def sample() -> list[Example]:
    return list(islice(Corpus(11, RULES, PROSE).examples(LATER), 400))


def test_the_same_seed_gives_the_same_corpus(sample: list[Example]) -> None:
    again = Corpus(11, RULES, PROSE)
    assert again.example(LATER + 37) == sample[37]
    assert list(islice(again.examples(LATER + 200), 20)) == sample[200:220]


def test_another_seed_gives_another_corpus(sample: list[Example]) -> None:
    other = islice(Corpus(12, RULES, PROSE).examples(LATER), 400)
    assert len({example.target for example in other} & {example.target for example in sample}) < 20


def test_targets_pass_the_gate_and_the_rules(sample: list[Example]) -> None:
    assert TargetJudge(RULES).pass_rate(sample[:250]) >= 0.97


def test_the_first_examples_are_mostly_to_carry_over_a_few_words() -> None:
    first = [Corpus(11, RULES, PROSE).example(number) for number in range(100)]
    assert sum(example.kind == COPY for example in first) > 50
    assert sum(len(example.target.split()) < 8 for example in first) > 25


def test_a_wrong_figure_does_not_pass(sample: list[Example]) -> None:
    example = next(e for e in sample if e.record and re.search(r"\d", e.target) and e.evidence)
    judge = TargetJudge(RULES)
    assert judge.judge(example, re.sub(r"\d", lambda m: str((int(m[0]) + 1) % 10), example.target)).problems


def test_every_situation_occurs(sample: list[Example]) -> None:
    records = [example.record for example in sample if example.record]
    assert {record.edge_case for record in records} == set(EdgeCase) - {EdgeCase.OPTED_OUT}
    assert {record.band for record in records} == set(IntentBand)
    assert {record.tone for record in records} == set(Tone)
    assert {example.kind for example in sample} == {COPY, "rag", "finetuned"}


def test_evidence_is_carried_over_word_for_word_and_only_what_the_plan_names(sample: list[Example]) -> None:
    for example in sample:
        for line in example.evidence:
            assert (line.text in example.target) == (line.role != OTHER)
            assert line.text in example.prompt


def test_figures_come_from_the_prompt_but_for_call_lengths(sample: list[Example]) -> None:
    for example in sample:
        assert set(re.findall(r"\d+", example.target)) <= {*re.findall(r"\d+", example.prompt), "10", "15", "20", "30"}


def test_no_message_opens_like_an_earlier_one(sample: list[Example]) -> None:
    briefs = [(example.brief, example.target) for example in sample if example.brief and example.brief.avoid]
    same = [start for brief, text in briefs for start in brief.avoid if text.partition("\n\n")[2].startswith(start)]
    assert briefs
    assert len(same) <= len(briefs) // 20


def test_prose_is_read_from_documents_and_some_are_held_out(tmp_path: Path) -> None:
    for number in range(60):
        text = f"# Page {number}\n\nThe page number {number} explains one setting of the editor. See more [here](x).\n"
        (tmp_path / f"page{number}.md").write_text(text, encoding="utf-8")
    prose = read_prose(tmp_path)
    assert len(prose.sentences) + len(prose.held_out) == 60
    assert 1 <= len(prose.held_out) <= 15
    assert read_prose(tmp_path) == prose
    assert "explains" in prose.words


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere"):
        read_prose(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "text",
    [
        "Is this a question that can be asked?",
        "It costs nothing on any of the plans.",
        "no capital at the start of the sentence.",
        "Visit https://example.com to read more about it.",
        "Two sentences stand here. They cannot be one.",
        "The bracket (is not closed in this sentence.",
        "Too short.",
        "The label <|plan|> must never stand in evidence.",
    ],
)
def test_what_cannot_stand_alone_is_not_carried(text: str) -> None:
    assert not is_carriable(text)


def test_alteration_changes_figures_and_names_and_keeps_the_shape() -> None:
    texts = {alter(PROSE.sentences[0], PROSE.words, Random(n)) for n in range(20)}
    assert len(texts) > 15
    assert all(text.startswith("The ") and text.endswith(".") for text in texts)


def test_salad_is_one_sentence() -> None:
    assert all(salad(PROSE.words, Random(n)).endswith(".") for n in range(20))
