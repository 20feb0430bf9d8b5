from dataclasses import replace
from pathlib import Path

import pytest
from transformers import PreTrainedTokenizerFast

from app.training.corpus.examples import Example
from app.training.pretraining.checkpoints import Progress
from app.training.pretraining.evaluation import evaluate, grounded, quality_of
from app.training.pretraining.model import new_model
from app.training.pretraining.model_card import write_model_card
from tests.training.pretraining import tiny


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return grounded(tiny.corpus(), 40)


def test_the_targets_themselves_are_perfect(examples: list[Example]) -> None:
    quality = quality_of(examples, [example.target for example in examples], tiny.RULES, 0.0)
    shares = (quality.sentences_exact, quality.words_carried, quality.one_exact, quality.both_exact)
    assert (*shares, quality.name_right, quality.names_copied) == (1.0,) * 6
    assert quality.numerals_outside == quality.loops == 0
    assert quality.passed > 0.9


def test_faults_are_seen(examples: list[Example]) -> None:
    example = next(e for e in examples if "[LEAD_NAME]" in e.target and len(e.target.split()) > 12)
    wrong = {
        "numerals_outside": f"{example.target} 987654",
        "loops": f"{example.target} {example.target}",
        "name_right": example.target.replace("[LEAD_NAME]", ""),
        "sentences_exact": example.target.replace(example.evidence[0].text, example.evidence[0].text[:-3]),
    }
    good = quality_of([example], [example.target], tiny.RULES, 0.0)
    for field, text in wrong.items():
        assert getattr(quality_of([example], [text], tiny.RULES, 0.0), field) != getattr(good, field), field


def test_the_model_card_says_what_was_measured(examples: list[Example], tmp_path: Path) -> None:
    quality = quality_of(examples, [example.target for example in examples], tiny.RULES, 0.125)
    write_model_card(tmp_path, tiny.PLAN, Progress(tokens=1_234_567), 5_926_144, quality, "a manual (MIT)")
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    for text in ("1,234,567 tokens", "5.9 million", "a manual (MIT)", "word for word | 100.0% |", "(nats) | 0.125 |"):
        assert text in card


def test_a_model_that_learned_nothing_carries_nothing(
    examples: list[Example], tokenizer: PreTrainedTokenizerFast
) -> None:
    model = new_model(replace(tiny.PLAN.shape, context=1024), tokenizer, 1)
    quality, texts = evaluate(model, tokenizer, examples[:4], tiny.RULES)
    assert len(texts) == quality.messages == 4
    assert quality.sentences_exact == 0
    assert quality.loss > 5
