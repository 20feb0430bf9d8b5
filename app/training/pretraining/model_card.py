"""The model card of an exported base model: what it is for, what it learned from, how well it does."""

from dataclasses import asdict
from pathlib import Path

from app.training.pretraining.checkpoints import Progress
from app.training.pretraining.evaluation import Quality
from app.training.pretraining.plan import PretrainingPlan

CARD = "README.md"
_TEXT = """---
language: en
library_name: transformers
pipeline_tag: text-generation
tags: [llama, follow-up messages]
---
# {name}

A Llama of {parameters:.1f} million parameters for one thing: short follow-up messages that carry sentences of a
company's documents over word for word. It knows no facts and holds no conversation. Its prompts are those of the
`compact` profile; any other prompt gives nonsense. What it writes is judged by the grounding gate like the text of any
model.

- Shape: {layers} layers, hidden size {hidden}, {heads} heads on {key_value_heads} shared ones, vocabulary {vocabulary},
  single-digit tokens, context {context} tokens.
- Training: {tokens:,} tokens in {hours:.1f} hours on a processor, by `scripts/pretrain_base.py`, seed {seed}.
- Text: prompts and messages that `app/training/corpus` writes about leads and companies that do not exist.
{prose}
## What was measured

On {messages} messages to invented leads, the most probable text for each prompt, with evidence from documents that
training never saw, before any repair:

| | |
|---|---|
{table}
"""
_NAMES = {
    "loss": "loss per answer token (nats)",
    "sentences_exact": "evidence sentences carried over word for word",
    "words_carried": "words of the evidence carried over",
    "one_exact": "messages with at least one sentence exact",
    "both_exact": "messages with both of two sentences exact",
    "name_right": "lead's name exactly as often as it should be",
    "names_copied": "names of product and company carried over",
    "numerals_outside": "messages with a numeral from nowhere",
    "loops": "messages that repeat six words",
    "passed": "messages that pass the gate and all rules",
}


def write_model_card(
    folder: Path, plan: PretrainingPlan, progress: Progress, parameters: int, quality: Quality, prose: str = ""
) -> None:
    """Write the card beside the weights. `prose` names the documents that sentences were taken from, with licences."""
    values = asdict(quality)
    rows = [f"| {text} | {_shown(name, values[name])} |" for name, text in _NAMES.items()]
    text = _TEXT.format(
        name=folder.name,
        parameters=parameters / 1e6,
        tokens=progress.tokens,
        hours=progress.seconds / 3600,
        seed=plan.seed,
        prose=f"- Sentences to carry over, altered: {prose}\n" if prose else "",
        messages=quality.messages,
        table="\n".join(rows),
        **asdict(plan.shape),
    )
    (folder / CARD).write_text(text, encoding="utf-8")


def _shown(name: str, value: float) -> str:
    return f"{value:.3f}" if name == "loss" else f"{value:.1%}"
