"""A model and a corpus small enough to train in a test."""

from itertools import islice

from transformers import PreTrainedTokenizerFast

from app.settings import load_settings
from app.training.corpus.examples import Corpus
from app.training.pretraining.plan import ModelShape, PretrainingPlan
from app.training.pretraining.tokenizer import train_tokenizer

RULES = load_settings().validation
PLAN = PretrainingPlan(
    shape=ModelShape(vocabulary=640, hidden=32, layers=1, heads=2, key_value_heads=1, intermediate=48, context=512),
    seed=3, tokens=24_000, batch_tokens=2_000, micro_tokens=1_500, early_tokens=5_000, longest=400, pool=32,
    warmup_tokens=2_000, learning_rate=1e-2, precision="fp32", tokenizer_examples=80,
)  # fmt: skip


def corpus() -> Corpus:
    return Corpus(PLAN.seed, RULES)


def tokenizer() -> PreTrainedTokenizerFast:
    texts = (f"{example.prompt} {example.target}" for example in islice(corpus().examples(), PLAN.tokenizer_examples))
    return train_tokenizer(texts, PLAN.shape.vocabulary, PLAN.shape.context)
