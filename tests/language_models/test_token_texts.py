from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers
from transformers import PreTrainedTokenizerFast

from app.language_models.token_texts import read_token_texts
from tests.language_models.tiny_models import train_tokenizer

TOKENIZER = train_tokenizer()
TEXTS = read_token_texts(TOKENIZER, len(TOKENIZER) + 3, [TOKENIZER.eos_token_id])


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_tokens_write_what_was_tokenized(text: str) -> None:
    assert TEXTS.text(TOKENIZER(text, add_special_tokens=False)["input_ids"]) == text


def test_control_tokens_and_unknown_ids_are_forbidden_and_ends_are_not() -> None:
    start = TOKENIZER("<|im_start|>")["input_ids"][0]
    assert TEXTS.forbidden == {start, len(TOKENIZER), len(TOKENIZER) + 1, len(TOKENIZER) + 2}
    assert TEXTS.ends == {TOKENIZER.eos_token_id}
    assert TEXTS.raw[start] == b""


def test_a_tokenizer_with_word_marks_and_byte_tokens() -> None:
    names = ["<unk>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "a", "▁a", "15", "▁15", "[LEAD_NAME]"]
    inner = Tokenizer(models.BPE({name: place for place, name in enumerate(names)}, [], byte_fallback=True))
    inner.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    inner.decoder = decoders.Sequence([
        decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0),
    ])  # fmt: skip
    make: Any = PreTrainedTokenizerFast
    tokenizer = make(tokenizer_object=inner, eos_token="</s>", unk_token="<unk>")
    tokenizer.add_special_tokens({"additional_special_tokens": ["[LEAD_NAME]"]})
    texts = read_token_texts(tokenizer, len(names), [1])
    at = names.index
    assert texts.raw[at("▁15")] == b" 15"
    assert texts.raw[at("15")] == b"15"
    assert texts.raw[at("<0xC2>")] == b"\xc2"
    assert texts.raw[at("[LEAD_NAME]")] == b"[LEAD_NAME]"
    assert texts.forbidden == {0}
