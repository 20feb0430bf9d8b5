"""How surprised a model is by the messages that worked, with an adapter and without."""

import math
from collections.abc import Sequence
from pathlib import Path

import torch
from peft import PeftModel, get_peft_model, set_peft_model_state_dict
from transformers import AutoModelForCausalLM

from app.language_models.adapters import Adapter
from app.language_models.devices import choose_device, choose_dtype
from app.training.encoding import TokenRow, as_features, collate


def perplexities(base: Path, adapter: Adapter, rows: Sequence[TokenRow], device: str = "auto") -> tuple[float, float]:
    """Perplexity per answer token of the base model and of the adapter on it, over all tokens of all answers."""
    place = choose_device(device)
    model = AutoModelForCausalLM.from_pretrained(
        base, dtype=choose_dtype("auto", place), use_safetensors=True, trust_remote_code=False, local_files_only=True
    )
    adapted = get_peft_model(torch.nn.Module.to(model, place), adapter.config)
    set_peft_model_state_dict(adapted, adapter.tensors)
    adapted.eval()
    with adapted.disable_adapter():
        plain = _perplexity(adapted, rows, place)
    return plain, _perplexity(adapted, rows, place)


@torch.inference_mode()
def _perplexity(model: PeftModel, rows: Sequence[TokenRow], device: torch.device) -> float:
    total, tokens = 0.0, 0
    for feature in as_features(rows):
        batch = {name: tensor.to(device) for name, tensor in collate([feature]).items()}
        learned = sum(label >= 0 for label in feature["labels"][1:])
        total += float(model(**batch).loss) * learned
        tokens += learned
    return math.exp(total / tokens)
