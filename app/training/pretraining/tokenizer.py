"""The bundled tokenizer: byte-level BPE with single digits, and one token for each label and placeholder."""

from collections.abc import Iterable
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from app.followups.prompts.masking import LEAD_COMPANY, LEAD_FULL_NAME, LEAD_NAME, OUR_COMPANY, PRODUCT

PAD, END, MESSAGE = "<|pad|>", "<|end|>", "<|message|>"
_LABELS = (
    "strategy", "topic", "name", "company", "lead_industry", "job_title", "company_size", "lead_stage",
    "interaction_history", "objections_raised", "notes", "avoid", "answer", "proof", "other", "act", "subject", "plan",
    "voice",
)  # fmt: skip
_RESERVED = 8
PLACEHOLDERS = (LEAD_NAME, LEAD_FULL_NAME, LEAD_COMPANY, PRODUCT, OUR_COMPANY)
SPECIAL_TOKENS = (
    PAD, END, MESSAGE, *(f"<|{label}|>" for label in _LABELS), *(f"<|reserved_{n}|>" for n in range(_RESERVED)),
)  # fmt: skip
# The prompt of a request is one turn; the label of the message follows it.
CHAT_TEMPLATE = (
    "{% for message in messages %}{% if message.role == 'assistant' %}{{ '<|message|>' + message.content + '<|end|>' }}"
    "{% else %}{{ message.content }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|message|>' }}{% endif %}"
)


def train_tokenizer(texts: Iterable[str], vocabulary: int, context: int) -> PreTrainedTokenizerFast:
    """A tokenizer of exactly `vocabulary` tokens, as far as `texts` hold that many pairs.

    Every text comes back unchanged (all 256 bytes are tokens), each digit is a token of its own, labels and
    placeholders are single tokens. Placeholders are no special tokens for decoding: they stay in the text.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(PLACEHOLDERS),
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_tokens(list(PLACEHOLDERS))
    fast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        padding_side="left",
        model_max_length=context,
        clean_up_tokenization_spaces=False,
        additional_special_tokens=[token for token in SPECIAL_TOKENS if token not in (PAD, END)],
    )
    fast.chat_template = CHAT_TEMPLATE
    return fast


def load_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    tokenizer: PreTrainedTokenizerFast = PreTrainedTokenizerFast.from_pretrained(folder)
    return tokenizer
