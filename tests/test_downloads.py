"""Models from a hub: what is fetched, recorded and refused."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from app.downloads import Download, Hub, fetch, read_record
from app.errors import AppError, ConfigurationError, Conflict, InvalidInput, Unavailable
from scripts.download_models import checked
from tests.fakes.model_hub import ModelHub
from tests.language_models.tiny_models import make_model

MODEL = "someone/tiny"
COMMIT = "a" * 40


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = make_model(tmp_path_factory.mktemp("models") / "tiny")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def hub(files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelHub]:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_PROGRESS_BARS", True)
    extra = {"pytorch_model.bin": b"pickle", "onnx/model.safetensors": b"x", "README.md": b"text"}
    with ModelHub(MODEL, COMMIT, files | extra) as running:
        yield running


def fetched(hub: ModelHub, folder: Path, revision: str | None = None, model: str = MODEL) -> Download:
    return fetch(model, revision, folder, checked, Hub(endpoint=hub.url))


def test_a_model_is_fetched_without_what_could_run_code(hub: ModelHub, files: dict[str, bytes], tmp_path: Path) -> None:
    done = fetched(hub, tmp_path)
    assert {path.name for path in (tmp_path / "tiny").iterdir()} == set(files)
    assert done.revision == COMMIT
    assert not any("pytorch_model.bin" in path for path in hub.asked)


def test_what_was_fetched_is_recorded_and_fetched_again_by_its_commit(hub: ModelHub, tmp_path: Path) -> None:
    done = fetched(hub, tmp_path)
    assert read_record(tmp_path) == {MODEL: done}
    hub.asked.clear()
    assert fetched(hub, tmp_path) == done
    assert f"/api/models/{MODEL}/revision/{COMMIT}" in hub.asked


def test_other_bytes_under_the_same_commit_replace_nothing(hub: ModelHub, tmp_path: Path) -> None:
    fetched(hub, tmp_path)
    before = (tmp_path / "tiny" / "config.json").read_bytes()
    changed = json.loads(before) | {"rope_theta": 5.0}
    hub.files["config.json"] = json.dumps(changed).encode()
    with pytest.raises(Conflict, match="other content"):
        fetched(hub, tmp_path)
    assert (tmp_path / "tiny" / "config.json").read_bytes() == before


def test_a_model_that_brings_code_is_not_put_in_place(hub: ModelHub, tmp_path: Path) -> None:
    config = json.loads(hub.files["config.json"]) | {"auto_map": {"AutoModel": "evil.Model"}}
    hub.files["config.json"] = json.dumps(config).encode()
    with pytest.raises(ConfigurationError, match="auto_map"):
        fetched(hub, tmp_path)
    assert not (tmp_path / "tiny").exists()
    assert read_record(tmp_path) == {}


def test_a_model_without_safetensors_is_refused(hub: ModelHub, tmp_path: Path) -> None:
    del hub.files["model.safetensors"]
    del hub.files["onnx/model.safetensors"]
    with pytest.raises(InvalidInput, match="no safetensors"):
        fetched(hub, tmp_path)


@pytest.mark.parametrize(
    ("model", "revision", "kind", "says"),
    [
        ("someone/else", None, InvalidInput, "not on the hub"),
        (MODEL, "v9", InvalidInput, "no such revision"),
        ("not a model id", None, InvalidInput, "owner/name"),
    ],
)
def test_what_is_not_there_is_named(
    hub: ModelHub, tmp_path: Path, model: str, revision: str | None, kind: type[AppError], says: str
) -> None:
    with pytest.raises(kind, match=says):
        fetched(hub, tmp_path, revision, model)


def test_a_gated_model_asks_for_a_token(hub: ModelHub, tmp_path: Path) -> None:
    hub.gated = True
    with pytest.raises(InvalidInput, match="HF_TOKEN"):
        fetched(hub, tmp_path)


def test_without_a_network_the_message_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with pytest.raises(Unavailable, match="copy the model's directory"):
        fetch(MODEL, None, tmp_path, checked, Hub(endpoint="http://127.0.0.1:9"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(Unavailable, match="HF_HUB_OFFLINE"):
        fetch(MODEL, None, tmp_path, checked, Hub(endpoint="http://127.0.0.1:9"))
