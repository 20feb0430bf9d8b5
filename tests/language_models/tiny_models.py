"""Models of a few thousand weights, made on the spot: real files, real tokenizers, random numbers."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
_TEXT = """
Hi [LEAD_NAME], the Professional plan costs $299 per month, billed yearly at 2,990 EUR. Onboarding takes 2-3 weeks.
Would a call of 15 minutes help you compare the plans? Thanks for asking about NetSuite; customers save 30% of the time.
Support answers within 4 hours, and month-end takes 12 days less. AI Billing Software connects to 1,200 systems.
"""
_SPECIAL = ["<|im_start|>", "<|im_end|>"]


def train_tokenizer(lines: Iterable[str] = _TEXT.splitlines(), size: int = 400) -> PreTrainedTokenizerFast:
    """A byte-level tokenizer: it can write any text."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=_SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(lines, trainer)
    unannotated: Any = PreTrainedTokenizerFast
    fast: PreTrainedTokenizerFast = unannotated(
        tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|im_end|>"
    )
    fast.add_special_tokens({"additional_special_tokens": ["<|im_start|>"]})
    fast.chat_template = CHAT_TEMPLATE
    return fast


def make_model(directory: Path, seed: int = 0, window: int = 4096) -> Path:
    """A random Llama with two layers and its tokenizer."""
    tokenizer = train_tokenizer()
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=window, initializer_range=0.4, tie_word_embeddings=False,
        eos_token_id=tokenizer.eos_token_id, bos_token_id=None, pad_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    return directory


def make_adapter(base: Path, directory: Path, seed: int = 1, rank: int = 4, base_digest: str | None = None) -> Path:
    """A LoRA adapter that changes what the base writes."""
    torch.manual_seed(seed)
    model = LlamaForCausalLM.from_pretrained(base)
    config = LoraConfig(r=rank, lora_alpha=8, target_modules=["q_proj", "v_proj", "down_proj"], task_type="CAUSAL_LM")
    adapted = get_peft_model(model, config)
    for name, weights in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weights, std=0.4)
    adapted.save_pretrained(str(directory))
    if base_digest is not None:
        (directory / "card.json").write_text(json.dumps({"base_digest": base_digest}), encoding="utf-8")
    return directory
