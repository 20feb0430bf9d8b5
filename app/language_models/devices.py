"""Where a model runs and in which number format."""

from importlib.util import find_spec
from typing import Any

import torch
from transformers import BitsAndBytesConfig

from app.config_files import LocalModels
from app.errors import ConfigurationError

_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def choose_device(wanted: str) -> torch.device:
    """`auto` is CUDA, else Apple's MPS, else the CPU. Raises `ConfigurationError` for a device that is not there."""
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "mps" if _has_mps() else "cpu")
    try:
        device = torch.device(wanted)
    except RuntimeError as error:
        raise ConfigurationError(f'config/models.yaml: local.device: "{wanted}" is no device; try auto.') from error
    there = {"cuda": (device.index or 0) < torch.cuda.device_count(), "mps": _has_mps()}
    if not there.get(device.type, True):
        raise ConfigurationError(
            f"config/models.yaml: local.device: {wanted} is not available on this machine; use auto or cpu."
        )
    return device


def choose_dtype(wanted: str, device: torch.device) -> torch.dtype:
    """`auto` is float32 on a CPU, where half precision is slow, else bfloat16, or float16 where a GPU lacks that."""
    if wanted != "auto":
        return _DTYPES[wanted]
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.float16 if device.type == "mps" else torch.float32


def quantisation(config: LocalModels, device: torch.device) -> dict[str, object]:
    """Keyword arguments for loading in 4 or 8 bits. Raises `ConfigurationError` if bitsandbytes cannot do it here."""
    if config.quantisation is None:
        return {}
    if find_spec("bitsandbytes") is None:
        raise ConfigurationError(
            "config/models.yaml: local.quantisation needs the package bitsandbytes, which is not installed; install "
            "it, or set quantisation: null."
        )
    if device.type != "cuda":
        raise ConfigurationError("config/models.yaml: local.quantisation needs a CUDA device; set quantisation: null.")
    chosen = {"load_in_4bit": True} if config.quantisation == "4bit" else {"load_in_8bit": True}
    config_type: Any = BitsAndBytesConfig  # its constructor is not annotated
    return {"quantization_config": config_type(**chosen), "device_map": {"": device}}


def _has_mps() -> bool:
    return bool(torch.backends.mps.is_available())
