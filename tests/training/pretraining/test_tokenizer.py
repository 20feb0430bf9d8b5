import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from app.followups.prompts.compact import Brief, CompactPromptBuilder, Line
from app.followups.types import GeneratorName
from app.training.pretraining.tokenizer import END, MESSAGE, PLACEHOLDERS, load_tokenizer
from tests.training.pretraining import tiny

FULL = Brief(
    "high", "none", "formal", "specific", "pricing", "asked", "the price", "downloaded the guide", "[LEAD_NAME]",
    "[LEAD_COMPANY]", tuple((name, "x") for name in ("lead_industry", "job_title", "company_size", "lead_stage",
    "interaction_history", "objections_raised", "notes")), ("You asked",),
    (Line("answer", "A."), Line("proof", "B."), Line("other", "C.")),
)  # fmt: skip


@given(text=st.text())
def test_every_text_comes_back(tokenizer: PreTrainedTokenizerFast, text: str) -> None:
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


@given(text=st.text(alphabet="0123456789.,$€% ax"))
def test_digits_stand_alone(tokenizer: PreTrainedTokenizerFast, text: str) -> None:
    tokens = [str(tokenizer.decode([token])) for token in tokenizer(text)["input_ids"]]
    assert all(len(token) == 1 for token in tokens if re.search(r"\d", token))


@pytest.mark.parametrize("generator", [GeneratorName.RAG, GeneratorName.FINETUNED])
def test_every_label_of_the_prompt_is_one_token(tokenizer: PreTrainedTokenizerFast, generator: GeneratorName) -> None:
    labels = set(re.findall(r"<\|\w+\|>", CompactPromptBuilder(tiny.RULES, generator).render(FULL)))
    assert len(labels) > 14
    for label in (*labels, *PLACEHOLDERS, END, MESSAGE):
        assert len(tokenizer(label)["input_ids"]) == 1


def test_placeholders_stay_in_the_text_and_labels_do_not(tokenizer: PreTrainedTokenizerFast) -> None:
    ids = tokenizer(f"Hi [LEAD_NAME], [PRODUCT] is here.{END}")["input_ids"]
    assert tokenizer.decode(ids, skip_special_tokens=True) == "Hi [LEAD_NAME], [PRODUCT] is here."


def test_a_word_is_the_same_tokens_in_the_prompt_and_in_the_message(tokenizer: PreTrainedTokenizerFast) -> None:
    sentence = " The Harbour plan costs $40."
    told, said = tokenizer(f"<|answer|>{sentence}")["input_ids"], tokenizer(f"Yes.{sentence}")["input_ids"]
    own = tokenizer(sentence)["input_ids"]
    assert told[-len(own) :] == said[-len(own) :] == own


def test_the_prompt_of_a_request_is_the_prompt_of_an_example(tokenizer: PreTrainedTokenizerFast) -> None:
    turns = [{"role": "user", "content": "<|plan|> answer"}]
    text = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    assert text == "<|plan|> answer" + MESSAGE


def test_it_is_saved_and_loaded(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    tokenizer.save_pretrained(tmp_path)
    loaded = load_tokenizer(tmp_path)
    text = "[PRODUCT] costs $1,299.50"
    assert loaded(text)["input_ids"] == tokenizer(text)["input_ids"]
    assert len(loaded) == len(tokenizer) == tiny.PLAN.shape.vocabulary
