"""The weights of a local model: loaded from safetensors, run with an adapter of its own for each row."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model, set_peft_model_state_dict
from torch import Tensor
from transformers import AutoModelForCausalLM, DynamicCache
from transformers.utils.logging import disable_progress_bar

from app.config_files import LocalModels
from app.errors import ConfigurationError
from app.language_models.devices import choose_device, choose_dtype, quantisation
from app.language_models.row_adapters import RowAdapters


class Weights:
    """One model and its adapters. Belongs to one thread."""

    def __init__(self, model: Any, device: torch.device) -> None:  # noqa: ANN401 - any causal model of transformers
        self.device = device
        self._model = model.eval()
        self._rows = RowAdapters(device)

    @classmethod
    def load(cls, directory: Path, config: LocalModels) -> "Weights":
        """Raises `ConfigurationError` for a device, format or file that cannot be used."""
        device = choose_device(config.device)
        if config.threads is not None:
            torch.set_num_threads(config.threads)
        bits = quantisation(config, device)
        disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers does not annotate it
        try:
            model = AutoModelForCausalLM.from_pretrained(
                directory,
                dtype=choose_dtype(config.dtype, device),
                use_safetensors=True,
                trust_remote_code=False,
                local_files_only=True,
                **bits,
            )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ConfigurationError(
                f"The base model {directory.name} cannot be loaded ({type(error).__name__}); check its files."
            ) from error
        return cls(model if bits else torch.nn.Module.to(model, device), device)

    @property
    def window(self) -> int:
        """The longest text the model was made for, in tokens."""
        config = self._model.config.get_text_config()
        return int(getattr(config, "max_position_embeddings", None) or 2048)

    @property
    def vocabulary_size(self) -> int:
        return int(self._model.get_output_embeddings().weight.shape[0])

    @property
    def end_tokens(self) -> set[int]:
        """The tokens that the model's configuration ends texts with."""
        found = self._model.generation_config.eos_token_id
        return set() if found is None else {int(found)} if isinstance(found, int) else {int(token) for token in found}

    def linear_shapes(self) -> dict[str, tuple[int, int]]:
        """`{module name: (outputs, inputs)}` of every linear layer of the base model."""
        base = self._model.get_base_model() if isinstance(self._model, PeftModel) else self._model
        return {
            name.replace(".base_layer", ""): (module.out_features, module.in_features)
            for name, module in base.named_modules()
            if isinstance(module, torch.nn.Linear) and ".lora_" not in name
        }

    def add_adapter(self, name: str, config: LoraConfig, tensors: dict[str, Tensor]) -> None:
        """Put a checked adapter beside the others."""
        if isinstance(self._model, PeftModel):
            self._model.add_adapter(name, config)
        else:
            self._model = get_peft_model(self._model, config, adapter_name=name)
        try:
            set_peft_model_state_dict(self._model, tensors, adapter_name=name)
        except Exception:
            self._remove(name)
            raise
        self._model.eval().requires_grad_(False)
        self._rows.attach(self._model)

    def _remove(self, name: str) -> None:
        """Take an adapter away again; the model without its last one is the base model."""
        if len(self._model.peft_config) == 1:
            self._model = self._model.unload()
        else:
            self._model.delete_adapter(name)

    def has_adapter(self, name: str) -> bool:
        return isinstance(self._model, PeftModel) and name in self._model.peft_config

    def forward(
        self, ids: Tensor, mask: Tensor, positions: Tensor, cache: DynamicCache, adapters: Sequence[str]
    ) -> Tensor:
        """Logits after the last column of `ids` [rows, tokens]: [rows, vocabulary]. `cache` grows by these tokens."""
        self._rows.assign(adapters)
        output = self._model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        logits: Tensor = output.logits[:, -1, :]
        return logits
