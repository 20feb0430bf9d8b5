"""Every way an adapter can be wrong is refused by name, before it touches a model."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from app.config_files import LocalModels
from app.errors import AdapterUnavailable
from app.language_models.adapter_slot import AdapterSlot
from app.language_models.adapters import Adapter, read_adapter
from app.language_models.local import LocalEngine
from app.language_models.model_files import content_digest
from app.language_models.weights import Weights
from tests.language_models.tiny_models import make_adapter, make_model

WEIGHTS = "adapter_model.safetensors"


def configured(**values: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "adapter_config.json"
        path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | values), encoding="utf-8")

    return change


def weights(change: Callable[[dict[str, torch.Tensor], str], None]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        tensors = load_file(folder / WEIGHTS)
        change(tensors, sorted(tensors)[0])
        save_file(tensors, folder / WEIGHTS)

    return apply


def put(name: str, content: str) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        (folder / name).write_text(content, encoding="utf-8")

    return apply


def truncated(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:300])


def spoiled(tensors: dict[str, torch.Tensor], name: str) -> None:
    tensors[name][0, 0] = torch.nan


def in_eight_bits(folder: Path) -> None:
    tensors = load_file(folder / WEIGHTS)
    save_file({name: tensor.to(torch.float8_e4m3fn) for name, tensor in tensors.items()}, folder / WEIGHTS)


BAD: dict[str, tuple[Callable[[Path], None], str]] = {
    "pickle": (put("adapter_model.bin", "x"), "adapter_model.bin"),
    "code": (put("hook.py", "x"), "hook.py"),
    "no weights": (lambda folder: (folder / WEIGHTS).unlink(), "holds no adapter_model.safetensors"),
    "truncated": (truncated, "damaged"),
    "no config": (lambda folder: (folder / "adapter_config.json").unlink(), "adapter_config.json"),
    "float8": (in_eight_bits, "no finite numbers"),
    "deep": (put("adapter_config.json", "[" * 100_000), "no readable adapter_config.json"),
    "deep card": (put("card.json", "[" * 100_000), "no readable card.json"),
    "config is a list": (put("adapter_config.json", "[]"), "no object"),
    "auto_mapping": (configured(auto_mapping={"parent_library": "os"}), "auto_mapping"),
    "megatron": (configured(megatron_config={"a": 1}), "megatron_config"),
    "foreign key": (configured(auto_map={"x": "y"}), "unknown keys.*auto_map"),
    "modules to save": (configured(modules_to_save=["lm_head"]), "modules_to_save"),
    "dora": (configured(use_dora=True), "use_dora"),
    "not lora": (configured(peft_type="IA3"), "no LoRA"),
    "wrong rank": (configured(r=8), "shape"),
    "silly rank": (configured(r="4"), "rank"),
    "no targets": (configured(target_modules=[]), "target_modules"),
    "other targets": (configured(target_modules=["q_proj", "v_proj", "down_proj", "c_attn"]), "c_attn"),
    "fewer weights": (weights(lambda tensors, name: tensors.__delitem__(name)), "lacks 1 weights"),
    "more weights": (weights(lambda tensors, _: tensors.update(evil=torch.zeros(1))), "evil"),
    "not a number": (weights(spoiled), "no finite numbers"),
    "another base": (put("card.json", '{"base_digest": "0123"}'), "another base model"),
}


@pytest.mark.parametrize("case", BAD)
async def test_a_bad_adapter_is_refused_by_name_and_the_running_one_stays(
    engine: LocalEngine, adapter: Path, tmp_path: Path, case: str
) -> None:
    spoil, problem = BAD[case]
    folder = tmp_path / "bad"
    shutil.copytree(adapter, folder)
    spoil(folder)
    with pytest.raises(AdapterUnavailable, match=problem) as caught:
        await engine.load_adapter(folder)
    assert caught.value.details[0]["fix"]
    good = await engine.load_adapter(adapter)
    assert (await engine.load_adapter(adapter)).digest == good.digest


async def test_the_same_name_with_other_bytes_is_another_adapter(
    engine: LocalEngine, adapter: Path, base_model: Path, tmp_path: Path
) -> None:
    first = await engine.load_adapter(adapter)
    other = make_adapter(base_model, tmp_path / adapter.name, seed=5)
    second = await engine.load_adapter(other)
    assert first.name == second.name
    assert first.digest != second.digest
    assert first.key != second.key


def test_an_adapter_for_a_model_of_another_size_does_not_fit(tmp_path: Path, adapter: Path) -> None:
    make_model(tmp_path / "base", seed=3)
    (tmp_path / "a").mkdir()
    shutil.copytree(adapter, tmp_path / "a" / "voice")
    (tmp_path / "a" / "voice" / "card.json").unlink()
    shapes = {f"model.layers.{n}.{m}": (16, 16) for n in range(2) for m in (
        "self_attn.q_proj", "self_attn.v_proj", "mlp.down_proj")}  # fmt: skip
    with pytest.raises(AdapterUnavailable, match="where the base model needs"):
        read_adapter(tmp_path / "a" / "voice", "digest", shapes)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(AdapterUnavailable, match="nowhere is not there"):
        read_adapter(tmp_path / "nowhere", "digest", {})


def test_an_adapter_that_cannot_be_filled_leaves_the_model_as_it_was(
    base_model: Path, adapter: Path, second_adapter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = Weights.load(base_model, LocalModels(device="cpu"))
    digest, shapes = content_digest(base_model), loaded.linear_shapes()
    first, second = (read_adapter(path, digest, shapes) for path in (adapter, second_adapter))

    def full(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError

    cases: list[tuple[Adapter, list[Adapter]]] = [(first, []), (second, [first])]
    for tried, kept in cases:
        with monkeypatch.context() as broken:
            broken.setattr("app.language_models.weights.set_peft_model_state_dict", full)
            with pytest.raises(torch.OutOfMemoryError):
                loaded.add_adapter(tried.key, tried.config, tried.tensors)
        assert not loaded.has_adapter(tried.key)
        assert all(loaded.has_adapter(other.key) for other in kept)
        loaded.add_adapter(tried.key, tried.config, tried.tensors)
        assert loaded.has_adapter(tried.key)


async def test_whatever_keeps_the_first_adapter_out_is_told_to_who_asks_for_it(
    engine: LocalEngine, adapter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a library's own")

    monkeypatch.setattr("app.language_models.local.read_adapter", fail)
    slot = AdapterSlot(engine)
    await slot.load_first(adapter)
    assert slot.problem is not None
    assert "could not be loaded" in slot.problem.message
