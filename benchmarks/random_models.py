"""A random model and adapter of the bundled base model's shape: speed does not depend on what the weights say."""

from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

ROOT = Path(__file__).resolve().parent.parent
VOCABULARY = 6144
_RANK = 16


def random_base(folder: Path) -> Path:
    """Hidden 256, 6 layers, 4 heads, 2 of keys and values, intermediate 688, vocabulary 6144, tied embeddings."""
    tokenizer = _tokenizer()
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=256, intermediate_size=688, num_hidden_layers=6, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=2048, tie_word_embeddings=True, initializer_range=0.1,
        eos_token_id=tokenizer.eos_token_id, bos_token_id=None,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def random_adapter(base: Path, folder: Path) -> Path:
    """LoRA of rank 16 on every linear layer of the blocks."""
    torch.manual_seed(1)
    model = LlamaForCausalLM.from_pretrained(base)
    config = LoraConfig(r=_RANK, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM")
    adapted = get_peft_model(model, config)
    for name, weights in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weights, std=0.1)
    adapted.save_pretrained(str(folder))
    return folder


def _tokenizer() -> PreTrainedTokenizerFast:
    """Byte-level, trained on the demo company's Markdown."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=["<|end|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )  # fmt: skip
    texts = sorted((ROOT / "knowledge_base").rglob("*.md"))
    tokenizer.train_from_iterator([path.read_text(encoding="utf-8") for path in texts], trainer)
    make: Any = PreTrainedTokenizerFast
    fast: PreTrainedTokenizerFast = make(tokenizer_object=tokenizer, eos_token="<|end|>", pad_token="<|end|>")
    return fast
