"""A LoRA adapter's directory, checked by name of the problem before any of it reaches a model."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from app.errors import AdapterUnavailable
from app.language_models.model_files import content_digest

_WEIGHTS = "adapter_model.safetensors"
_CONFIG = "adapter_config.json"
_CARD = "card.json"
_CAN_RUN_CODE = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".py", ".so")
_MAX_RANK = 512
_NUMBERS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
# What decides the weights' meaning, and the values that are served.
_READ = frozenset({"peft_type", "task_type", "r", "lora_alpha", "target_modules", "use_rslora"})
_FIXED: dict[str, tuple[object, ...]] = {
    "bias": ("none",),
    "fan_in_fan_out": (False,),
    "use_dora": (False,),
    "use_qalora": (False,),
    "modules_to_save": (None, []),
    "auto_mapping": (None,),
    "megatron_config": (None,),
    "rank_pattern": (None, {}),
    "alpha_pattern": (None, {}),
    "layers_to_transform": (None,),
    "layers_pattern": (None,),
    "layer_replication": (None,),
    "target_parameters": (None,),
    "trainable_token_indices": (None,),
    "exclude_modules": (None, []),
    "lora_bias": (False,),
    "corda_config": (None,),
    "eva_config": (None,),
    "arrow_config": (None,),
    "alora_invocation_tokens": (None,),
    "ensure_weight_tying": (False,),
    "loftq_config": (None, {}),
    "lora_ga_config": (None,),
    "velora_config": (None,),
    "monteclora_config": (None,),
    "kasa_config": (None,),
    "use_bdlora": (None, False),
}
# Known, and without meaning once an adapter is trained.
_IGNORED = frozenset({
    "base_model_name_or_path", "revision", "inference_mode", "init_lora_weights", "lora_dropout", "megatron_core",
    "peft_version", "qalora_group_size", "runtime_config",
})  # fmt: skip


@dataclass(frozen=True)
class Adapter:
    """A checked adapter. `digest` is the hex SHA-256 of its weights and configuration: its identity."""

    name: str
    digest: str
    config: LoraConfig
    tensors: dict[str, Tensor]

    @property
    def key(self) -> str:
        """What the model calls it: other bytes under the same name are another adapter."""
        return f"adapter_{self.digest[:16]}"


def read_adapter(directory: Path, base_digest: str, shapes: dict[str, tuple[int, int]]) -> Adapter:
    """Check and read `directory` for a base model with these linear layers (see `Weights.linear_shapes`).

    Raises `AdapterUnavailable` naming the first problem; nothing is loaded into a model.
    """
    if not directory.is_dir():
        raise _refused(directory, "is not there", "train one with scripts/train_finetuned.py")
    for path in sorted(directory.iterdir()):
        if path.suffix in _CAN_RUN_CODE:
            raise _refused(directory, f"holds {path.name}, a format that can run code", "keep only safetensors weights")
    _check_base(directory, base_digest)
    config = _read_config(directory)
    tensors = _read_tensors(directory)
    _check_tensors(directory, config, tensors, shapes)
    return Adapter(directory.name, adapter_digest(directory), config, tensors)


def adapter_digest(directory: Path) -> str:
    """Hex SHA-256 over the adapter's weights and configuration."""
    return content_digest(directory)


def _check_base(directory: Path, base_digest: str) -> None:
    """The card says for which base the adapter was trained; without a card only the shapes can tell."""
    path = directory / _CARD
    if not path.is_file():
        return
    stated = _read_json(directory, path).get("base_digest")
    if stated is not None and stated != base_digest:
        raise _refused(directory, "was trained for another base model", "train it again on the configured base_model")


def _read_config(directory: Path) -> LoraConfig:
    stated = _read_json(directory, directory / _CONFIG)
    foreign = sorted(stated.keys() - _READ - _FIXED.keys() - _IGNORED)
    if foreign:
        raise _refused(directory, f"has unknown keys in {_CONFIG}: {', '.join(foreign)}", "remove them")
    for key, values in _FIXED.items():
        if key in stated and stated[key] not in values:
            raise _refused(directory, f"has {key} = {_short(stated[key])} in {_CONFIG}", f"use {values[0]!r}")
    if stated.get("peft_type") != "LORA" or stated.get("task_type") != "CAUSAL_LM":
        raise _refused(directory, "is no LoRA adapter of a causal language model", "train it with task_type CAUSAL_LM")
    rank, alpha, targets = stated.get("r"), stated.get("lora_alpha"), stated.get("target_modules")
    if not isinstance(rank, int) or isinstance(rank, bool) or not 1 <= rank <= _MAX_RANK:
        raise _refused(directory, f"has the rank r = {_short(rank)}", f"use 1 to {_MAX_RANK}")
    if not isinstance(alpha, int | float) or isinstance(alpha, bool) or not 0 < alpha <= 10 * _MAX_RANK:
        raise _refused(directory, f"has lora_alpha = {_short(alpha)}", "use a positive number")
    if not isinstance(targets, list) or not targets or not all(isinstance(name, str) for name in targets):
        raise _refused(directory, "names no target_modules", "list the layers it changes")
    return LoraConfig(
        r=rank,
        lora_alpha=alpha,  # type: ignore[arg-type]  # fractions are as good as whole numbers
        target_modules=sorted(targets),
        use_rslora=bool(stated.get("use_rslora", False)),
        lora_dropout=0.0,
        bias="none",
        task_type="CAUSAL_LM",
        inference_mode=True,
    )


def _read_tensors(directory: Path) -> dict[str, Tensor]:
    path = directory / _WEIGHTS
    if not path.is_file():
        raise _refused(directory, f"holds no {_WEIGHTS}", "train it again; only safetensors are loaded")
    try:
        return load_file(path, device="cpu")
    except (SafetensorError, OSError, ValueError) as error:
        raise _refused(directory, f"has a damaged {_WEIGHTS}", "copy or train it again") from error


def _check_tensors(
    directory: Path, config: LoraConfig, tensors: dict[str, Tensor], shapes: dict[str, tuple[int, int]]
) -> None:
    expected = _expected(directory, config, shapes)
    missing, foreign = sorted(expected.keys() - tensors.keys()), sorted(tensors.keys() - expected.keys())
    if missing:
        raise _refused(directory, f"lacks {len(missing)} weights, among them {_short(missing[0])}", "train it again")
    if foreign:
        raise _refused(directory, f"has weights for other layers, among them {_short(foreign[0])}", "train it again")
    for name, shape in expected.items():
        found = tuple(tensors[name].shape)
        if found != shape:
            raise _refused(
                directory, f"has {name} of shape {list(found)} where the base model needs {list(shape)}",
                "train it again on the configured base_model, with the rank that its configuration states",
            )  # fmt: skip
        if tensors[name].dtype not in _NUMBERS or not bool(torch.isfinite(tensors[name]).all()):
            raise _refused(directory, f"has values in {name} that are no finite numbers", "train it again")


def _expected(
    directory: Path, config: LoraConfig, shapes: dict[str, tuple[int, int]]
) -> dict[str, tuple[int, int]]:  # fmt: skip
    """Names and shapes of all weights of an adapter with this configuration."""
    expected: dict[str, tuple[int, int]] = {}
    for target in config.target_modules or ():
        layers = [name for name in shapes if name == target or name.endswith(f".{target}")]
        if not layers:
            raise _refused(directory, f"changes layers named {_short(target)}, which the base model has not",
                           "train it on the configured base_model")  # fmt: skip
        for name in layers:
            outputs, inputs = shapes[name]
            expected[f"base_model.model.{name}.lora_A.weight"] = (config.r, inputs)
            expected[f"base_model.model.{name}.lora_B.weight"] = (outputs, config.r)
    return expected


def _read_json(directory: Path, path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _refused(directory, f"has no readable {path.name}", "train it again") from error
    if not isinstance(data, dict):
        raise _refused(directory, f"has a {path.name} that is no object", "train it again")
    return data


def _refused(directory: Path, problem: str, fix: str) -> AdapterUnavailable:
    return AdapterUnavailable(
        f"The adapter {directory.name} {problem}.", [{"field": "adapter_path", "problem": problem, "fix": fix}]
    )


def _short(value: object) -> str:
    return repr(value)[:80]
